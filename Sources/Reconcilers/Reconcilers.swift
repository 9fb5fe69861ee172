public import Model

/// The planners in the order of their claims: where two want something of the same subject, the earlier one has it.
public enum Reconcilers {
    /// A switchover is before the failover that it becomes, to name the candidate, and says who else may act meanwhile. Failover
    /// comes next, because nothing may delay it or touch a dead leader before it; what others stand on
    /// (network, volumes, etcd) comes before those that stand on it; nodes before what lives in their database.
    public static let all: [any Reconciler] = [
        ImmutableFieldCheck(), Switchovers(), Failover(), Network(), Volumes(), Etcd(), Bootstrap(), Recoveries(),
        Nodes(), Certificates(),
        Configuration(), Accounts(), Schema(), Roles(), Databases(),
        Backups(),
        Poolers(), Console(), Prometheus(), Exposure(), Images(), Disk(),
    ]

    /// Whether this parameter stands in each node's own file, and not in etcd.
    public static func isLocal(parameter: String, _ cluster: Cluster) -> Bool {
        LocalParameters.names(cluster).contains(parameter)
    }

    /// The volume that holds a node's data, or is to hold it; nil where the engine was not seen.
    public static func dataVolume(of node: NodeName, _ input: PlanningInput) -> VolumeName? {
        EngineScope(input).map { $0.volumeName(of: node.text) }
    }

    /// The parameters that every node's PostgreSQL is to run with, sorted by name.
    public static func parameters(of cluster: Cluster) -> [PostgresSettings.Parameter] {
        (DynamicConfiguration.parameters(cluster) + LocalParameters.declared(cluster)).sorted { $0.name < $1.name }
    }
}
