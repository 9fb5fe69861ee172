import Model

extension NodeSet {
    /// What a node that does not run waits for; nil when it may start.
    func obstacle(for node: NodeView) -> String? {
        guard let seen = node.container, !seen.state.isAlive else { return nil }
        if isSwitching { return "the change to the restored data" }
        if let obstacle = handover(from: node) { return obstacle }
        switch history {
        case .unclear(let what): return unclear(what, node)
        case .dataLost: return "a restore, because all data is lost"
        case .contradictory: return "a person, because the volumes hold data of several clusters"
        case .forgotten: return "etcd to be told of the cluster again"
        case .recovering: return "the restore"
        case .unborn:
            return DataContent(node.name, at: scope) == .fragment ? "a fresh volume; its own holds half a cluster" : nil
        case .born(let identifier):
            switch DataContent(node.name, at: scope) {
            case .data(let own, _) where own != identifier: return "a volume of this cluster; its own holds \(own)"
            case .data(_, let data):
                guard let data, data.majorVersion != scope.cluster.postgres.version else {
                    return reelection(node, data)
                }
                return "PostgreSQL \(data.majorVersion), which its data belongs to"
            case .nothing, .running: return nil
            case .fragment: return "a fresh volume; its own holds half a copy"
            case .unseen: return "a look into its data volume"
            }
        }
    }

    /// With etcd out of sight, the most advanced node may start and wait for it; an empty one may not.
    private func unclear(_ what: String, _ node: NodeView) -> String? {
        guard case .data(_, let data?) = DataContent(node.name, at: scope),
            data.majorVersion == scope.cluster.postgres.version, scope.store.hasData
        else { return "a look at \(what)" }
        return reelection(node, data)
    }

    /// A dead leader stays down until another leads (fault C01): as long as Patroni would elect another, and no longer
    /// than an election takes, whatever else keeps the others from it. A node that starts then leads only if it wins the
    /// election itself, so that an early start costs time and never data.
    private func handover(from node: NodeView) -> String? {
        guard let dcs, !isPaused, !candidates(besides: node.name).isEmpty, !isOverdue(node) else { return nil }
        if node.isLeader { return "another node to lead" }
        return dcs.leader == nil && dcs.initialize?.isEmpty == false ? "the election" : nil
    }

    /// When etcd lost its memory, or cannot be seen, the most advanced node starts first and alone: the former primary of the newest
    /// timeline, which has every acknowledged write, or without one the node whose WAL reaches furthest. An election among
    /// several that start together would go to the fastest. A running node is waited for only while it may still be elected,
    /// where etcd remembers how far the last leader had written: Patroni then refuses a node that lacks too much of that.
    private func reelection(_ node: NodeView, _ data: PostgresData?) -> String? {
        if let dcs, dcs.leader != nil || dcs.synchronous != nil { return nil }
        guard let data else { return nil }
        let own = (data.timeline, data.wasPrimary ? 1 : 0, data.walPosition)
        for other in nodes where other.name != node.name {
            guard other.container?.state.isAlive == true else {
                switch DataContent(other.name, at: scope) {
                case .data(_, let theirs?):
                    let theirs = (theirs.timeline, theirs.wasPrimary ? 1 : 0, theirs.walPosition)
                    if theirs > own { return "\(other.name), whose data is newer" }
                case .data(_, nil), .unseen: return "a look into the data of \(other.name)"
                case .nothing, .fragment, .running: break
                }
                continue
            }
            if dcs?.leaderPosition != nil, isTooFarBehind(other) || isOverdue(node) { continue }
            guard let member = other.member.value else { return "the election" }
            // one without data, or that takes a copy, cannot lead
            if member.role == .uninitialized { continue }
            guard let timeline = member.timeline else { return "the election" }
            if (timeline, member.role == .primary ? 1 : 0, member.walPosition ?? 0) >= own { return "the election" }
        }
        return nil
    }
}

extension EngineScope {
    var store: EtcdStore { EtcdStore(self) }
}

extension EtcdStore {
    /// Whether some stopped member's volume is seen to hold data. A running one that cannot be asked may have been
    /// bootstrapped a moment ago, and an empty store knows no leader: the first node that asked it would lead.
    var hasData: Bool {
        scope.cluster.etcdNames.contains { scope.container($0)?.data.value == .etcd }
    }
}
