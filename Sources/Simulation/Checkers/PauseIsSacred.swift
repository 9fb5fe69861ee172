internal import Model

/// I14: in maintenance nothing is done but what lets held clients go on; while Patroni is paused nothing that leads, interrupts or rebuilds a node.
struct PauseIsSacred: Checker {
    let invariant = "I14 pause"

    func acted(_ deed: Deed) -> String? {
        if deed.cluster.maintenance, !isForHeldClients(deed) { return "\(deed.effect.line) in maintenance" }
        guard isPaused(deed.before), isPaused(deed.known) else { return nil }
        switch deed.effect {
        case .etcd(.releaseLeader), .patroni(_, .switchover), .patroni(_, .restart), .patroni(_, .wake):
            return "\(deed.effect.line) while Patroni is paused"
        case .docker(_, .stop), .docker(_, .kill), .docker(_, .standDown):
            return deed.container?.component == .node ? "\(deed.effect.line) while Patroni is paused" : nil
        case .docker, .etcd, .patroni, .sql, .pooler: return nil
        }
    }

    /// A switchover that was under way comes to its end: the record, the dead primary's key, and the poolers that hold.
    private func isForHeldClients(_ deed: Deed) -> Bool {
        let record = SwitchoverRecord.key(of: deed.cluster.name)
        switch deed.effect {
        case .etcd(.replaceKey(record, _, _)), .etcd(.deleteKey(record, _)), .pooler(_, .reload), .pooler(_, .resume):
            return true
        case .etcd(.releaseLeader): return deed.before.isHeld || deed.known.isHeld
        case .docker: return deed.container?.component == .pooler
        case .etcd, .patroni, .sql, .pooler: return false
        }
    }

    private func isPaused(_ universe: Universe) -> Bool {
        guard case .json(let json)? = universe.store?.key(universe.prefix + "config")?.value else { return false }
        return json["pause"]?.bool == true
    }
}
