internal import Model

/// I14: while people want nothing changed, nothing is, but what lets paused clients go on; a node in maintenance is left
/// alone; and while Patroni is paused nothing that leads, interrupts or rebuilds a node is done.
struct PauseIsSacred: Checker {
    let invariant = "I14 pause"

    func acted(_ performed: PerformedEffect) -> String? {
        if !isForPausedClients(performed) {
            if performed.cluster.maintenance { return "\(performed.effect.line) in maintenance" }
            if let words = nodeInMaintenance(performed) { return words }
        }
        // etcd is read before the look ends: a pause that came between the two is not the controller's fault either
        guard isPaused(performed.before), isPaused(performed.known), performed.look?.dcs.value?.isPaused != false else {
            return nil
        }
        switch performed.effect {
        case .etcd(.releaseLeader), .patroni(_, .switchover), .patroni(_, .restart), .patroni(_, .wake):
            return "\(performed.effect.line) while Patroni is paused"
        case .docker(_, .stop), .docker(_, .kill), .docker(_, .shutdownPrimary):
            return performed.container?.component == .node ? "\(performed.effect.line) while Patroni is paused" : nil
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
    }

    /// What `controller pause` forbids. A pause that came after the last look is not the controller's fault.
    private func nodeInMaintenance(_ performed: PerformedEffect) -> String? {
        guard let told = performed.look?.dcs.value?.pauses, !told.isEmpty else { return nil }
        if performed.before.isInMaintenance, told.contains(where: { $0.node == nil }) {
            return "\(performed.effect.line) while the cluster is paused"
        }
        let inMaintenance = performed.before.nodesInMaintenance.filter { node in told.contains { $0.node == node } }
        let touched: [NodeName]
        switch performed.effect {
        case .docker(_, .createContainer(let spec)): touched = [NodeName(spec.name.text)]
        // a command inside, a backup's for example, leaves the container as it is
        case .docker(_, .run): touched = []
        case .docker:
            guard let container = performed.container, container.component == .node else { return nil }
            touched = [NodeName(container.home)]
        case .patroni(_, .switchover(let from, let to)): touched = [from, to].compactMap { $0 }
        case .patroni(let node, .restart), .patroni(let node, .reload): touched = [node]
        case .etcd(.releaseLeader(_, let key, _)): touched = [key.node]
        case .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: touched = []
        }
        return touched.first { inMaintenance.contains($0) }.map {
            "\(performed.effect.line), and \($0) is in maintenance"
        }
    }

    /// A switchover that was under way comes to its end: the record, the dead primary's key, and the poolers that hold.
    private func isForPausedClients(_ performed: PerformedEffect) -> Bool {
        let record = SwitchoverRecord.key(of: performed.cluster.name)
        switch performed.effect {
        case .etcd(.replaceKey(record, _, _)), .etcd(.deleteKey(record, _)), .pooler(_, .reload), .pooler(_, .resume):
            return true
        case .etcd(.releaseLeader): return performed.before.holdsClients || performed.known.holdsClients
        case .docker(_, .upload): return performed.container?.component == .pooler
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return false
        }
    }

    private func isPaused(_ universe: Universe) -> Bool {
        guard case .json(let json)? = universe.store?.key(universe.prefix + "config")?.value else { return false }
        return json["pause"]?.bool == true
    }
}
