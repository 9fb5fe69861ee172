import Model
import PostgresClient

/// The metrics of the poolers, under pgbouncer_exporter's names.
struct PoolerMetrics {
    let world: LiveWorld
    let cluster: Cluster
    let addresses: Addresses

    private static let deadline: Duration = .seconds(1)

    func collect() async -> [MetricFamily] {
        await withTaskGroup(of: [MetricFamily].self) { group in
            for (name, _, host) in addresses.poolers {
                group.addTask { await ask(name, host) }
            }
            var families: [MetricFamily] = []
            for await own in group { families += own }
            return families
        }
    }

    private func ask(_ name: ContainerName, _ host: String?) async -> [MetricFamily] {
        let labels = [MetricLabel("pooler", name.text)]
        func up(_ isUp: Bool) -> MetricFamily {
            MetricFamily(
                "pgbouncer_up", .gauge, "1 where the pooler's console answered.", [MetricSample(isUp ? 1 : 0, labels)])
        }
        guard let host else { return [up(false)] }
        do {
            var families = [up(true)]
            let session = try await world.poolerConsole(host: host, deadline: PoolerMetrics.deadline, for: .metrics)
            for table in PoolerMetrics.tables {
                let rows =
                    try await session.execute(script: table.sql, deadline: PoolerMetrics.deadline).last?.rows ?? []
                families += try table.families(rows.filter(PoolerMetrics.isOfDatabase), labels: labels)
            }
            return families
        } catch {
            return [up(false)]
        }
    }

    /// The console's own database, and the entry that carries the version of the files, are no databases of PostgreSQL.
    private static func isOfDatabase(_ row: PostgresRow) -> Bool {
        // in the list of databases `database` is what an entry leads to
        let name = (try? row.string("name")) ?? (try? row.string("database")) ?? ""
        return name != "pgbouncer" && name != PoolerObserver.marker
    }
}

extension PoolerMetrics {
    /// A table of the console's, and what its columns are.
    struct Table: Sendable {
        var sql: String
        var labels: [String]
        var columns: [Column]

        struct Column: Sendable {
            var name: String
            var metric: String
            var kind: MetricFamily.Kind
            var help: String
            /// What a value is multiplied by.
            var factor: Double
        }

        func families(_ rows: [PostgresRow], labels own: [MetricLabel]) throws -> [MetricFamily] {
            try columns.map { column in
                var family = MetricFamily(column.metric, column.kind, column.help)
                for row in rows.prefix(MetricAnswer.rows) {
                    guard let value = try row.double(column.name) else { continue }
                    let labels = try own + labels.map { MetricLabel($0, try row.string($0) ?? "") }
                    family.samples.append(MetricSample(value * column.factor, labels))
                }
                return family
            }
        }
    }

    private static func column(
        _ name: String, _ metric: String, _ kind: MetricFamily.Kind, _ help: String, factor: Double = 1
    ) -> Table.Column {
        Table.Column(name: name, metric: "pgbouncer_\(metric)", kind: kind, help: help, factor: factor)
    }

    /// Times of the console are in microseconds.
    private static let micro = 1e-6

    static let tables = [
        Table(
            sql: "SHOW POOLS", labels: ["database", "user"],
            columns: [
                column(
                    "cl_active", "pools_client_active_connections", .gauge, "Clients that have a server connection."),
                column("cl_waiting", "pools_client_waiting_connections", .gauge, "Clients that wait for one."),
                column("sv_active", "pools_server_active_connections", .gauge, "Server connections that clients have."),
                column("sv_idle", "pools_server_idle_connections", .gauge, "Server connections that are free."),
                column(
                    "sv_used", "pools_server_used_connections", .gauge, "Server connections that have to be checked."),
                column(
                    "sv_tested", "pools_server_testing_connections", .gauge, "Server connections that are checked now."),
                column("sv_login", "pools_server_login_connections", .gauge, "Server connections that log in now."),
                column(
                    "maxwait", "pools_client_maxwait_seconds", .gauge, "How long the oldest waiting client has waited."),
            ]),
        Table(
            sql: "SHOW STATS", labels: ["database"],
            columns: [
                column("total_xact_count", "stats_sql_transactions_pooled_total", .counter, "Transactions."),
                column("total_query_count", "stats_queries_pooled_total", .counter, "Statements."),
                column("total_received", "stats_received_bytes_total", .counter, "Bytes that came from clients."),
                column("total_sent", "stats_sent_bytes_total", .counter, "Bytes that went to clients."),
                column(
                    "total_xact_time", "stats_server_in_transaction_seconds_total", .counter, "Time in transactions.",
                    factor: micro),
                column(
                    "total_query_time", "stats_queries_duration_seconds_total", .counter, "Time in statements.",
                    factor: micro),
                column(
                    "total_wait_time", "stats_client_wait_seconds_total", .counter,
                    "Time that clients waited for a server.",
                    factor: micro),
            ]),
        Table(
            sql: "SHOW DATABASES", labels: ["name"],
            columns: [
                column("pool_size", "databases_pool_size", .gauge, "Server connections of each pool."),
                column("current_connections", "databases_current_connections", .gauge, "Server connections."),
                column(
                    "max_connections", "databases_max_connections", .gauge,
                    "Server connections at most; 0 for any number."),
                column("paused", "databases_paused", .gauge, "1 while clients are paused."),
            ]),
    ]
}
