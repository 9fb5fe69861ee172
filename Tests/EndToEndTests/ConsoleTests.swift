import Foundation
import PostgresClient
import TestSupport
import Testing

@Suite("The web console")
struct ConsoleTests {
    @Test("opens in a real browser, takes a login, and shows the items table")
    func showsItems() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let password = try await cluster.command("password", "console")
            // it reads the applications' tables, those of other roles too, and no stored password
            try await cluster.psql(cluster.node(1), "create schema other; create table other.t as select 1 as n")
            func ask(_ statement: String) async throws -> String {
                let session = try await PostgresConnection.connect(
                    PostgresConfiguration(
                        host: "127.0.0.1", port: cluster.ports, user: "console", password: password, settings: [:]))
                let answer = try? await session.query(statement)
                await session.close()
                return try answer?.rows.first?.string("n") ?? "refused"
            }
            _ = try await eventually("the new table to be readable") { () -> Bool? in
                try await ask("select n::text from other.t") == "1" ? true : nil
            }
            #expect(try await ask("select count(*)::text as n from public.items") != "refused")
            #expect(try await ask("select count(rolpassword)::text as n from pg_authid") == "refused")
            try await Browser.with { browser in
                try await browser.open("http://127.0.0.1:\(cluster.ports + 80)/")
                try await browser.type("console", into: "input[name='auth[username]']")
                try await browser.type(password, into: "input[name='auth[password]']")
                try await browser.click("input[type=submit]")
                let page = try await eventually("the items table in the page") { () -> String? in
                    let source = try await browser.source()
                    return source.contains(">items<") ? source : nil
                }
                #expect(!page.contains("Access denied"))
                #expect(try await browser.screenshot().count > 5_000)
            }
        }
    }
}
