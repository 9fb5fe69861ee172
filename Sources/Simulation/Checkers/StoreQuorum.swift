internal import Model

/// I6: the controller never takes etcd's quorum away, and nothing committed is ever forgotten.
struct StoreQuorum: Checker {
    let invariant = "I6 store quorum"

    func passed(_ universe: Universe) -> String? {
        universe.storeLosses > universe.allowedStoreLosses
            ? "etcd was bootstrapped again and forgot what it had committed" : nil
    }

    func acted(_ performed: PerformedEffect) -> String? {
        guard let store = performed.before.store, store.voters.count > 1, performed.isDone else { return nil }
        // an election is no loss: the members that hold it are a majority
        let serving = store.voters.filter { performed.before.isServing($0.id) }
        guard serving.count * 2 > store.voters.count else { return nil }
        let member: UInt64
        switch performed.effect {
        case .etcd(.removeMember(let id)): member = id
        case .etcd(.defragment(let name)):
            guard let id = store.members.first(where: { $0.name == name.text })?.id else { return nil }
            member = id
        case .docker(_, .disconnect(let network, _)) where !performed.cutsOff(from: network): return nil
        case .docker(_, .stop), .docker(_, .kill), .docker(_, .remove), .docker(_, .disconnect):
            guard let id = performed.container?.etcd?.memberID else { return nil }
            member = id
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
        let isRemoval = if case .etcd = performed.effect { true } else { false }
        let needed = isRemoval ? store.voters.filter { $0.id != member }.count : store.voters.count
        func remaining(_ universe: Universe) -> Int {
            store.voters.filter { $0.id != member && universe.isServing($0.id) }.count
        }
        guard remaining(performed.before) * 2 <= needed, remaining(performed.known) * 2 <= needed else { return nil }
        return "\(performed.effect.line) leaves \(remaining(performed.before)) of \(needed) members"
    }
}
