import Model

extension PlanningInput {
    /// Whether an action is for clients that a pooler holds: it writes where they are to go on, or lets them.
    func isExemptFromPause(_ action: Action) -> Bool {
        if case .pooler(_, .resume) = action.effect { return true }
        guard case .container(_, let name) = action.subject, case .present(let view) = observation.pooler(name),
            view.isPaused
        else { return isFarewell(action) }
        switch action.effect {
        case .pooler(_, .reload), .docker(_, .upload): return true
        case .pooler, .docker, .etcd, .patroni, .sql, .identity, .configureLocally: return false
        }
    }

    /// Whether it ends the record of a switchover that pauses clients.
    private func isFarewell(_ action: Action) -> Bool {
        guard observation.dcs.value?.switchover?.pausesClients == true else { return false }
        let record = SwitchoverRecord.key(of: cluster.name)
        switch action.effect {
        case .etcd(.replaceKey(record, _, _)), .etcd(.deleteKey(record, _)): return true
        case .etcd, .docker, .patroni, .sql, .pooler, .identity, .configureLocally: return false
        }
    }
}
