import Model

/// I10: nothing that interrupts is done on an engine, or on members, that could not be seen a moment ago.
enum ObservationGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        guard action.effect.isDisruptive else { return nil }
        switch action.effect {
        case .docker(let engine, _):
            return input.observation.engine(engine).isUnknown
                ? Violation(.unknownIsNotAbsent, "Docker Engine \(engine) could not be seen again") : nil
        case .etcd, .patroni:
            return input.observation.dcs.isUnknown && !isMembership(action.effect)
                ? Violation(.unknownIsNotAbsent, "etcd could not be read again") : nil
        case .sql, .pooler, .identity, .configureLocally: return nil
        }
    }

    /// etcd's own upkeep must work when Patroni's keys cannot be read: QuorumGuard judges it.
    private static func isMembership(_ effect: Effect) -> Bool {
        switch effect {
        case .etcd(.defragment), .etcd(.removeMember): true
        case .etcd, .docker, .patroni, .sql, .pooler, .identity, .configureLocally: false
        }
    }
}
