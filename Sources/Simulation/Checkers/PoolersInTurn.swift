internal import Model

/// I21: a pooler that serves is stopped only while another one of its kind does, if there is to be more than one.
struct PoolersInTurn: Checker {
    let invariant = "I21 poolers in turn"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .docker(_, .stop) = performed.effect, performed.isDone, let stopped = performed.container,
            stopped.component == .pooler,
            let own = performed.cluster.poolers.first(where: { $0.name.text == stopped.home })
        else { return nil }
        let others = performed.cluster.poolers.filter { $0.access == own.access && $0.name != own.name }
        guard !others.isEmpty else { return nil }
        func serves(_ other: Pooler, in universe: Universe) -> Bool {
            universe.engine.containers.contains { $0.home == other.name.text && $0.state.isRunning && $0.pooler != nil }
        }
        return others.contains { serves($0, in: performed.before) || serves($0, in: performed.known) }
            ? nil : "\(stopped.name) is stopped while no other pooler of its kind serves"
    }
}
