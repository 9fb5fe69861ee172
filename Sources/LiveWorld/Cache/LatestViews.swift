import Model

/// What was last seen of the cluster's leader and of its database.
actor LatestViews {
    private(set) var leader: (key: LeaderKey, ttl: Duration)?
    func keep(leader key: LeaderKey?, ttl: Duration) { leader = key.map { ($0, ttl) } }

    /// The nodes whose Patroni does not take TLS yet, as they said themselves in etcd.
    private(set) var plainNodes: Set<NodeName> = []
    func keep(members: [DCSMember]) { plainNodes = Set(members.filter { !$0.takesTLS }.map(\.name)) }

    /// Who may do what in etcd, for a minute.
    private var access: (value: EtcdAccess, until: ContinuousClock.Instant)?
    var knownAccess: EtcdAccess? { access.flatMap { $0.until > .now ? $0.value : nil } }
    func keep(_ value: EtcdAccess) { access = (value, .now + .seconds(60)) }
    func forgetAccess() { access = nil }

    /// The primary's database as a whole.
    private(set) var database: DatabaseView?
    func keep(_ database: DatabaseView) { self.database = database }
}
