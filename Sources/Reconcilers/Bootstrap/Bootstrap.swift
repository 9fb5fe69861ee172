public import Model

/// Gives a store that was lost its memory back, from the data that survived on the nodes (faults E05 and E06): the
/// system identifier first, so that no node can ever be initialised anew in its place.
public struct Bootstrap: Reconciler {
    /// Its name in plans and events.
    public let name = "bootstrap"
    /// Creates the planner.
    public init() {}

    /// Two conditional writes, only when every node volume was seen.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        let contents = input.cluster.nodeNames.map { DataContent($0, at: scope) }
        let history = History(scope, store: EtcdStore(scope))
        if case .present(let dcs) = input.observation.dcs, dcs.leader == nil, case .unborn = history,
            dcs.initialize == "" || contents.contains(.fragment)
        {
            return resume(dcs, at: scope)
        }
        guard case .forgotten(let identifier) = history else { return Proposal() }
        guard !contents.contains(.unseen), !contents.contains(.running) else {
            return Proposal(waiting: ["a look into every node volume"], lookAgain: .milliseconds(500))
        }
        let prefix = input.cluster.dcsPrefix
        let configuration = DynamicConfiguration.desired(for: input.cluster).text
        return Proposal(
            actions: [
                Action(
                    .etcd(.putIfAbsent(key: prefix + "config", value: configuration)), on: .leadership,
                    because: .unknownToStore),
                Action(
                    .etcd(.putIfAbsent(key: prefix + "initialize", value: identifier)), on: .leadership,
                    because: .unknownToStore),
            ],
            waiting: ["etcd to know the cluster again"], lookAgain: .milliseconds(250))
    }

    /// An initialisation that was cut off (fault C18) leaves an empty key and half a data directory, and Patroni would
    /// wait for its end for ever: the half gets out of the way into a volume that is kept, then the key goes.
    private func resume(_ dcs: DCSView, at scope: EngineScope) -> Proposal {
        var proposal = Proposal(waiting: ["the first node to be initialised"], lookAgain: .milliseconds(250))
        var isIdle = true
        for node in scope.cluster.nodeNames {
            switch DataContent(node, at: scope) {
            case .data, .unseen: return proposal
            case .nothing: break
            case .running:
                // one that says nothing may be the one that initialises
                guard case .present(let member) = scope.input.observation.member(node) else { return proposal }
                switch member.state {
                case .initializing, .starting, .running, .cloning: return proposal
                case .stopped, .failed, .other:
                    if hasJustStarted(node, at: scope) { return proposal }
                }
            case .fragment:
                isIdle = false
                proposal.actions += VolumeRetirement.renew(node, why: "its initialisation was cut off", at: scope)
            }
        }
        if isIdle, let revision = dcs.initializeRevision {
            proposal.actions.append(
                Action(
                    .etcd(.deleteKey(key: scope.cluster.dcsPrefix + "initialize", modRevision: revision)),
                    on: .leadership, because: .halfInitialised))
        }
        return proposal
    }

    /// Whether a node's container is so young that its Patroni may be about to initialise the cluster.
    private func hasJustStarted(_ node: NodeName, at scope: EngineScope) -> Bool {
        guard case .running(let startedAt) = scope.container(node.container)?.state, let start = Timestamp(startedAt)
        else { return false }
        return abs((Timestamp(scope.input.now) - start) / .seconds(1)) < 20
    }
}
