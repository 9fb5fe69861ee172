import Model

/// Freeing a full store (fault E07): compact, defragment one member at a time, then disarm.
enum EtcdSpaceRecovery {
    static func free(store: EtcdStore) -> Proposal {
        guard let view = store.view, let alarm = view.alarms.first(where: { $0.kind == .noSpace }) else {
            return Proposal()
        }
        var proposal = Proposal(waiting: ["space in etcd's store"], lookAgain: .seconds(1))
        let answers = view.endpoints.compactMap { endpoint in
            endpoint.status.value.map { (endpoint.container, $0) }
        }
        let limit = store.scope.cluster.etcd.quota.bytes / 10 * 8
        if let revision = answers.map(\.1.revision).max(), answers.contains(where: { $0.1.databaseBytes > limit }) {
            proposal.actions.append(
                Action(.etcd(.compact(revision: revision)), on: .etcd, because: .storeFull))
        }
        // followers first: defragmenting blocks the member that does it
        let full = answers.filter { $0.1.databaseBytes > limit }
            .sorted { ($0.1.memberID == $0.1.leaderID ? 1 : 0, $0.0) < ($1.1.memberID == $1.1.leaderID ? 1 : 0, $1.0) }
        if let (container, _) = full.first {
            proposal.actions.append(Action(.etcd(.defragment(container)), on: .etcd, because: .storeFull))
        } else {
            proposal.actions.append(Action(.etcd(.disarm(alarm)), on: .etcd, because: .storeFull))
        }
        proposal.conditions.append(
            Condition(
                .etcdHealthy, .false, reason: "NoSpace",
                message: "etcd's store is full and refuses writes; it is being compacted and defragmented",
                subject: .etcd))
        return proposal
    }
}
