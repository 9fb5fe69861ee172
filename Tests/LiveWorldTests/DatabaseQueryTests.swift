import FoundationEssentials
import Model
import Testing

@testable import LiveWorld

@Suite("What the look at a database makes of PostgreSQL's answers")
struct DatabaseQueryTests {
    private func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }

    private func basics(_ standbys: String = "[]", limits: String = "null") throws -> DatabaseView {
        let text = """
            {"sees": true, "recovery": false, "system": "757", "timeline": 3, "locale": "C.UTF-8", "checksums": true,
             "checkpoint": 1763895676, "oldest": 1500, "standbys": \(standbys), "pending": ["max_connections"],
             "limits": \(limits)}
            """
        return DatabaseQuery.view(try decoded(DatabaseQuery.Basics.self, text), node: "pg-1")
    }

    @Test("the server: its timeline, its standbys, and its limits sorted by name")
    func server() throws {
        let view = try basics(
            """
            [{"name": "pg-2", "state": "streaming", "sync": "quorum", "lag": 0},
             {"name": "pg-3", "state": "catchup", "sync": "potential", "lag": 4096}]
            """, limits: #"{"max_wal_senders": "10", "max_connections": "100"}"#)
        #expect((view.node, view.timeline, view.systemIdentifier, view.isInRecovery) == ("pg-1", 3, "757", false))
        #expect(view.oldestTransaction == .milliseconds(1500))
        #expect(view.standbys.map(\.isSynchronous) == [true, false])
        #expect(view.standbys.map(\.lagBytes) == [0, 4096])
        #expect(view.limits.map(\.key) == ["max_connections", "max_wal_senders"])
        #expect(view.pendingParameters == ["max_connections"])
        #expect(try basics().limits.isEmpty)
    }

    private func archiver(_ changes: String) throws -> ArchiverView {
        var view = try basics()
        let text = """
            {"last": "000000010000000000000005", "at": 1763895676500000, "wal": 100, "expected": 200, \(changes)}
            """
        DatabaseQuery.fill(&view, try decoded(DatabaseQuery.Archiver.self, text))
        return view.archiver
    }

    @Test("archiving that fails is told in pgBackRest's words, without the code before them and without advice")
    func archiving() throws {
        let view = try archiver(#""failing": true, "failed": "000000010000000000000006""#)
        #expect(view.isFailing && view.lastFailed == "000000010000000000000006")
        let words = "103\nunable to find a valid repository:\nrepo1: no space\nHINT: is it mounted?"
        #expect(
            DatabaseQuery.words(ofArchiveError: words) == "unable to find a valid repository: repo1: no space")
        #expect(view.lastArchivedAt == Timestamp(microseconds: 1_763_895_676_500_000))
        #expect(try archiver(#""failing": false"#).failure == nil)
    }

    @Test(
        "a size in PostgreSQL's units",
        arguments: [
            (#""4GB""#, 4 << 30), (#""512MB""#, 512 << 20), (#""64kB""#, 64 << 10), (#""1TB""#, 1 << 40),
            ("null", nil), (#""GB""#, nil), (#""7""#, nil),
        ] as [(String, Int64?)])
    func sizes(_ text: String, _ bytes: Int64?) throws {
        #expect(try archiver(#""failing": false, "slots": \#(text)"#).slotLimitBytes == bytes)
    }

    @Test("roles: a password counts as right only where it was compared; attributes are sorted")
    func roles() throws {
        var view = try basics()
        let text = """
            {"login": true, "monitor": true, "refused": [{"role": "r", "database": "x"}], "database": false, "databases": [{"name": "app", "owner": "app", "limit": -1, "sessions": ["x"]}],
             "roles": [{"name": "app", "attributes": ["LOGIN", "INHERIT"], "granted": ["readers"], "members": ["z"],
               "administrators": ["z"], "limit": 5, "until": null, "holds": []},
              {"name": "none", "attributes": [], "granted": [], "members": [], "administrators": [], "limit": -1, "until": 1, "holds": ["y"]}]}
            """
        DatabaseQuery.fill(
            &view, try decoded(DatabaseQuery.Accounts.self, text), verifiers: ["app": "SCRAM", "none": nil],
            matching: ["app"])
        #expect(view.hasPoolerLogin && view.hasMonitorFunction && !view.hasDatabase)
        #expect(view.refusedConnections == [DatabaseConnection("r", "x")] && view.roles.map(\.members) == [["z"], []])
        #expect(view.roles.map(\.administrators) == [["z"], []])
        #expect(view.roles.map(\.passwordMatches) == [true, false])
        #expect(view.roles.map(\.hasPassword) == [true, false])
        #expect(view.roles[0].attributes == ["INHERIT", "LOGIN"] && view.roles[0].granted == ["readers"])
        #expect(view.roles[1].validUntil == Timestamp(microseconds: 1) && view.roles[1].holds == ["y"])
        #expect(view.databases.map(\.sessions) == [["x"]])
    }
}
