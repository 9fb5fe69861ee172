import Model
import Testing

@testable import Controller
@testable import LiveWorld

@Suite("What a server is busy with")
struct TopTests {
    private func session(_ pid: Int, _ state: String, blockedBy: [Int] = [], query: String) -> ServerActivity.Session {
        ServerActivity.Session(
            pid: pid, user: "app", database: "shop", application: "web\u{1B}[31m", client: "", state: state,
            wait: blockedBy.isEmpty ? "" : "Lock:transactionid", transactionSeconds: 75, statementSeconds: 3,
            blockedBy: blockedBy, query: query)
    }

    @Test("a session has its lock's holder, one line of its statement, and no control characters of others")
    func table() {
        let activity = ServerActivity(
            sessions: [
                session(11, "active", blockedBy: [12, 13], query: "UPDATE\n  items\tSET n = 1"),
                session(12, "idle in transaction", query: String(repeating: "x", count: 200)),
            ],
            statements: [
                .init(calls: 4, seconds: 0.5, rows: 8, query: "SELECT $1"),
                .init(calls: 0, seconds: 0, rows: 0, query: ""),
            ])
        let lines = TopTable.lines(activity, node: "pg-node-1", time: "now")
        #expect(lines.first?.contains("2 sessions shown, 1 active, 1 waiting for a lock") == true)
        let row = lines.first { $0.hasPrefix("11 ") }
        #expect(row?.hasSuffix("UPDATE items SET n = 1") == true && row?.contains(" 12,13 ") == true)
        #expect(row?.contains(" 1m ") == true && row?.contains(" 3s ") == true)
        #expect(lines.allSatisfy { $0.count < 240 } && !lines.joined().contains("\u{1B}[31m"))
        #expect(lines.contains { $0.hasPrefix("4 ") && $0.contains("125.00 ms") && $0.hasSuffix("SELECT $1") })
        let bare = TopTable.lines(ServerActivity(sessions: [], statements: nil), node: "n", time: "now")
        #expect(!bare.contains { $0.hasPrefix("CALLS") })
    }

    @Test("the primary, or a node by name")
    func choice() throws {
        let cluster = Cluster(name: "shop")
        #expect(try Top.choose(nil, cluster, leader: "pg-node-2") == "pg-node-2")
        #expect(try Top.choose("pg-node-1", cluster, leader: "pg-node-2") == "pg-node-1")
        let unknown = #expect(throws: Failure.self) { try Top.choose("nix", cluster, leader: nil) }
        #expect(unknown?.code == .badInput)
        let none = #expect(throws: Failure.self) { try Top.choose(nil, cluster, leader: nil) }
        #expect(none?.code == .failure)
    }
}
