internal import Model

/// I18: a primary stands down or is restarted only behind poolers that hold their clients, and nobody is held for long.
struct ClientsHeld: Checker {
    let invariant = "I18 clients held"
    /// What may come together in the worst case: the longest hold, a slow look, a slow step.
    private static let limit: Duration = .seconds(20)
    private var servingSince: Duration?

    init() {}

    func acted(_ deed: Deed) -> String? {
        if case .patroni(let node, .restart) = deed.effect, deed.isDone, works(node, deed) {
            return whoLetsIn(deed).map { "\(node) is restarted while \($0) lets clients in" }
        }
        guard case .docker(_, .standDown) = deed.effect, deed.isDone, let node = deed.container?.node else {
            return nil
        }
        if let pooler = whoLetsIn(deed) { return "\(node.name) stands down while \(pooler) lets clients in" }
        guard case .json(let json)? = deed.before.store?.key(SwitchoverRecord.key(of: deed.cluster.name))?.value,
            let heir = json["to"]?.string.map({ NodeName($0) })
        else { return nil }
        guard !follows(heir, node.name, deed.before), !follows(heir, node.name, deed.known) else { return nil }
        return "\(node.name) stands down for \(heir), which does not follow it"
    }

    /// A pooler that does not hold its clients, by what is and by what could be seen.
    private func whoLetsIn(_ deed: Deed) -> ContainerName? {
        guard deed.cluster.pooler.mode != .session else { return nil }
        let pooler = writers(deed.before).first { pooler in
            guard pooler.pooler?.isPaused == false else { return false }
            return writers(deed.known).first { $0.id == pooler.id }?.pooler?.isPaused != true
        }
        return pooler?.name
    }

    /// Whether it takes writes, by what is and by what could be seen.
    private func works(_ node: NodeName, _ deed: Deed) -> Bool {
        [deed.before, deed.known].allSatisfy { universe in
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
            universe.now - universe.obstacleAt > ClientsHeld.limit
        else { return nil }
        let stuck = writers(universe).first { container in
            container.state.isRunning && universe.isConnected(container)
                && container.pooler?.pausedAt.map { universe.now - $0 > ClientsHeld.limit } == true
        }
        return stuck.map { "\($0.name) has held its clients for more than \(ClientsHeld.limit.milliseconds) ms" }
    }

    private func writers(_ universe: Universe) -> [SimulatedContainer] {
        universe.engine.containers.filter {
            $0.component == .pooler && $0.owner == universe.scope.text && $0.pooler != nil && !$0.home.hasSuffix("-ro")
        }
    }

    private func follows(_ heir: NodeName, _ leader: NodeName, _ universe: Universe) -> Bool {
        guard let place = universe.index(of: heir), let source = universe.index(of: leader) else { return false }
        guard case .synchronous(let key)? = universe.store?.key(universe.prefix + "sync")?.value else { return false }
        return key.standbys.contains(heir) && universe.isStreaming(place, from: source)
    }
}
