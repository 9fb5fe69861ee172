public import Model
import PostgresClient

/// Asks PostgreSQL on each node, and each pooler, for metrics. All are asked at once, over sessions that stay open; one that
/// hangs delays the figures of the others by no more than `limit`.
public actor MetricsCollector {
    /// What one node or pooler may take in one round.
    static let limit: Duration = .seconds(2)

    let world: LiveWorld
    /// The only built-in questions that are asked; nil for all, those of the manifest, and the poolers.
    let asks: Set<String>?
    private var answers = Cache<AnswerKey, KeptAnswer>(capacity: 2000)
    private var isCollecting = false
    private var waiting: [CheckedContinuation<[MetricFamily], Never>] = []
    /// The questions of the manifest that could not be answered in the last round, by name, sorted.
    public private(set) var failures: [MetricFailure] = []

    /// A question of the manifest that could not be answered.
    public struct MetricFailure: Sendable, Hashable {
        /// The question's name.
        public var query: String
        /// The node that was asked.
        public var node: NodeName
        /// Why, in PostgreSQL's words.
        public var words: String
    }

    struct AnswerKey: Hashable, Sendable {
        var node: NodeName
        var query: MetricQuery
    }

    private struct KeptAnswer {
        var families: [MetricFamily]
        var until: ContinuousClock.Instant
    }

    /// A collector over a world.
    /// - Parameter asks: the only built-in questions that are asked; nil for all, those of the manifest, and the poolers.
    public init(world: LiveWorld, asks: Set<String>? = nil) {
        self.world = world
        self.asks = asks
    }

    /// One round. A second caller who comes meanwhile gets the answer of the same round.
    public func collect(_ cluster: Cluster, on engine: EngineView) async -> [MetricFamily] {
        if isCollecting { return await withCheckedContinuation { waiting.append($0) } }
        isCollecting = true
        let families = await ask(cluster, Addresses(engine: engine, cluster: cluster))
        isCollecting = false
        let others = waiting
        waiting = []
        for other in others { other.resume(returning: families) }
        return families
    }

    private func ask(_ cluster: Cluster, _ addresses: Addresses) async -> [MetricFamily] {
        let own = asks == nil ? cluster.monitoring.queries : []
        async let poolers =
            asks == nil ? PoolerMetrics(world: world, cluster: cluster, addresses: addresses).collect() : []
        let reports = await withTaskGroup(of: NodeMetrics.Report.self) { group in
            for entry in addresses.nodes {
                let metrics = NodeMetrics(
                    world: world, node: entry.node, host: entry.host, database: cluster.accounts.database, own: own,
                    asks: asks, known: known(of: entry.node))
                group.addTask { await metrics.collect(within: MetricsCollector.limit) }
            }
            var reports: [NodeMetrics.Report] = []
            for await report in group { reports.append(report) }
            return reports.sorted { $0.node < $1.node }
        }
        for report in reports {
            for (query, families) in report.fresh where query.every > .zero {
                answers.keep(
                    KeptAnswer(families: families, until: .now + query.every),
                    for: AnswerKey(node: report.node, query: query))
            }
        }
        failures = reports.flatMap(\.failures).filter { failure in own.contains { $0.name == failure.query } }
        return reports.flatMap(\.families) + (await poolers)
    }

    /// The answers of a node that are still good.
    private func known(of node: NodeName) -> [MetricQuery: [MetricFamily]] {
        var known: [MetricQuery: [MetricFamily]] = [:]
        for (key, answer) in answers.all where key.node == node && answer.until > .now {
            known[key.query] = answer.families
        }
        return known
    }
}
