/// The seam between deciding and doing: the live cluster, or a simulated one.
public protocol World: Sendable {
    /// Looks at everything that the scope names; what cannot be seen in time is unknown, never awaited.
    func observe(_ cluster: Cluster, scope: ObservationScope) async -> Observation
    /// Performs effects that do not depend on each other, side by side where it can; answers in the same order.
    func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome]
    /// Both clocks.
    func now() async -> Moment
}

/// How much of the world to look at.
public enum ObservationScope: Sendable, Hashable {
    /// Everything, with caches where nothing can have changed unnoticed.
    case everything
    /// Everything, and nothing from a cache: the resync.
    case everythingAfresh
    /// What a switchover looks at while clients are paused: what runs, and nothing that takes long and has no part in it (what
    /// lies in stopped containers, the repository, images).
    case handOver
    /// What the failover lane looks at: engines, Patroni's keys, and which nodes answer. Nothing else may stand between a death
    /// and the release of the leader key.
    case failover
    /// What the guards need to judge an action on this subject: engines, etcd and Patroni's keys, afresh; for what is in
    /// PostgreSQL also the primary's word and the repository.
    case guarding(Subject)

    /// Whether it leaves out what only planners want to know: poolers, the repository, what is in the databases.
    public var isNarrow: Bool {
        if self == .failover { return true }
        guard case .guarding(let subject) = self else { return false }
        switch subject {
        case .database, .role: return false
        case .cluster, .network, .volume, .image, .container, .etcd, .leadership, .node, .repository, .certificate,
            .authority, .localConfiguration:
            return true
        }
    }
}
