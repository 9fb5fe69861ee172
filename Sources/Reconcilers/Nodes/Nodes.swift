public import Model

/// Keeps the PostgreSQL node containers: creates and starts them, rolls changes through them one at a time,
/// and wakes Patroni when what it waits for has become true.
public struct Nodes: Reconciler {
    /// Its name in plans and events.
    public let name = "nodes"
    /// Creates the planner.
    public init() {}

    /// Constructive steps for every node, and at most one interruption.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        let nodeSet = NodeSet(scope)
        var proposal = Proposal()
        for node in nodeSet.nodes where !node.isInMaintenance {
            if let wait = refuseImage(node, scope: scope) {
                proposal.add(wait)
                continue
            }
            proposal.add(
                reattach(node, nodeSet: nodeSet)
                    ?? node.spec.reconcile(at: scope, group: node.group, mayStart: nodeSet.obstacle(for: node)?.words))
            proposal.add(thaw(node, nodeSet: nodeSet))
            proposal.add(fence(node, nodeSet: nodeSet))
            proposal.add(rebuild(node, nodeSet: nodeSet))
            proposal.add(reload(node, scope: scope))
        }
        for node in nodeSet.surplus where !node.isInMaintenance {
            proposal.add(thaw(node, nodeSet: nodeSet))
            proposal.add(fence(node, nodeSet: nodeSet))
            proposal.add(recall(node, nodeSet: nodeSet))
        }
        proposal.add(stand(nodeSet))
        proposal.add(PatroniWakeups.propose(nodeSet))
        proposal.add(NodeRequests.propose(nodeSet))
        proposal.add(RollingUpdate.propose(nodeSet))
        NodeReport.add(nodeSet, to: &proposal)
        return proposal
    }

    /// Nothing is made from an image with another major version, and nothing made way for.
    private func refuseImage(_ node: NodeView, scope: EngineScope) -> Proposal? {
        guard scope.strangeMajor != nil else { return nil }
        let wait = Proposal(waiting: ["an image of PostgreSQL \(scope.cluster.postgres.version), for \(node.name)"])
        switch node.group {
        case .missing: return wait
        case .outdated(let seen, _) where !seen.state.isAlive: return wait
        case .startable(let seen) where seen.image == scope.cluster.nodes.image: return wait
        case .foreign, .removing, .renamed, .outdated, .paused, .restarting, .adjustable, .disconnected, .unread,
            .misfiled, .startable, .running:
            return nil
        }
    }

    /// A node that was cut off gets its endpoint while it is down, but a leader at once, because its lease still holds;
    /// unless the network is a new one: then every address that it remembers is wrong.
    private func reattach(_ node: NodeView, nodeSet: NodeSet) -> Proposal? {
        guard case .disconnected(let seen) = node.group, seen.state.isAlive, !nodeSet.isPaused else { return nil }
        guard nodeSet.dcs != nil else { return Proposal(waiting: ["etcd, before \(node.name) is connected"]) }
        guard node.isLeader else { return Proposal(actions: [node.spec.rest(seen, at: nodeSet.scope)]) }
        guard let network = nodeSet.scope.network, seen.hasOutlived(network) else { return nil }
        return Proposal(actions: [node.spec.rest(seen, gently: true, at: nodeSet.scope)])
    }

    /// A paused node thaws, unless somebody else leads by now: a frozen primary must not wake up as a second one.
    private func thaw(_ node: NodeView, nodeSet: NodeSet) -> Proposal {
        guard case .paused(let seen) = node.group, let dcs = nodeSet.dcs else { return Proposal() }
        let wasPrimary = dcs.synchronous?.leader == node.name || node.key?.role == "primary"
        let isSafe = node.isLeader || (dcs.leader != nil && !wasPrimary)
        let effect: DockerEffect = isSafe ? .unpause(seen.id) : .kill(seen.id)
        return Proposal(actions: [
            Action(
                .docker(nodeSet.scope.engineID, effect), on: nodeSet.scope.subject(node.name.container),
                because: .paused)
        ])
    }

    /// A node that the manifest does not name any more may have what an election needs: while there is no leader, it is
    /// connected and started like the others, and leaves when somebody does.
    private func recall(_ node: NodeView, nodeSet: NodeSet) -> Proposal {
        guard case .born = nodeSet.history, let dcs = nodeSet.dcs, dcs.leader == nil else { return Proposal() }
        if let rest = reattach(node, nodeSet: nodeSet) { return rest }
        let scope = nodeSet.scope
        guard let seen = node.container, !seen.state.isAlive, let network = scope.network else { return Proposal() }
        func act(_ effect: DockerEffect, _ reason: Reason) -> Proposal {
            Proposal(actions: [
                Action(.docker(scope.engineID, effect), on: scope.subject(node.name.container), because: reason)
            ])
        }
        guard seen.isAttached(to: network) else {
            let names = node.spec.names(in: network.name)
            return act(.connect(network.id, seen.id, aliases: names), .disconnected(network.name))
        }
        if let obstacle = nodeSet.obstacle(for: node) {
            return Proposal(waiting: ["\(node.name) waits for \(obstacle.words)"])
        }
        return act(.start(seen.id), seen.startReason)
    }

    /// When etcd has lost everything it knew, an empty one may only be bootstrapped while no node runs; the primary stops
    /// last: then no replica has WAL that the primary lacks.
    private func stand(_ nodeSet: NodeSet) -> Proposal {
        let scope = nodeSet.scope
        guard scope.store.isNotBootstrapped else { return Proposal() }
        if nodeSet.nodes.contains(where: { $0.member.value?.isPaused == true }) {
            return Proposal(waiting: ["a person: etcd has lost everything, and the nodes are paused"])
        }
        let alive = scope.containers(of: .node).filter(\.state.isAlive)
        if let inMaintenance = alive.first(where: {
            scope.input.isInMaintenance($0.ownName.node)
        }) {
            return Proposal(waiting: ["a person: etcd has lost everything, and \(inMaintenance.name) is in maintenance"]
            )
        }
        func rank(_ seen: ContainerView) -> (Int, ContainerName) {
            let node = seen.ownName.node
            return (scope.input.observation.member(node).value?.role == .replica ? 0 : 1, seen.name)
        }
        guard let seen = alive.min(by: { rank($0) < rank($1) }) else { return Proposal() }
        let isFrozen = if case .paused = seen.state { true } else { false }
        let subject = scope.subject(seen.ownName)
        return Proposal(
            actions: [
                Action(
                    .docker(scope.engineID, isFrozen ? .kill(seen.id) : .stop(seen.id)), on: subject,
                    because: .unknownToStore)
            ], waiting: ["all nodes to stop, because etcd has lost everything"])
    }

    /// A Patroni that hangs while PostgreSQL goes on (fault P01): its REST API is silent and it renews its lease no
    /// more. It is killed before the lease ends, so that a second primary never meets the first.
    private func fence(_ node: NodeView, nodeSet: NodeSet) -> Proposal {
        guard let dcs = nodeSet.dcs, !nodeSet.isPaused, let seen = node.container, seen.state.isRunning,
            case .unknown(let unknownReason) = node.member, unknownReason.cause == .timedOut
        else { return Proposal() }
        let ttl = dcs.configurationInForce.ttl
        if let key = node.key {
            guard let left = key.leaseLeft, left * 2 < ttl else {
                return Proposal(waiting: ["\(node.name), whose Patroni does not answer"], lookAgain: .seconds(1))
            }
        }
        return Proposal(actions: [
            Action(
                .docker(nodeSet.scope.engineID, .kill(seen.id)), on: nodeSet.scope.subject(node.name.container),
                because: .leaderHung(node.name))
        ])
    }

    /// A node whose volume holds half a copy, or for which a person asked for a fresh copy, gets a fresh volume; the old one is
    /// kept.
    private func rebuild(_ node: NodeView, nodeSet: NodeSet) -> Proposal {
        guard case .born = nodeSet.history, nodeSet.leader?.isServing == true, !node.isLeader,
            let seen = node.container
        else { return Proposal() }
        if let member = node.member.value, seen.state.isRunning, member.state == .failed,
            member.systemIdentifier == nil, !nodeSet.isPaused
        {
            // somebody started it on the half: what runs cannot be looked into
            return Proposal(actions: [
                Action(
                    .docker(nodeSet.scope.engineID, .stop(seen.id)), on: nodeSet.scope.subject(node.name.container),
                    because: .filesMissing(["global/pg_control"]))
            ])
        }
        guard !seen.state.isAlive else { return Proposal() }
        if nodeSet.isToReinit(node), let request = node.request {
            return Proposal(actions: VolumeRetirement.renew(node.name, why: request.text, at: nodeSet.scope))
        }
        guard DataContent(node.name, at: nodeSet.scope) == .fragment else { return Proposal() }
        // the old volume is kept, so a copy without room would fill the disk that the primary writes to
        if let shortage = DiskRoom.shortage(for: node.name, at: nodeSet.scope) { return shortage }
        return Proposal(actions: VolumeRetirement.renew(node.name, why: "it holds half a copy", at: nodeSet.scope))
    }

    /// While Patroni copies data or starts PostgreSQL, a thread of it writes PostgreSQL's files. A second one that reads its own file
    /// again writes them, too, and PostgreSQL may start with half of a file: with defaults, and without a word that a restart
    /// is due. A start that has lasted for long is over with that.
    private func isSafeToReload(_ node: NodeView, _ scope: EngineScope) -> Bool {
        switch node.member.value?.state {
        case .cloning, .initializing: return false
        case .starting:
            guard case .running(let startedAt)? = node.container?.state, let start = Timestamp(startedAt) else {
                return false
            }
            return Timestamp(scope.input.now) - start > .seconds(120)
        case .running, .stopped, .failed, .other, nil: return true
        }
    }

    /// A Patroni that shows another file version than the one in its container reads it again, and at once. A node that
    /// waits for its turn to be made anew is not left with old files meanwhile: what it says of itself may be what the
    /// others' turn waits for.
    private func reload(_ node: NodeView, scope: EngineScope) -> Proposal {
        switch node.group {
        case .running: break
        case .outdated(let seen, _) where seen.state.isRunning:
            guard case .present(let wrong) = node.spec.wrongFiles(in: seen, secrets: scope.input.observation.secrets)
            else { return Proposal() }
            guard wrong.isEmpty else {
                return Proposal(actions: [
                    Action(
                        .docker(scope.engineID, .upload(seen.id, node.spec.files)),
                        on: scope.subject(node.name.container),
                        because: .filesDiffer(wrong.map(\.path)))
                ])
            }
        case .missing, .foreign, .removing, .renamed, .outdated, .paused, .restarting, .adjustable, .disconnected,
            .unread,
            .misfiled, .startable:
            return Proposal()
        }
        guard node.answers, isSafeToReload(node, scope), scope.input.observation.localConfiguration != nil,
            let shown = node.key?.tags.value(of: PatroniFile.versionTag)
        else { return Proposal() }
        let wanted = PatroniFile.version(for: node.name, scope.input)
        guard shown != wanted else { return Proposal() }
        let subject = Subject.node(node.name)
        var actions = [
            Action(
                .patroni(node.name, .reload(version: wanted)), on: subject, because: .filesDiffer([PatroniFile.path]))
        ]
        if scope.input.observation.dcs.value?.isPaused == false {
            actions.append(Action(.patroni(node.name, .wake), on: subject, because: .wake("it has a file to read")))
        }
        return Proposal(actions: actions)
    }
}
