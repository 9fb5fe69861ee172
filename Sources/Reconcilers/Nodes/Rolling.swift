import Model

/// Changes that interrupt a node: one node at a time, replicas first, the primary last and after a switchover, and
/// only while all others are healthy (invariant I7).
enum Rolling {
    static func propose(_ roster: Roster) -> Proposal {
        guard !roster.isPaused, !roster.isSwitching else { return Proposal() }
        if let handover = roster.dcs?.handover {
            return Proposal(waiting: ["the switchover \(handover.words)"], lookAgain: .milliseconds(250))
        }
        if let record = roster.dcs?.switchover, record.stage == .holding {
            return Proposal(waiting: [record.phrase])
        }
        let surplus = removeSurplus(roster)
        if !surplus.actions.isEmpty || !surplus.waiting.isEmpty { return surplus }
        guard let node = first(roster), let need = need(of: node, roster) else { return abdicate(roster) }
        guard roster.dcs != nil else {
            return Proposal(waiting: ["a look at who leads, before \(node.name) is interrupted"])
        }
        guard roster.othersAreHealthy(than: node.name) else {
            let held = roster.nodes.first { $0.isHeld && $0.name != node.name }
            let whom = held.map { "another replica than \($0.name), which is in maintenance" } ?? "healthy other nodes"
            return Proposal(waiting: ["\(whom), before \(node.name) is interrupted"])
        }
        if case .restart = need, node.isLeader, roster.parametersAreFresh {
            return Proposal(waiting: ["every node to read the new parameters"], lookAgain: .seconds(1))
        }
        // a primary that lowers its limits stays in its place; a standby may wait for just that. And one that cannot replay
        // before it is restarted is nobody's synchronous standby
        let isAwaited = node.isLeader ? node.lowersLimits : roster.cannotReplay(node)
        guard !node.isHealthy || isAwaited || roster.missingStandbys == 0 else {
            return Proposal(waiting: ["a synchronous standby, before \(node.name) is interrupted"])
        }
        return interrupt(node, for: need, roster: roster)
    }

    /// Whose turn it is: the leader last; a node that is broken anyway first.
    static func first(_ roster: Roster) -> NodeView? {
        roster.nodes.filter { !$0.isHeld && need(of: $0, roster) != nil }
            .min { rank($0, roster) < rank($1, roster) }
    }

    /// Why a node must be interrupted, and how.
    private enum Need {
        case renewal(Reason)
        case restart(Reason)
    }

    /// Whether a node is to be interrupted for what the manifest wants.
    static func isDue(_ node: NodeView, _ roster: Roster) -> Bool { why(node, roster) != nil }

    /// What it is to be interrupted for.
    static func why(_ node: NodeView, _ roster: Roster) -> Reason? {
        switch need(of: node, roster) {
        case .renewal(let reason), .restart(let reason): reason
        case nil: nil
        }
    }

    /// Whether a primary is to leave its place for what the manifest wants.
    static func wantsToMove(_ name: NodeName, _ roster: Roster) -> Bool {
        guard let node = roster.nodes.first(where: { $0.name == name }) else { return true }
        guard roster.nodes.count > 1 else { return false }
        if roster.site.cluster.tags(of: name).nofailover { return true }
        switch need(of: node, roster) {
        case .renewal: return true
        case .restart: return !node.lowersLimits
        case nil: return false
        }
    }

    /// Whether a primary is to be restarted where it is: it is the only node; or a new one would have the old limits, and
    /// the old one as its standby could not be below them.
    static func wantsToRestart(_ name: NodeName, _ roster: Roster) -> Bool {
        guard let node = roster.nodes.first(where: { $0.name == name }), roster.gainsByRestart(node) else {
            return false
        }
        return node.lowersLimits || roster.nodes.count == 1
    }

    private static func need(of node: NodeView, _ roster: Roster) -> Need? {
        switch node.group {
        case .outdated(let seen, let differences) where seen.state.isAlive:
            return .renewal(.settingsDiffer(differences))
        case .running where roster.gainsByRestart(node):
            return .restart(.restartPending(node.pendingNames))
        case .missing, .foreign, .removing, .renamed, .outdated, .paused, .restarting, .adjustable, .disconnected,
            .unread, .misfiled, .startable, .running:
            return nil
        }
    }

    private static func rank(_ node: NodeView, _ roster: Roster) -> (Int, NodeName) {
        (node.isLeader ? 2 : node.isHealthy && !roster.cannotReplay(node) ? 1 : 0, node.name)
    }

    private static func interrupt(_ node: NodeView, for need: Need, roster: Roster) -> Proposal {
        let site = roster.site
        let reason =
            switch need {
            case .renewal(let reason), .restart(let reason): reason
            }
        if case .renewal = need, site.strangeMajor != nil {
            return Proposal(waiting: ["an image of PostgreSQL \(site.cluster.postgres.version), for \(node.name)"])
        }
        if case .renewal = need, let missing = Rolling.fetchImage(of: node, at: site) { return missing }
        if node.isLeader {
            if case .restart = need, wantsToRestart(node.name, roster) {
                return restartBehindPoolers(node, because: reason, roster: roster)
            }
            if roster.nodes.count > 1 { return handOver(from: node, because: reason.sentence, roster: roster) }
        }
        switch need {
        case .renewal:
            guard let seen = node.container else { return Proposal() }
            return Proposal(actions: [
                Action(.docker(site.engineID, .stop(seen.id)), on: site.subject(node.name.container), because: reason)
            ])
        case .restart: return restart(node, because: reason)
        }
    }

