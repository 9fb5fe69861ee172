internal import Model

/// I14: in maintenance nothing is done; while Patroni is paused nothing that leads, interrupts or rebuilds a node.
struct PauseIsSacred: Checker {
    let invariant = "I14 pause"

    func acted(_ deed: Deed) -> String? {
        if deed.cluster.maintenance { return "\(deed.effect.line) in maintenance" }
        guard isPaused(deed.before), isPaused(deed.known) else { return nil }
        switch deed.effect {
        case .etcd(.releaseLeader), .patroni(_, .switchover), .patroni(_, .restart), .patroni(_, .wake):
            return "\(deed.effect.line) while Patroni is paused"
        case .docker(_, .stop), .docker(_, .kill):
            return deed.container?.component == .node ? "\(deed.effect.line) while Patroni is paused" : nil
        case .docker, .etcd, .patroni, .sql, .pooler: return nil
        }
    }

    private func isPaused(_ universe: Universe) -> Bool {
        guard case .json(let json)? = universe.store?.key(universe.prefix + "config")?.value else { return false }
        return json["pause"]?.bool == true
    }
}
