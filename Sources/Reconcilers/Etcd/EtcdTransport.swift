import Model

/// Which parties speak TLS with etcd. In a new cluster all do. A cluster of an older build changes over while it runs: first the
/// members take both protocols, one member after the other; then their peers' addresses move; then the nodes follow, one after
/// the other; at last the members take TLS alone. Each step follows from what is seen (decision 14).
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
    /// Whether the nodes' containers speak TLS.
    private let nodes: [Bool]
    /// Whether the data on the members' volumes has never named a peer without TLS.
    private let volumes: [Bool]

    init(_ scope: EngineScope) {
        self.scope = scope
        members = scope.containers(of: .etcd).map { EtcdTransport.listening($0.labels) }
        nodes = scope.containers(of: .node).map(EtcdTransport.isUsed)
        volumes = scope.cluster.etcdNames.compactMap { scope.volumes(of: $0.text).first }
            .map { EtcdTransport.listening($0.labels) == .required }
    }

    private static func listening(_ labels: [LabelValue]) -> Listening? {
        labels.value(of: Label.etcdTLS).flatMap { Listening(rawValue: $0) }
    }

    /// Whether there are certificates that every party takes, or the change has begun. Patroni's Python refuses those that an older
    /// build's authority has signed. While the authority's key is lost, nothing can be signed, and those that there are count.
    private var isPossible: Bool {
        if members.contains(where: { $0 != nil }) || nodes.contains(true) || volumes.contains(true) { return true }
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

    /// Whether the data of every member is known to name peers with TLS alone, also while there is no quorum that could be asked:
    /// the nodes follow only after that.
    private var isKnownByNodes: Bool { !nodes.isEmpty && nodes.allSatisfy { $0 } }

    /// What the members are to take. There is no way back: one that requires TLS is enough. It depends on containers and volumes
    /// alone, which are seen as well while there is no quorum: a member that was stopped for a change is made again with it.
    /// Where no container is left, the volumes may be those of an older build, whose data names its peers' plain addresses:
    /// members that take TLS alone would never find each other.
    var listening: Listening? {
        if members.contains(.required) { return .required }
        guard isPossible else { return nil }
        if members.isEmpty, volumes.allSatisfy({ $0 }) { return .required }
        return isAcceptedEverywhere && isKnownByNodes ? .required : .accepted
    }

    /// Whether a node is to speak TLS: one that does goes on; the others follow when the members' peers have moved.
    func isUsed(by node: NodeName) -> Bool {
        if scope.container(node.container).map(EtcdTransport.isUsed) == true || listening == .required { return true }
        let store = EtcdStore(scope)
        return isAcceptedEverywhere && store.membership != nil && !store.hasPlainPeers
    }

    private static func isUsed(_ seen: ContainerView) -> Bool {
        seen.labels.value(of: Label.etcdTLS) == EtcdTransport.used
    }
}
