import Model
import PostgresClient

/// The metrics of one node's PostgreSQL.
struct NodeMetrics {
    let world: LiveWorld
    let node: NodeName
    /// Its address; nil while it does not run.
    let host: String?
    /// The application's database.
    let database: DatabaseName
    /// The manifest's own questions.
    let own: [MetricQuery]
    /// The only built-in questions that are asked; nil for all.
    let asks: Set<String>?
    /// Answers that are still good.
    let known: [MetricQuery: [MetricFamily]]

    /// What one round brought.
    struct Report: Sendable {
        var node: NodeName
        var families: [MetricFamily] = []
        /// The answers that are new, by question.
        var fresh: [(query: MetricQuery, families: [MetricFamily])] = []
        var failures: [MetricsCollector.MetricFailure] = []
    }

    /// A statement may take so long.
    private static let patience: Duration = .seconds(1)
    private var labels: [MetricLabel] { [MetricLabel("node", node.text)] }

    func collect(within limit: Duration) async -> Report {
        let clock = ContinuousClock()
        let start = clock.now
        var report = Report(node: node)
        let isUp = await collect(into: &report, until: start + limit)
        report.families += [
            MetricFamily(
                "pg_up", .gauge, "1 where PostgreSQL on the node answered.", [MetricSample(isUp ? 1 : 0, labels)]),
            MetricFamily(
                "pg_exporter_last_scrape_duration_seconds", .gauge, "How long the node's answers took.",
                [MetricSample((clock.now - start) / .seconds(1), labels)]),
            MetricFamily(
                "pg_exporter_last_scrape_error", .gauge, "1 where an answer of the node's failed or was late.",
                [MetricSample(isUp && report.failures.isEmpty ? 0 : 1, labels)]),
        ]
        return report
    }

    /// Whether PostgreSQL answered at all.
    private func collect(into report: inout Report, until end: ContinuousClock.Instant) async -> Bool {
        guard let host else { return false }
        let server = ServerAddress(node: node, host: host)
        guard let first = try? await ask("SELECT pg_is_in_recovery() AS replica", server, "postgres", until: end),
            let isReplica = try? first.first?.bool("replica")
        else { return false }
        var queries = BuiltInQueries.all.filter { asks?.contains($0.name) != false } + own
        if asks == nil, let statements = try? await statements(server, until: end) { queries.append(statements) }
        for query in queries where query.target == .all || (query.target == .replicas) == isReplica {
            if let families = known[query] {
                report.families += families
                note(query, isAnswered: !families.isEmpty, in: &report)
                continue
            }
            do {
                let rows = try await ask(query.sql, server, query.database ?? database, until: end)
                let families = try MetricAnswer.families(of: query, rows, labels: labels)
                report.families += families
                report.fresh.append((query, families))
                note(query, isAnswered: true, in: &report)
            } catch {
                note(query, isAnswered: false, in: &report)
                // a dear question that took too long would be asked at each scrape for ever
                if query.every > .zero { report.fresh.append((query, [])) }
                report.failures.append(
                    MetricsCollector.MetricFailure(query: query.name, node: node, words: words(of: error)))
            }
        }
        return true
    }

    /// One statement, whose rows are limited where they are read. A session whose time is over is of no more use, and the next
    /// statement opens another.
    private func ask(
        _ sql: String, _ server: ServerAddress, _ database: DatabaseName, until end: ContinuousClock.Instant
    ) async throws -> [PostgresRow] {
        let left = min(end - .now, NodeMetrics.patience)
        guard left > .zero else {
            throw PostgresError(.timedOut, host: server.host, message: "no time was left for it in this round")
        }
        let session = try await world.session(
            server: server, database: database.text, as: .monitor, for: .metrics, deadline: left)
        return try await session.query(sql, deadline: max(min(end - .now, left), .milliseconds(1))).rows
    }

    /// Where the extension is, its question.
    private func statements(_ server: ServerAddress, until end: ContinuousClock.Instant) async throws -> MetricQuery? {
        guard
            let schema = try await ask(BuiltInQueries.placeOfStatements, server, database, until: end).first?.string(
                "schema")
        else {
            return nil
        }
        var query = BuiltInQueries.statements
        query.sql = query.sql.replacing("{schema}", with: schema)
        return query
    }

    private func note(_ query: MetricQuery, isAnswered: Bool, in report: inout Report) {
        report.families.append(
            MetricFamily(
                "pg_scrape_collector_success", .gauge, "1 where a question was answered.",
                [MetricSample(isAnswered ? 1 : 0, labels + [MetricLabel("collector", query.collector)])]))
    }

    private func words(of error: any Error) -> String {
        (error as? PostgresError)?.message ?? "\(error)"
    }
}
