import Model
import Supervisor

/// What Patroni and Docker say of each node.
enum NodeFamilies {
    static func families(_ snapshot: ClusterSnapshot) -> [MetricFamily] {
        let status = snapshot.status
        func node(_ name: String) -> [MetricLabel] { [MetricLabel("node", name)] }
        return [
            MetricFamily(
                "pg_controller_node_info", .gauge, "1 for each node, by its role and state.",
                status.nodes.map {
                    MetricSample(
                        1, node($0.name) + [MetricLabel("role", $0.role), MetricLabel("state", state($0.state))])
                }),
            MetricFamily(
                "pg_controller_node_timeline", .gauge, "The timeline that a node is on.",
                status.nodes.compactMap { entry in
                    entry.timeline.map { MetricSample(Double($0), node(entry.name)) }
                }),
            MetricFamily(
                "pg_controller_node_lag_bytes", .gauge, "Bytes of WAL that a replica has not replayed.",
                status.nodes.compactMap { entry in
                    entry.lagBytes.map { MetricSample(Double($0), node(entry.name)) }
                }),
            MetricFamily(
                "pg_controller_node_synchronous", .gauge, "1 where commits may wait for the node.",
                status.nodes.map { MetricSample($0.synchronous ? 1 : 0, node($0.name)) }),
            MetricFamily(
                "pg_controller_node_maintenance", .gauge, "1 while a person wants the node left alone.",
                status.nodes.map { MetricSample($0.maintenance ? 1 : 0, node($0.name)) }),
            MetricFamily(
                "pg_controller_pooler_info", .gauge, "1 for each pooler, by its access and state.",
                status.poolers.map {
                    MetricSample(
                        1,
                        [
                            MetricLabel("pooler", $0.name), MetricLabel("access", $0.access),
                            MetricLabel("state", $0.state),
                        ])
                }),
        ]
    }

    /// Without the exit code, which would make another series each time.
    private static func state(_ words: String) -> String {
        words.firstIndex(of: "(").map { String(words[..<$0]).trimmingSpaces } ?? words
    }
}

extension String {
    fileprivate var trimmingSpaces: String { String(reversed().drop { $0 == " " }.reversed()) }
}
