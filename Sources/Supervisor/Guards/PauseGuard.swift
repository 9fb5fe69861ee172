import Model

/// I14: while a person wants nothing changed, nothing is; a node that is in maintenance is left alone; and while Patroni
/// is paused, nothing that decides who leads or interrupts a node is done.
enum PauseGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        if input.isInMaintenance, !input.isExemptFromPause(action), !finishesHandOver(action, input) {
            return Violation(.pause, "the cluster is paused")
        }
        if let node = nodes(touchedBy: action, input).first(where: { input.isInMaintenance($0) }) {
            return Violation(.pause, "\(node) is in maintenance")
        }
        guard input.observation.dcs.value?.isPaused == true else { return nil }
        switch action.effect {
        case .etcd(.releaseLeader), .patroni(_, .switchover), .patroni(_, .restart), .patroni(_, .wake):
            return Violation(.pause, "Patroni is paused")
        case .docker(_, .stop), .docker(_, .kill), .docker(_, .shutdownPrimary):
            switch ResolvedTarget(action.effect, input) {
            case .node, .unknown: return Violation(.pause, "Patroni is paused")
            case .none, .etcd, .container: return nil
            }
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
    }

    /// Whether it gives away the place of a primary that has shut down already: clients wait for nothing else.
    private static func finishesHandOver(_ action: Action, _ input: PlanningInput) -> Bool {
        guard case .etcd(.releaseLeader(_, let key, _)) = action.effect,
            let record = input.observation.dcs.value?.switchover
        else { return false }
        return record.pausesClients && record.from == key.node
    }

    /// The nodes whose container or role an action changes. To be looked at by Patroni sooner changes nothing, nor does
    /// the configuration that is for all of them.
    private static func nodes(touchedBy action: Action, _ input: PlanningInput) -> [NodeName] {
        switch action.effect {
        case .docker(_, .createContainer(let spec)):
            return [NodeName(spec.labels.value(of: Label.name) ?? spec.name.text)]
        case .docker: return [ResolvedTarget(action.effect, input).node].compactMap(\.self)
        case .patroni(let node, .restart), .patroni(let node, .reload): return [node]
        case .patroni(_, .switchover(let from, let to)): return [from, to].compactMap { $0 }
        case .etcd(.releaseLeader(_, let key, _)): return [key.node]
        case .patroni(_, .wake), .patroni(_, .patchConfiguration), .etcd, .sql, .pooler, .identity, .configureLocally:
            return []
        }
    }
}
