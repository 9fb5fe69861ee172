import Model
import PostgresClient
import TestSupport
import Testing

@testable import LiveWorld

extension MonitorTests {
    @Test("answers every built-in question for metrics, and each with all of its columns")
    func metrics() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await PostgresServer.start(in: fixture)
            try await prepare(server)
            let monitor = try await open(server, "postgres", as: MonitorSettings.role.text)
            for query in BuiltInQueries.all {
                let rows = try await monitor.query(query.sql).rows
                let families = try MetricAnswer.families(of: query, rows, labels: [])
                #expect(families.count == query.columns.filter { $0.usage != .label }.count, "\(query.name)")
                // what there is on each server: no standby and no slot here
                if !["pg_stat_replication", "pg_replication_slot", "pg_replication_slots"].contains(query.name) {
                    #expect(!rows.isEmpty, "\(query.name)")
                }
            }
            // the sessions of other roles are seen, and not only counted
            let activity = try await monitor.query(
                BuiltInQueries.all.first { $0.name == "pg_stat_activity" }?.sql ?? ""
            ).rows
            #expect(try activity.contains { try $0.string("backend_type") == "checkpointer" })
            await monitor.close()
        }
    }
}
