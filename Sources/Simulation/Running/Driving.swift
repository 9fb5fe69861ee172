public import Model

/// What a driver needs of the world between two passes.
extension SimulatedWorld {
    /// An empty engine with the images on it, a seed's chance, and a schedule of faults.
    public init(seed: UInt64, cluster: Cluster, schedule: FaultSchedule = FaultSchedule(), keepsTrace: Bool = false) {
        var universe = Universe(seed: seed, scope: cluster.name)
        universe.engine.images = Universe.images(of: cluster)
        universe.secrets = Universe.secretNames.map { SecretView(name: $0, version: "1") }
        universe.makeIdentity(isShared: seed % 16 == 9)
        universe.bucket = cluster.backups.s3 == nil ? nil : SimulatedRepository()
        universe.trace.keepsLines = keepsTrace
        self.init(universe: universe, cluster: cluster, schedule: schedule)
    }

    /// Waits as the supervisor does: until something happens that an event stream would tell, or so long.
    public func rest(atMost limit: Duration) {
        if universe.isResumeDue { universe.isResumeDue = !universe.resumeAll() }
        let deadline = universe.now + limit
        do {
            var question = universe.now + .seconds(5)
            // a silent stream of events is found out by a list every eight seconds (fault D05)
            var list = universe.now + .seconds(8)
            while universe.now < deadline {
                let isDeaf = universe.engine.deafUntil > universe.now
                if universe.isStirred, !isDeaf || universe.now >= list { break }
                if universe.now >= list { list += .seconds(8) }
                advance(to: min(nextDue, question, list, deadline))
                guard universe.now >= question else { continue }
                // the one thing that no event tells of: a leader that renews its lease no more
                if universe.isLeaseStale(cluster) { break }
                question += .seconds(5)
            }
        }
        if universe.isStirred {
            universe.isStirred = false
            advance(to: universe.now + universe.draw(5...40))
        }
    }

    /// The digest of everything that has happened; equal for equal seeds.
    public var digest: UInt64 { universe.trace.digest }
    /// The lines of the trace that were kept.
    public var trace: [String] { universe.trace.lines }
    /// The state of every container and of Patroni's keys, in one line each.
    public var summary: [String] { universe.summary }
    /// How many commits the client got acknowledged.
    public var acknowledgedCommits: Int { universe.client.count }
    /// The database catalogues, promotions and the like, for tests.
    package var truth: Universe { universe }
}

extension Universe {
    /// Whether the leader has not renewed its lease for longer than its loop.
    func isLeaseStale(_ cluster: Cluster) -> Bool {
        guard let store, store.isAvailable, let key = store.key(prefix + "leader"),
            let lease = store.leases.first(where: { $0.id == key.lease })
        else { return false }
        return lease.ttl - (lease.expiresAt - now) > cluster.patroni.loopWait + .seconds(3)
    }

    /// The secrets every cluster has.
    static let secretNames: [SecretName] = [
        .etcdRoot, "patroni-rest", "pooler-verifier", "postgres-admin", "postgres-console",
        "postgres-replication", "postgres-rewind", "postgres-superuser",
    ]
}

extension Universe {
    /// The state of every container and of Patroni's keys, in one line each.
    var summary: [String] {
        var lines = engine.containers.map { container in
            var line = "\(container.name) \(container.id) \(container.state)"
            if let node = container.node {
                line +=
                    " \(node.server) job \(node.job.map { "\($0)" } ?? "none") upstream \(node.upstream?.text ?? "none")"
                line += " lease \(node.lease ?? 0)\(node.isHung ? " hung" : "")"
            }
            switch engine.content(of: container.dataVolume) {
            case .postgres(let data):
                line += " data \(data.systemIdentifier) timeline \(data.timeline) at \(data.lsn)"
                line += " commits \(data.commitsAwait)"
            case .etcd(let data): line += " etcd member \(data.memberID)"
            case .empty: line += " empty"
            case .incomplete: line += " incomplete"
            case .repository, nil: break
            }
            return line
        }
        for key in store?.keys ?? [] where key.name.hasPrefix(prefix) && !key.name.hasSuffix("config") {
            lines.append("\(key.name) = \(key.value) lease \(key.lease)")
        }
        lines.append("etcd leader \(store?.leader ?? 0) members \(store?.members.map(\.name) ?? [])")
        return lines
    }
}
