import Model

/// I6: no step on etcd takes its quorum away; one member at a time.
enum QuorumGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        switch action.effect {
        case .etcd(.removeMember(let id)): return removal(of: id, input)
        case .etcd(.defragment(let name)): return pause(name, input)
        case .docker(let engine, .stop(let id)), .docker(let engine, .kill(let id)):
            guard let name = ResolvedTarget(action.effect, input).etcd, input.cluster.etcdNames.contains(name),
                !input.isCutOff(id, at: engine)
            else { return nil }
            return pause(name, input)
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
    }

    private static func removal(of id: UInt64, _ input: PlanningInput) -> Violation? {
        guard case .present(let store) = input.observation.etcd, !store.members.isEmpty else {
            return Violation(.storeQuorum, "etcd's members could not be seen")
        }
        let staying = store.members.filter { $0.id != id && !$0.isLearner }
        let alive = staying.filter { member in
            store.endpoints.contains { $0.status.value?.memberID == member.id && $0.status.value?.leaderID != 0 }
        }
        return alive.count * 2 > staying.count
            ? nil : Violation(.storeQuorum, "\(alive.count) of \(staying.count) remaining members answer")
    }

    /// Interrupting one member of several: the others alone must be a majority. One of one is always an interruption.
    private static func pause(_ name: ContainerName, _ input: PlanningInput) -> Violation? {
        guard case .present(let store) = input.observation.etcd else {
            return Violation(.storeQuorum, "etcd's members could not be seen")
        }
        guard !store.members.isEmpty else {
            // while the others elect a leader there is no quorum that could tell the members
            return input.cluster.etcdNames.count == 1 || haveAllRunForLong(input)
                ? nil : Violation(.storeQuorum, "etcd's members could not be seen")
        }
        guard store.members.count > 1 else { return nil }
        let voters = store.members.filter { !$0.isLearner }
        let others = voters.filter { member in
            member.name != name.text
                && store.endpoints.contains { $0.status.value?.memberID == member.id && $0.status.value?.leaderID != 0 }
        }
        let stops = voters.contains { $0.name == name.text }
        guard stops, others.count * 2 <= voters.count else { return nil }
        return Violation(.storeQuorum, "only \(others.count) other members of \(voters.count) answer")
    }

    /// Whether each wanted member's container has run for longer than an election takes. Then no election is missing, and what
    /// the members run with keeps them apart.
    private static func haveAllRunForLong(_ input: PlanningInput) -> Bool {
        guard let engine = input.cluster.engines.first?.name, case .present(let view) = input.observation.engine(engine)
        else { return false }
        return input.cluster.etcdNames.allSatisfy { name in
            let body = view.containers.first {
                $0.labels.value(of: Label.cluster) == input.cluster.name.text
                    && $0.labels.value(of: Label.name) == name.text
            }
            guard case .running(let text)? = body?.state, let start = Timestamp(text) else { return false }
            return Timestamp(input.now) - start > .seconds(10)
        }
    }
}
