import Model
import Testing

@testable import Controller
@testable import PlanningFixtures
@testable import Supervisor

@Suite("The status as a person reads it")
struct StatusTableTests {
    private func lines(_ fixture: PlanningFixture, _ conditions: [Condition] = [], verbose: Bool = false) -> [String] {
        let report = StatusReport(input: fixture.input, conditions: conditions, waiting: [])
        return StatusTable.lines(report, verbose: verbose)
    }

    @Test("a healthy cluster: every node with its role, every member, pooler and endpoint")
    func healthy() {
        let lines = lines(PlanningFixture())
        func row(_ start: String) -> [Substring]? {
            lines.first { $0.hasPrefix(start + " ") }?.split(separator: " ")
        }
        #expect(lines.first?.contains("Cluster demo") == true)
        #expect(row("pg-node-1")?.dropFirst().first == "primary")
        #expect(row("pg-node-2")?.dropFirst().first == "replica")
        #expect(row("pg-node-3")?.dropFirst().first == "replica")
        #expect(row("etcd-1") != nil && row("etcd-3") != nil)
        #expect(row("pgbouncer-1") != nil)
        #expect(lines.contains { $0.contains("any-primary") && $0.contains("target_session_attrs=read-write") })
    }

    @Test(
        "what PostgreSQL said stands beside each node; slots that a person may have to do something about have a table")
    func figures() {
        var report = StatusReport(input: PlanningFixture().input, conditions: [], waiting: [])
        report.time = "2026-12-01T12:00:00.000Z"
        report.nodes[0].lsn = "0/3000148"
        report.nodes[0].startedAt = "2026-12-01 09:59:00Z"
        report.nodes[0].figures = StatusReport.Figures(
            connections: 12, connectionLimit: 197, longestTransactionSeconds: 61, walBytes: 80 << 20, dataBytes: 3 << 30
        )
        report.nodes[1].lagBytes = 16 << 20
        report.nodes[1].figures = StatusReport.Figures(lagSeconds: 0.42)
        func slot(_ name: String, _ bytes: Int64) -> StatusReport.Slot {
            .init(
                name: name, type: "logical", node: "pg-node-1", database: "shop", active: false, retainedBytes: bytes,
                walStatus: "extended")
        }
        report.slots = [slot("cdc", 1 << 20), slot("pg_node_2", 1 << 20), slot("pg_node_3", 1 << 30)]
        report.lastFailover = .init(
            time: "2026-11-30T08:00:00.123Z", what: "failover from a to b is over", seconds: 0.81)
        let lines = StatusTable.lines(report, verbose: false)
        func row(_ start: String) -> String? { lines.first { $0.hasPrefix(start + " ") } }
        #expect(row("pg-node-1")?.split(separator: " ").suffix(4) == ["2h", "12/197", "1m", "127.0.0.1:5432"])
        #expect(row("pg-node-1")?.contains(" 0/3000148 ") == true)
        #expect(row("pg-node-2")?.contains(" 16.0 MiB, 0.4 s ") == true)
        #expect(row("cdc")?.contains(" no ") == true && row("pg_node_2") == nil && row("pg_node_3") != nil)
        #expect(lines.contains("Data:    3.0 GiB in the databases, 80.0 MiB of WAL"))
        #expect(
            lines.contains(
                "Last failover: 2026-11-30T08:00:00Z, no write for 0.8 s (failover from a to b is over)"))
        #expect(StatusTable.lines(report, verbose: true).contains { $0.hasPrefix("pg_node_2 ") })
        #expect(
            [59.9, 60, 7199, 90_000, -1, .infinity].map { StatusTable.span(seconds: $0) }.prefix(5) == [
                "59s", "1m", "1h", "1d", "0s",
            ])
        let plain = StatusTable.lines(
            StatusReport(input: PlanningFixture().input, conditions: [], waiting: []), verbose: false)
        #expect(!plain.contains { $0.hasPrefix("SLOT") || $0.hasPrefix("Data:") || $0.hasPrefix("Last failover") })
    }

    @Test("the free space of the disk under the volumes; no line while it is unknown")
    func disk() {
        var fixture = PlanningFixture()
        #expect(!lines(fixture).contains { $0.hasPrefix("Disk:") })
        fixture.engine.disk = .present(DiskView(sizeBytes: 3 << 30, freeBytes: 1536 << 20))
        #expect(lines(fixture).contains("Disk:    1.5 GiB of 3.0 GiB free, under the volumes"))
    }

    @Test("shows bad conditions and what they say, good ones only when asked, and no control characters of others")
    func conditions() {
        let good = Condition(.archiving, .true, reason: "Working", message: "WAL is archived")
        var bad = Condition(.crashLoop, .true, reason: "KeepsStopping", message: "it \u{1B}[31mstops")
        bad.details = ["panic: \u{7}no space"]
        let plain = lines(PlanningFixture(), [good, bad])
        #expect(!plain.contains { $0.contains("Archiving") })
        #expect(plain.contains { $0.contains("CrashLoop=True KeepsStopping") })
        #expect(plain.contains { $0.hasPrefix("      | panic:") })
        #expect(!plain.joined().contains("\u{1B}[31mstops") && !plain.joined().contains("\u{7}"))
        #expect(
            lines(PlanningFixture(), [good, bad], verbose: true).contains { $0.contains("Archiving=True Working") })
    }

    @Test("what is wanted and not done now has its object, its action and the reason; what is done is not in it")
    func pending() {
        let start = Action(
            .docker(.local, .start("id-pg-node-3")), on: .container(.local, "pg-node-3"), because: .surplus)
        let planned = [Disposition.due, .inMaintenance, .deferred(.stop("pg-node-2"))].map {
            PlannedAction(reconciler: "nodes", action: start, disposition: $0)
        }
        let report = StatusReport(input: PlanningFixture().input, conditions: [], waiting: [], pending: planned)
        let lines = StatusTable.lines(report, verbose: false)
        #expect(
            lines.suffix(3) == [
                "Wanted and not done now", "  container pg-node-3: start id-pg-node-3: the cluster is paused",
                "  container pg-node-3: start id-pg-node-3: pg-node-2 is being stopped",
            ])
        #expect(!self.lines(PlanningFixture()).contains("Wanted and not done now"))
    }

    @Test("a long list names the first eight and says how many more there are")
    func longList() {
        let waiting = (1...10).map { "condition \($0)" }
        let report = StatusReport(input: PlanningFixture().input, conditions: [], waiting: waiting)
        let lines = StatusTable.lines(report, verbose: false)
        #expect(lines.suffix(2) == ["  condition 8", "  and 2 more (all: --output json)"])
        let short = StatusReport(input: PlanningFixture().input, conditions: [], waiting: Array(waiting.prefix(8)))
        #expect(StatusTable.lines(short, verbose: false).last == "  condition 8")
    }

    @Test("a pause says who, since when and why; a node in maintenance is marked")
    func pauses() {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.maintenance = ["pg-node-2"]
        #expect(lines(fixture).contains { $0.hasPrefix("pg-node-2 ") && $0.contains("(maintenance)") })
        fixture.cluster.maintenance = true
        let paused = lines(fixture)
        #expect(paused.first?.contains("Paused, nothing is changed") == true)
        #expect(paused.contains { $0.contains("the whole cluster") && $0.contains("by the manifest") })
    }

    @Test(
        "bytes in the largest unit that fits",
        arguments: [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (5 << 20, "5.0 MiB")]
            + [((7 << 30) + (1 << 29), "7.5 GiB")] as [(Int64, String)])
    func sizes(_ bytes: Int64, _ text: String) { #expect(StatusTable.size(bytes) == text) }
}