    private static func restart(_ node: NodeView, because reason: Reason) -> Proposal {
        Proposal(actions: [Action(.patroni(node.name, .restart), on: .node(node.name), because: reason)])
    }

    /// Clients are held where that is possible.
    private static func restartBehindPoolers(_ node: NodeView, because reason: Reason, roster: Roster) -> Proposal {
        guard roster.site.cluster.canHoldClients else { return restart(node, because: reason) }
        if let record = roster.dcs?.switchover { return Proposal(waiting: [record.phrase]) }
        return Proposal(actions: [
            Switchovers.request(from: node.name, to: node.name, because: reason.sentence, scene: roster.site.scene)
        ])
    }

    /// Nothing is stopped for an image that is not there.
    private static func fetchImage(of node: NodeView, at site: Site) -> Proposal? {
        let image = node.spec.image
        if case .present = site.engine.image(image) { return nil }
        var proposal = Proposal()
        node.spec.fetchImage(at: site, into: &proposal)
        return proposal
    }

    /// A primary that the manifest keeps from leading hands over while all is well: once it has stopped, it would not
    /// take the lead again, and without a standby nobody would.
    private static func abdicate(_ roster: Roster) -> Proposal {
        guard let leader = roster.leader, leader.isServing, !leader.isHeld, roster.nodes.count > 1,
            roster.site.cluster.tags(of: leader.name).nofailover
        else { return Proposal() }
        guard roster.othersAreHealthy(than: leader.name), roster.missingStandbys == 0 else {
            return Proposal(waiting: ["healthy other nodes, before \(leader.name) hands over"])
        }
        return handOver(from: leader, because: "\(leader.name) is tagged nofailover", roster: roster)
    }

    static func handOver(from node: NodeView, because why: String, roster: Roster) -> Proposal {
        if let record = roster.dcs?.switchover { return Proposal(waiting: [record.phrase]) }
        let wanted = roster.site.cluster.nodeNames
        let ready = roster.successors(of: node.name).filter { $0.isStreaming && !$0.isHeld && wanted.contains($0.name) }
        guard let target = ready.first else {
            return Proposal(waiting: ["a standby that \(node.name) can hand over to"], lookAgain: .seconds(1))
        }
        if roster.isPooled(target.name) {
            return Proposal(actions: [Switchovers.request(from: node.name, because: why, scene: roster.site.scene)])
        }
        return Proposal(actions: [
            Action(
                .patroni(node.name, .switchover(from: node.name, to: roster.named(target))), on: .leadership,
                because: .handOver(why))
        ])
    }

    /// Nodes that the manifest does not name any more: the highest first; never the primary, never its volume.
    private static func removeSurplus(_ roster: Roster) -> Proposal {
        let site = roster.site
        let wanted = site.cluster.nodeNames.map(\.text)
        let surplus = site.containers(of: .node).filter { !wanted.contains($0.labels.value(of: Label.name) ?? "") }
        let free = surplus.filter { !site.scene.isHeld($0.ownName.node) }
        guard let seen = free.last else { return Proposal() }
        let name = seen.ownName.node
        let subject = site.subject(seen.name)
        guard seen.state.isAlive else {
            let records = (roster.dcs?.retired ?? []).map(\.volume)
            let unrecorded = seen.settings.mounts.first {
                $0.destination == NodeSpec.dataMount && !records.contains($0.volume)
            }
            // until somebody leads, it may be needed for the election
            guard let leader = roster.leader, leader.isServing, leader.name != name else {
                return Proposal(waiting: ["a leader among the nodes that stay, before \(name) goes"])
            }
            if let volume = unrecorded?.volume {
                return Proposal(actions: [
                    Retirement.record(volume, why: "the manifest does not ask for \(name) any more", scene: site.scene)
                ])
            }
            return Proposal(actions: [
                Action(.docker(site.engineID, .remove(seen.id)), on: subject, because: .surplus)
            ])
        }
        guard roster.nodes.allSatisfy({ $0.isHealthy || $0.isHeld || $0.isUp && !$0.isLeader }) else {
            return Proposal(waiting: ["healthy remaining nodes, before \(name) leaves"])
        }
        if roster.dcs?.leader?.node == name {
            return handOver(from: NodeView(name, at: site), because: "\(name) leaves", roster: roster)
        }
        guard roster.leader?.isServing == true else {
            return Proposal(waiting: ["a leader among the nodes that stay, before \(name) leaves"])
        }
        return Proposal(actions: [Action(.docker(site.engineID, .stop(seen.id)), on: subject, because: .surplus)])
    }
}
