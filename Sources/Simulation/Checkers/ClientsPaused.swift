internal import Model

/// I18: a primary shuts down or is restarted only behind poolers that pause their clients, and the pause is short.
struct ClientsPaused: Checker {
    let invariant = "I18 clients paused"
    /// What may come together in the worst case: the longest hold, a slow look, a slow step.
    private static let limit: Duration = .seconds(20)
    private var servingSince: Duration?

    init() {}

    func acted(_ performed: PerformedEffect) -> String? {
        if case .patroni(let node, .restart) = performed.effect, performed.isDone, works(node, performed) {
            return whoLetsIn(performed).map { "\(node) is restarted while \($0) lets clients in" }
        }
        guard case .docker(_, .shutdownPrimary) = performed.effect, performed.isDone,
            let node = performed.container?.node
        else {
            return nil
        }
        if let pooler = whoLetsIn(performed) { return "\(node.name) shuts down while \(pooler) lets clients in" }
        guard
            case .json(let json)? = performed.before.store?.key(SwitchoverRecord.key(of: performed.cluster.name))?.value,
            let candidate = json["to"]?.string.map({ NodeName($0) })
        else { return nil }
        guard !follows(candidate, node.name, performed.before), !follows(candidate, node.name, performed.known) else {
            return nil
        }
        return "\(node.name) shuts down for \(candidate), which does not follow it"
    }

    /// A pooler that does not pause its clients, by what is and by what could be seen.
    private func whoLetsIn(_ performed: PerformedEffect) -> ContainerName? {
        guard performed.cluster.pooler.mode != .session else { return nil }
        let pooler = writers(performed.before).first { pooler in
            guard pooler.pooler?.isPaused == false else { return false }
            return writers(performed.known).first { $0.id == pooler.id }?.pooler?.isPaused != true
        }
        return pooler?.name
    }

    /// Whether it takes writes, by what is and by what could be seen.
    private func works(_ node: NodeName, _ performed: PerformedEffect) -> Bool {
        [performed.before, performed.known].allSatisfy { universe in
            universe.index(of: node).map { index in
                universe.engine.containers[index].node?.isWritable == true && universe.leads(index)
            } == true
        }
    }

    mutating func passed(_ universe: Universe) -> String? {
        let serves = universe.engine.containers.indices.contains { index in
            universe.engine.containers[index].node?.isWritable == true && universe.leads(index)
                && universe.isReachable(index)
        }
        servingSince = serves ? servingSince ?? universe.now : nil
        guard let servingSince, universe.now - servingSince > .seconds(8),
            universe.now - universe.obstacleAt > ClientsPaused.limit
        else { return nil }
        let stuck = writers(universe).first { container in
            container.state.isRunning && universe.isConnected(container)
                && container.pooler?.pausedAt.map { universe.now - $0 > ClientsPaused.limit } == true
        }
        return stuck.map { "\($0.name) has paused its clients for more than \(ClientsPaused.limit.milliseconds) ms" }
    }

    private func writers(_ universe: Universe) -> [SimulatedContainer] {
        universe.engine.containers.filter {
            $0.component == .pooler && $0.owner == universe.scope.text && $0.pooler != nil && !$0.home.hasSuffix("-ro")
        }
    }

    private func follows(_ candidate: NodeName, _ leader: NodeName, _ universe: Universe) -> Bool {
        guard let place = universe.index(of: candidate), let source = universe.index(of: leader) else { return false }
        guard case .synchronous(let key)? = universe.store?.key(universe.prefix + "sync")?.value else { return false }
        return key.standbys.contains(candidate) && universe.isStreaming(place, from: source)
    }
}
