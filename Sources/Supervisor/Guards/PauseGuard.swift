import Model

/// I14: while a person has paused Patroni, nothing that decides who leads or interrupts a node is done.
enum PauseGuard {
    static func judge(_ action: Action, _ scene: Scene) -> Violation? {
        guard scene.observation.dcs.value?.configuration?["pause"]?.bool == true else { return nil }
        switch action.effect {
        case .etcd(.releaseLeader), .patroni(_, .switchover), .patroni(_, .restart), .patroni(_, .wake):
            return Violation(.pause, "Patroni is paused")
        case .docker(_, .stop), .docker(_, .kill), .docker(_, .standDown):
            guard case .container(_, let name) = action.subject, scene.cluster.index(of: NodeName(name.text)) != nil
            else { return nil }
            return Violation(.pause, "Patroni is paused")
        case .docker, .etcd, .patroni, .sql, .pooler: return nil
        }
    }
}
