import Model

/// Who speaks TLS with etcd. In a new cluster everybody does. A cluster of an older build changes over while it runs: first the
/// members take both, one after the other; then their peers' addresses move and the nodes follow, one after the other; at last
/// the members take nothing else. Each step follows from what is seen (decision 14).
struct EtcdTransport {
    /// What a member takes, as its container's label says; nil for one of an older build, which knows no TLS.
    enum Listening: String {
        /// TLS, and what is spoken without.
        case accepted
        /// TLS alone.
        case required
    }
    /// The label of a node that speaks TLS.
    static let used = "used"

    private let scope: EngineScope
    /// What the members' containers take.
    private let members: [Listening?]

    init(_ scope: EngineScope) {
        self.scope = scope
        members = scope.containers(of: .etcd).map {
            $0.labels.value(of: Label.etcdTLS).flatMap { Listening(rawValue: $0) }
        }
    }

    /// Whether there are certificates that every party takes, or the change has begun. Patroni's Python refuses those that an older
    /// build's authority has signed. While the authority's key is lost, nothing can be signed, and those that there are count.
    private var isPossible: Bool {
        if members.contains(where: { $0 != nil }) || scope.containers(of: .node).contains(where: isUsed) { return true }
        let identity = scope.input.observation.identity
        return identity.authority(.current)?.statesItsUse != false
            && scope.cluster.etcdNames.allSatisfy { name in
                identity.certificates.contains { $0.principal == .etcdMember(name) }
            }
    }

    /// Whether every member that there is takes TLS.
    var isAcceptedEverywhere: Bool { isPossible && members.allSatisfy { $0 != nil } }

    /// Whether no member that there is takes anything else.
    var isRequiredEverywhere: Bool { !members.isEmpty && members.allSatisfy { $0 == .required } }

    /// What the members are to take. There is no way back: one that requires TLS is enough. It depends on containers alone, which
    /// are seen as well while there is no quorum: a member that was stopped for a change is made again with it.
    var listening: Listening? {
        if members.contains(.required) { return .required }
        guard isPossible else { return nil }
        return isAcceptedEverywhere && scope.containers(of: .node).allSatisfy(isUsed) ? .required : .accepted
    }

    /// Whether a node is to speak TLS: one that does goes on.
    func isUsed(by node: NodeName) -> Bool {
        scope.container(node.container).map(isUsed) == true || isAcceptedEverywhere
    }

    private func isUsed(_ seen: ContainerView) -> Bool {
        seen.labels.value(of: Label.etcdTLS) == EtcdTransport.used
    }
}
