import Model

/// What is known of the store as a whole: enough to say who may start, join or leave.
struct EtcdStore {
    let scope: EngineScope
    let view: EtcdView?

    init(_ scope: EngineScope) {
        self.scope = scope
        view = scope.input.observation.etcd.value
    }

    /// The members as a quorum tells them; nil without a quorum.
    var membership: [EtcdMemberView]? {
        guard let view, !view.members.isEmpty else { return nil }
        return view.members
    }

    func member(_ name: ContainerName) -> EtcdMemberView? {
        let urls = EtcdSpec.peerURLs(of: name)
        return membership?.first { $0.name == name.text || $0.peerURLs.contains(where: urls.contains) }
    }

    /// Whether a member's peers reach it without TLS.
    func isPlain(_ member: EtcdMemberView) -> Bool { member.peerURLs.contains { $0.hasPrefix("http:") } }

    /// Whether a member has yet to be reached with TLS, before any of them takes nothing else.
    var hasPlainPeers: Bool {
        EtcdTransport(scope).isAcceptedEverywhere && membership?.contains(where: isPlain) == true
    }

    /// Whether a member answers and knows a leader.
    func isHealthy(_ name: ContainerName) -> Bool {
        guard let status = view?.endpoints.first(where: { $0.container == name })?.status.value else { return false }
        return status.leaderID != 0
    }

    /// Whether voters that answer would still be a majority after one member left (invariant I6).
    func keepsQuorum(without id: UInt64) -> Bool {
        guard let membership else { return false }
        let voters = membership.filter { !$0.isLearner && $0.id != id }
        let healthy = voters.filter { isHealthy(ContainerName($0.name)) }
        return !voters.isEmpty && healthy.count >= voters.count / 2 + 1
    }

    /// Whether every wanted member exists and answers.
    var isComplete: Bool {
        guard let membership else { return false }
        return scope.cluster.etcdNames.allSatisfy { name in
            membership.contains { $0.name == name.text && !$0.isLearner } && isHealthy(name)
        }
    }

    /// Whether nothing was ever written to the store that the running members hold.
    var isPristine: Bool {
        guard let view else { return false }
        let answers = view.endpoints.compactMap(\.status.value)
        return !answers.isEmpty && answers.allSatisfy { $0.revision <= 1 }
    }

    /// Whether every wanted member exists as a container that was never given data: the store is yet to be bootstrapped.
    var isNotBootstrapped: Bool {
        scope.cluster.etcdNames.allSatisfy { name in
            guard let seen = scope.container(name), !seen.state.isAlive else { return false }
            return seen.data.value == .empty
        }
    }

    /// The label of a member that joins the store as it is now, once it was added as a learner.
    func joinLabel(for name: ContainerName) -> String? {
        guard let membership, let pending = member(name), pending.name.isEmpty else { return nil }
        let list = membership.compactMap { other -> String? in
            guard let url = other.peerURLs.first else { return nil }
            return "\(other.id == pending.id ? name.text : other.name)=\(url)"
        }
        return "existing " + list.sorted().joined(separator: ",")
    }
}
