import Foundation
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
