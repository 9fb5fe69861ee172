import Model

extension Roster {
    /// What a node that does not run waits for; nil when it may start.
    func obstacle(for node: NodeView) -> String? {
        guard let seen = node.container, !seen.state.isAlive else { return nil }
        if let hold = handover(from: node) { return hold }
        switch history {
        case .unclear(let what): return unclear(what, holding: Holding(node.name, at: site))
        case .dataLost: return "a restore, because all data is lost"
        case .contradictory: return "a person, because the volumes hold data of several clusters"
        case .forgotten: return "etcd to be told of the cluster again"
        case .unborn:
            return Holding(node.name, at: site) == .fragment ? "a fresh volume; its own holds half a cluster" : nil
        case .born(let identifier):
            switch Holding(node.name, at: site) {
            case .data(let own, _) where own != identifier: return "a volume of this cluster; its own holds \(own)"
            case .data(_, let data):
                guard let data, data.majorVersion != site.cluster.postgres.version else {
                    return reelection(node, data)
                }
                return "PostgreSQL \(data.majorVersion), which its data belongs to"
            case .nothing, .running: return nil
            case .fragment: return "a fresh volume; its own holds half a copy"
            case .unseen: return "a look into its data volume"
            }
        }
    }

    /// With etcd out of sight, a node with data may start and wait for it; an empty one may not.
    private func unclear(_ what: String, holding: Holding) -> String? {
        switch holding {
        case .data(_, let data) where data?.majorVersion == site.cluster.postgres.version && site.store.hasData: nil
        case .data, .nothing, .fragment, .running, .unseen: "a look at \(what)"
        }
    }

    /// A dead leader stays down until another leads, as long as another can (fault C01).
    private func handover(from node: NodeView) -> String? {
        guard let dcs, !isPaused, !candidates(besides: node.name).isEmpty else { return nil }
        if node.isLeader { return "another node to lead" }
        return dcs.leader == nil && dcs.initialize?.isEmpty == false ? "the election" : nil
    }

    /// When etcd lost its memory, the former primary starts first: only it is known to hold every acknowledged write.
    private func reelection(_ node: NodeView, _ data: PostgresData?) -> String? {
        guard let dcs, dcs.leader == nil, dcs.synchronous == nil, let data, !data.wasPrimary else { return nil }
        let others = nodes.filter { $0.name != node.name }.map { Holding($0.name, at: site) }
        let awaitsPrimary = others.contains { holding in
            if case .data(_, let other?) = holding { return other.wasPrimary && other.timeline >= data.timeline }
            return false
        }
        return awaitsPrimary ? "the former primary" : nil
    }
}

extension Site {
    var store: EtcdStore { EtcdStore(self) }
}

extension EtcdStore {
    /// Whether some member's volume holds data, or a member runs.
    var hasData: Bool {
        site.cluster.etcdNames.contains { name in
            guard let seen = site.container(name) else { return false }
            return seen.state.isAlive || seen.data.value == .etcd
        }
    }
}
