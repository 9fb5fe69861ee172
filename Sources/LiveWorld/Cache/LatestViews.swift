import Model

/// What was last seen of the cluster's leader and of its database.
actor LatestViews {
    private(set) var leader: (key: LeaderKey, ttl: Duration)?
    func keep(leader key: LeaderKey?, ttl: Duration) { leader = key.map { ($0, ttl) } }

    /// The primary's database as a whole.
    private(set) var database: DatabaseView?
    func keep(_ database: DatabaseView) { self.database = database }
}
