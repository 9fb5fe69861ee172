import Model

/// Changes that interrupt a node: one node at a time, replicas first, the primary last and after a switchover, and
/// only while all others are healthy (invariant I7).
enum RollingUpdate {
    static func propose(_ nodeSet: NodeSet) -> Proposal {
        guard !nodeSet.isPaused, !nodeSet.isSwitching else { return Proposal() }
        if let handover = nodeSet.dcs?.handover {
            return Proposal(waiting: ["the switchover \(handover.words)"], lookAgain: .milliseconds(250))
        }
        if let record = nodeSet.dcs?.switchover, record.pausesClients {
            return Proposal(waiting: [record.phrase])
        }
        let surplus = removeSurplus(nodeSet)
        if !surplus.actions.isEmpty || !surplus.waiting.isEmpty { return surplus }
        guard let node = first(nodeSet), let need = need(of: node, nodeSet) else { return abdicate(nodeSet) }
        guard nodeSet.dcs != nil else {
            return Proposal(waiting: ["a look at who leads, before \(node.name) is interrupted"])
        }
        guard nodeSet.othersAreHealthy(than: node.name) else {
            let inMaintenance = nodeSet.nodes.first { $0.isInMaintenance && $0.name != node.name }
            let whom =
                inMaintenance.map { "another replica than \($0.name), which is in maintenance" }
                ?? "healthy other nodes"
            return Proposal(waiting: ["\(whom), before \(node.name) is interrupted"])
        }
        if case .restart = need, node.isLeader, nodeSet.parametersAreFresh {
            return Proposal(waiting: ["every node to read the new parameters"], lookAgain: .seconds(1))
        }
        // a primary that lowers its limits stays in its place; a standby may wait for just that. And one that cannot replay
        // before it is restarted is no synchronous standby
        let isAwaited = node.isLeader ? node.lowersLimits : nodeSet.cannotReplay(node)
        guard !node.isHealthy || isAwaited || nodeSet.missingStandbys == 0 else {
            return Proposal(waiting: ["a synchronous standby, before \(node.name) is interrupted"])
        }
        return interrupt(node, for: need, nodeSet: nodeSet)
    }

    /// Whose turn it is: the leader last; a node that is broken anyway first.
    static func first(_ nodeSet: NodeSet) -> NodeView? {
        nodeSet.nodes.filter { !$0.isInMaintenance && need(of: $0, nodeSet) != nil }
            .min { rank($0, nodeSet) < rank($1, nodeSet) }
    }

    /// Why a node must be interrupted, and how.
    private enum Need {
        case renewal(Reason)
        case restart(Reason)
    }

    /// Whether a node is to be interrupted for what the manifest wants, and not only because a person asked for it.
    static func isDue(_ node: NodeView, _ nodeSet: NodeSet) -> Bool {
        switch why(node, nodeSet) {
        case nil, .requested: false
        case .some: true
        }
    }

    /// What it is to be interrupted for.
    static func why(_ node: NodeView, _ nodeSet: NodeSet) -> Reason? {
        switch need(of: node, nodeSet) {
        case .renewal(let reason), .restart(let reason): reason
        case nil: nil
        }
    }

    /// Whether a primary is to leave its place for what the manifest wants.
    static func wantsToMove(_ name: NodeName, _ nodeSet: NodeSet) -> Bool {
        guard let node = nodeSet.nodes.first(where: { $0.name == name }) else { return true }
        guard nodeSet.nodes.count > 1 else { return false }
        if nodeSet.scope.cluster.tags(of: name).nofailover { return true }
        switch need(of: node, nodeSet) {
        case .renewal: return true
        case .restart: return !node.lowersLimits
        case nil: return false
        }
    }

    /// Whether a primary is to be restarted where it is: it is the only node; or a new one would have the old limits, and
    /// the old one as its standby could not be below them.
    static func wantsToRestart(_ name: NodeName, _ nodeSet: NodeSet) -> Bool {
        guard let node = nodeSet.nodes.first(where: { $0.name == name }), nodeSet.gainsByRestart(node) else {
            return false
        }
        return node.lowersLimits || nodeSet.nodes.count == 1
    }

    private static func need(of node: NodeView, _ nodeSet: NodeSet) -> Need? {
        switch node.group {
        case .outdated(let seen, let differences) where seen.state.isAlive:
            return .renewal(.settingsDiffer(differences))
        case .running where nodeSet.isToReinit(node):
            return .renewal(.requested(node.request?.text ?? ""))
        case .running where nodeSet.gainsByRestart(node):
            guard let request = node.request, node.isRestartRequested else {
                return .restart(.restartPending(node.pendingNames))
            }
            return .restart(.requested(request.text))
        case .missing, .foreign, .removing, .renamed, .outdated, .paused, .restarting, .adjustable, .disconnected,
            .unread,
            .misfiled, .startable, .running:
            return nil
        }
    }

    private static func rank(_ node: NodeView, _ nodeSet: NodeSet) -> (Int, NodeName) {
        (node.isLeader ? 2 : node.isHealthy && !nodeSet.cannotReplay(node) ? 1 : 0, node.name)
    }

