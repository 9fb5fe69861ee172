internal import Model

/// I7: a primary that works is never interrupted before it has handed over, and never two nodes at once.
struct ReplicasFirst: Checker {
    let invariant = "I7 replicas first"

    func acted(_ performed: PerformedEffect) -> String? {
        guard performed.isDone, let name = interrupted(performed) else { return nil }
        // without any etcd data left there is nothing to hand over through
        if !performed.before.engine.volumes.contains(where: { $0.content.etcd != nil }) { return nil }
        let wanted = performed.cluster.nodeNames
        if works(name, asPrimaryIn: performed.before), works(name, asPrimaryIn: performed.known), wanted.count > 1,
            !lowersLimits(name, performed)
        {
            return "\(performed.effect.line) interrupts the primary \(name)"
        }
        guard wanted.contains(name), works(name, in: performed.before), works(name, in: performed.known) else {
            return nil
        }
        let inMaintenance = performed.before.nodesInMaintenance.filter {
            performed.known.nodesInMaintenance.contains($0) && $0 != name
        }
        let counted = wanted.filter { $0 != name && !inMaintenance.contains($0) }
        let broken = counted.first { !works($0, in: performed.before) && !seemsToWork($0, in: performed.known) }
        if broken == nil, !inMaintenance.isEmpty,
            !counted.contains(where: { follows($0, in: performed.before) || follows($0, in: performed.known) })
        {
            return
                "\(performed.effect.line) interrupts \(name) while a person works at \(inMaintenance[0]) and no other node follows"
        }
        return broken.map { "\(performed.effect.line) interrupts \(name) while \($0) is down" }
    }

    private func interrupted(_ performed: PerformedEffect) -> NodeName? {
        switch performed.effect {
        case .docker(_, .disconnect(let network, _)) where !performed.cutsOff(from: network): return nil
        case .docker(_, .stop), .docker(_, .kill), .docker(_, .disconnect):
            return performed.container?.node?.name
        case .patroni(let node, .restart): return node
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
    }

    /// A limit that no standby may be below becomes lower on the primary first, in its place.
    private func lowersLimits(_ name: NodeName, _ performed: PerformedEffect) -> Bool {
        guard case .patroni(_, .restart) = performed.effect, let index = performed.known.index(of: name) else {
            return false
        }
        return performed.known.engine.containers[index].node?.pendingParameters.contains(where: \.isLoweredLimit)
            == true
    }

    private func works(_ name: NodeName, asPrimaryIn universe: Universe) -> Bool {
        guard let index = universe.index(of: name), let node = universe.engine.containers[index].node else {
            return false
        }
        return node.isWritable && universe.isReachable(index) && universe.leads(index) && !node.isHung
    }

    private func follows(_ name: NodeName, in universe: Universe) -> Bool {
        works(name, in: universe) && !works(name, asPrimaryIn: universe)
    }

    /// What a look can tell: data that vanished under a running PostgreSQL shows only when that stumbles over it.
    private func seemsToWork(_ name: NodeName, in universe: Universe) -> Bool {
        if works(name, in: universe) { return true }
        guard let index = universe.index(of: name), let node = universe.engine.containers[index].node else {
            return false
        }
        return node.server == .replica && node.job == nil && node.upstream != nil && !node.isHung
            && universe.isReachable(index) && universe.directory(of: index) == nil
    }

    private func works(_ name: NodeName, in universe: Universe) -> Bool {
        if works(name, asPrimaryIn: universe) { return true }
        // a node whose Patroni hangs does not do its part, though its PostgreSQL still streams
        guard let index = universe.index(of: name), universe.engine.containers[index].node?.isHung == false else {
            return false
        }
        return universe.engine.containers.indices.contains { universe.isStreaming(index, from: $0) }
    }
}
