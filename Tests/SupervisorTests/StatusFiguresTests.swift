import Model
import Testing

@testable import PlanningFixtures
@testable import Supervisor

@Suite("Figures in the status")
struct StatusFiguresTests {
    private func family(_ name: String, _ samples: [(Double, [String: String])]) -> MetricFamily {
        MetricFamily(
            name, .gauge, "",
            samples.map { value, labels in
                MetricSample(value, labels.sorted { $0.key < $1.key }.map { MetricLabel($0.key, $0.value) })
            })
    }

    private func report(_ families: [MetricFamily]) -> StatusReport {
        var report = StatusReport(input: PlanningFixture().input, conditions: [], waiting: [])
        report.add(figures: families)
        return report
    }

    @Test("each node has its own, and a node that said nothing has none")
    func nodes() throws {
        let one = ["node": "pg-node-1"]
        let two = ["node": "pg-node-2"]
        let report = report([
            family("pg_replication_is_replica", [(0, one), (1, two)]),
            family("pg_replication_lag_seconds", [(0, one), (1.5, two)]),
            family(
                "pg_stat_activity_count",
                [
                    (3, one.merging(["backend_type": "client backend", "state": "idle"]) { $1 }),
                    (4, one.merging(["backend_type": "client backend", "state": "active"]) { $1 }),
                    (9, one.merging(["backend_type": "walwriter"]) { $1 }),
                ]),
            family("pg_settings_max_connections", [(200, one)]),
            family("pg_settings_superuser_reserved_connections", [(3, one)]),
            family("pg_long_running_transactions_oldest_seconds", [(75, one), (.nan, two)]),
            family("pg_wal_size_bytes", [(1e30, one)]),
            family("pg_database_size_bytes", [(100, one), (20, one)]),
        ])
        let first = try #require(report.nodes.first { $0.name == "pg-node-1" }?.figures)
        #expect(first.lagSeconds == nil && first.connections == 7 && first.connectionLimit == 197)
        #expect(first.longestTransactionSeconds == 75 && first.walBytes == .max && first.dataBytes == 120)
        let second = try #require(report.nodes.first { $0.name == "pg-node-2" }?.figures)
        #expect(second.lagSeconds == 1.5 && second.connections == nil && second.connectionLimit == nil)
        #expect(report.nodes.first { $0.name == "pg-node-3" }?.figures == nil)
        #expect(report.slots == [])
        #expect(StatusReport(input: PlanningFixture().input, conditions: [], waiting: []).slots == nil)
    }

    @Test("a slot has its node, its client and what it keeps")
    func slots() {
        let labels = [
            "node": "pg-node-1", "slot_name": "cdc", "slot_type": "logical", "database": "shop",
            "wal_status": "extended",
        ]
        let report = report([
            family(
                "pg_replication_slots_pg_wal_lsn_diff", [(5e9, labels), (-8, ["node": "pg-node-2", "slot_name": "a"])]),
            family("pg_replication_slots_active", [(1, ["node": "pg-node-2", "slot_name": "a"]), (0, labels)]),
        ])
        #expect(
            report.slots == [
                .init(
                    name: "cdc", type: "logical", node: "pg-node-1", database: "shop", active: false,
                    retainedBytes: 5_000_000_000, walStatus: "extended"),
                .init(
                    name: "a", type: "", node: "pg-node-2", database: "", active: true, retainedBytes: 0, walStatus: ""),
            ])
    }

    @Test(
        "a position is written as PostgreSQL writes it",
        arguments: [
            (0, "0/0"), (0x3000148, "0/3000148"), (0x1_0000_00FF, "1/FF"), (0x16_B374_D848, "16/B374D848"),
        ] as [(Int64, String)])
    func positions(position: Int64, text: String) {
        #expect(StatusReport.Node.lsn(position) == text)
    }
}