    private static func interrupt(_ node: NodeView, for need: Need, nodeSet: NodeSet) -> Proposal {
        let scope = nodeSet.scope
        let reason =
            switch need {
            case .renewal(let reason), .restart(let reason): reason
            }
        if case .renewal = need, scope.strangeMajor != nil {
            return Proposal(waiting: ["an image of PostgreSQL \(scope.cluster.postgres.version), for \(node.name)"])
        }
        if case .renewal = need, let missing = RollingUpdate.fetchImage(of: node, at: scope) { return missing }
        if node.isLeader {
            if case .restart = need, wantsToRestart(node.name, nodeSet) {
                return restartBehindPoolers(node, because: reason, nodeSet: nodeSet)
            }
            if nodeSet.nodes.count > 1 { return handOver(from: node, because: reason.sentence, nodeSet: nodeSet) }
        }
        switch need {
        case .renewal:
            guard let seen = node.container else { return Proposal() }
            return Proposal(actions: [
                Action(.docker(scope.engineID, .stop(seen.id)), on: scope.subject(node.name.container), because: reason)
            ])
        case .restart: return restart(node, because: reason)
        }
    }

    private static func restart(_ node: NodeView, because reason: Reason) -> Proposal {
        Proposal(actions: [
            Action(.patroni(node.name, .restart(startedAt: node.startToEnd)), on: .node(node.name), because: reason)
        ])
    }

    /// Clients are paused where that is possible.
    private static func restartBehindPoolers(_ node: NodeView, because reason: Reason, nodeSet: NodeSet) -> Proposal {
        guard nodeSet.scope.cluster.canPauseClients else { return restart(node, because: reason) }
        if let record = nodeSet.dcs?.switchover { return Proposal(waiting: [record.phrase]) }
        return Proposal(actions: [
            Switchovers.request(from: node.name, to: node.name, because: reason.sentence, input: nodeSet.scope.input)
        ])
    }

    /// Nothing is stopped for an image that is not there.
    private static func fetchImage(of node: NodeView, at scope: EngineScope) -> Proposal? {
        let image = node.spec.image
        if case .present = scope.engine.image(image) { return nil }
        var proposal = Proposal()
        node.spec.fetchImage(at: scope, into: &proposal)
        return proposal
    }

    /// A primary that the manifest keeps from leading hands over while all is well: once it has stopped, it would not
    /// take the lead again, and without a standby no node would.
    private static func abdicate(_ nodeSet: NodeSet) -> Proposal {
        guard let leader = nodeSet.leader, leader.isServing, !leader.isInMaintenance, nodeSet.nodes.count > 1,
            nodeSet.scope.cluster.tags(of: leader.name).nofailover
        else { return Proposal() }
        guard nodeSet.othersAreHealthy(than: leader.name), nodeSet.missingStandbys == 0 else {
            return Proposal(waiting: ["healthy other nodes, before \(leader.name) hands over"])
        }
        return handOver(from: leader, because: "\(leader.name) is tagged nofailover", nodeSet: nodeSet)
    }

    static func handOver(from node: NodeView, because why: String, nodeSet: NodeSet) -> Proposal {
        if let record = nodeSet.dcs?.switchover { return Proposal(waiting: [record.phrase]) }
        let wanted = nodeSet.scope.cluster.nodeNames
        let ready = nodeSet.successors(of: node.name).filter {
            $0.isStreaming && !$0.isInMaintenance && wanted.contains($0.name)
        }
        guard let target = ready.first else {
            return Proposal(waiting: ["a standby that \(node.name) can hand over to"], lookAgain: .seconds(1))
        }
        if nodeSet.canHandOverBehindPoolers(to: target.name) {
            return Proposal(actions: [Switchovers.request(from: node.name, because: why, input: nodeSet.scope.input)])
        }
        return Proposal(actions: [
            Action(
                .patroni(node.name, .switchover(from: node.name, to: nodeSet.named(target))), on: .leadership,
                because: .handOver(why))
        ])
    }

    /// Nodes that the manifest does not name any more: the highest first; never the primary, never its volume.
    private static func removeSurplus(_ nodeSet: NodeSet) -> Proposal {
        let scope = nodeSet.scope
        let wanted = scope.cluster.nodeNames.map(\.text)
        let surplus = scope.containers(of: .node).filter { !wanted.contains($0.labels.value(of: Label.name) ?? "") }
        let free = surplus.filter { !scope.input.isInMaintenance($0.ownName.node) }
        guard let seen = free.last else { return Proposal() }
        let name = seen.ownName.node
        let subject = scope.subject(seen.name)
        guard seen.state.isAlive else {
            let records = (nodeSet.dcs?.retired ?? []).map(\.volume)
            let unrecorded = seen.settings.mounts.first {
                $0.destination == NodeSpec.dataMount && !records.contains($0.volume)
            }
            // until somebody leads, it may be needed for the election
            guard let leader = nodeSet.leader, leader.isServing, leader.name != name else {
                return Proposal(waiting: ["a leader among the nodes that stay, before \(name) goes"])
            }
            if let volume = unrecorded?.volume {
                return Proposal(actions: [
                    VolumeRetirement.record(
                        volume, why: "the manifest does not ask for \(name) any more", input: scope.input)
                ])
            }
            return Proposal(actions: [
                Action(.docker(scope.engineID, .remove(seen.id)), on: subject, because: .surplus)
            ])
        }
        guard nodeSet.nodes.allSatisfy({ $0.isHealthy || $0.isInMaintenance || $0.isUp && !$0.isLeader }) else {
            return Proposal(waiting: ["healthy remaining nodes, before \(name) leaves"])
        }
        if nodeSet.dcs?.leader?.node == name {
            return handOver(from: NodeView(name, at: scope), because: "\(name) leaves", nodeSet: nodeSet)
        }
        guard nodeSet.leader?.isServing == true else {
            return Proposal(waiting: ["a leader among the nodes that stay, before \(name) leaves"])
        }
        return Proposal(actions: [Action(.docker(scope.engineID, .stop(seen.id)), on: subject, because: .surplus)])
    }
}
