public import Model

/// Keeps the PostgreSQL node containers: creates and starts them, rolls changes through them one at a time,
/// and wakes Patroni when what it waits for has become true.
public struct Nodes: Reconciler {
    /// Its name in plans and events.
    public let name = "nodes"
    /// Creates the planner.
    public init() {}

    /// Constructive steps for every node, and at most one interruption.
    public func propose(_ scene: Scene) -> Proposal {
        guard let site = Site(scene) else { return Proposal() }
        let roster = Roster(site)
        var proposal = Proposal()
        for node in roster.nodes where !node.isHeld {
            if let wait = refuseImage(node, site: site) {
                proposal.add(wait)
                continue
            }
            proposal.add(
                reattach(node, roster: roster)
                    ?? node.spec.keep(at: site, group: node.group, mayStart: roster.obstacle(for: node)))
            proposal.add(thaw(node, roster: roster))
            proposal.add(fence(node, roster: roster))
            proposal.add(rebuild(node, roster: roster))
            proposal.add(reload(node, site: site))
        }
        for node in roster.surplus where !node.isHeld {
            proposal.add(thaw(node, roster: roster))
            proposal.add(fence(node, roster: roster))
            proposal.add(recall(node, roster: roster))
        }
        proposal.add(stand(roster))
        proposal.add(Waking.propose(roster))
        proposal.add(Rolling.propose(roster))
        NodeReport.add(roster, to: &proposal)
        return proposal
    }

    /// Nothing is made from an image with another major version, and nothing made way for.
    private func refuseImage(_ node: NodeView, site: Site) -> Proposal? {
        guard site.strangeMajor != nil else { return nil }
        let wait = Proposal(waiting: ["an image of PostgreSQL \(site.cluster.postgres.version), for \(node.name)"])
        switch node.group {
        case .missing: return wait
        case .outdated(let seen, _) where !seen.state.isAlive: return wait
        case .startable(let seen) where seen.image == site.cluster.nodes.image: return wait
        case .foreign, .removing, .renamed, .outdated, .paused, .restarting, .adjustable, .disconnected, .unread,
            .misfiled, .startable, .running:
            return nil
        }
    }

    /// A node that was cut off gets its endpoint while it is down, but a leader at once, because its lease still holds;
    /// unless the network is a new one: then every address that it remembers is wrong.
    private func reattach(_ node: NodeView, roster: Roster) -> Proposal? {
        guard case .disconnected(let seen) = node.group, seen.state.isAlive, !roster.isPaused else { return nil }
        guard roster.dcs != nil else { return Proposal(waiting: ["etcd, before \(node.name) is connected"]) }
        guard node.isLeader else { return Proposal(actions: [node.spec.rest(seen, at: roster.site)]) }
        guard let network = roster.site.network, seen.hasOutlived(network) else { return nil }
        return Proposal(actions: [node.spec.rest(seen, gently: true, at: roster.site)])
    }

    /// A paused node thaws, unless somebody else leads by now: a frozen primary must not wake up as a second one.
    private func thaw(_ node: NodeView, roster: Roster) -> Proposal {
        guard case .paused(let seen) = node.group, let dcs = roster.dcs else { return Proposal() }
        let wasPrimary = dcs.synchronous?.leader == node.name || node.key?.role == "primary"
        let isSafe = node.isLeader || (dcs.leader != nil && !wasPrimary)
        let effect: DockerEffect = isSafe ? .unpause(seen.id) : .kill(seen.id)
        return Proposal(actions: [
            Action(
                .docker(roster.site.engineID, effect), on: roster.site.subject(node.name.container), because: .paused)
        ])
    }

    /// A node that the manifest does not name any more may have what an election needs: while nobody leads, it is
    /// connected and started like the others, and leaves when somebody does.
    private func recall(_ node: NodeView, roster: Roster) -> Proposal {
        guard case .born = roster.history, let dcs = roster.dcs, dcs.leader == nil else { return Proposal() }
        if let rest = reattach(node, roster: roster) { return rest }
        let site = roster.site
        guard let seen = node.container, !seen.state.isAlive, let network = site.network else { return Proposal() }
        func act(_ effect: DockerEffect, _ reason: Reason) -> Proposal {
            Proposal(actions: [
                Action(.docker(site.engineID, effect), on: site.subject(node.name.container), because: reason)
            ])
        }
        guard seen.isAttached(to: network) else {
            return act(.connect(network.id, seen.id, alias: node.name.container), .disconnected(network.name))
        }
        if let obstacle = roster.obstacle(for: node) {
            return Proposal(waiting: ["\(node.name) waits for \(obstacle)"])
        }
        return act(.start(seen.id), seen.startReason)
    }

    /// When etcd has lost everything it knew, an empty one may only be founded while no node runs; the primary stops
    /// last, so that nobody has more than it.
    private func stand(_ roster: Roster) -> Proposal {
        let site = roster.site
        guard site.store.isUnfounded else { return Proposal() }
        if roster.nodes.contains(where: { $0.member.value?.isPaused == true }) {
            return Proposal(waiting: ["a person: etcd has lost everything, and the nodes are paused"])
        }
        let alive = site.containers(of: .node).filter(\.state.isAlive)
        if let held = alive.first(where: {
            site.scene.isHeld($0.ownName.node)
        }) {
            return Proposal(waiting: ["a person: etcd has lost everything, and \(held.name) is in maintenance"])
        }
        func rank(_ seen: ContainerView) -> (Int, ContainerName) {
            let node = seen.ownName.node
            return (site.scene.observation.member(node).value?.role == .replica ? 0 : 1, seen.name)
        }
        guard let seen = alive.min(by: { rank($0) < rank($1) }) else { return Proposal() }
        let isFrozen = if case .paused = seen.state { true } else { false }
        let subject = site.subject(seen.ownName)
        return Proposal(
            actions: [
                Action(
                    .docker(site.engineID, isFrozen ? .kill(seen.id) : .stop(seen.id)), on: subject,
                    because: .unknownToStore)
            ], waiting: ["all nodes to stop, because etcd has lost everything"])
    }

    /// A Patroni that hangs while PostgreSQL goes on (fault P01): its REST API is silent and it renews its lease no
    /// more. It is killed before the lease ends, so that a second primary never meets the first.
    private func fence(_ node: NodeView, roster: Roster) -> Proposal {
        guard let dcs = roster.dcs, !roster.isPaused, let seen = node.container, seen.state.isRunning,
            case .unknown(let blindness) = node.member, blindness.cause == .timedOut
        else { return Proposal() }
        let ttl = Duration.seconds(dcs.configuration?["ttl"]?.integer ?? 30)
        if let key = node.key {
            guard let left = key.leaseLeft, left * 2 < ttl else {
                return Proposal(waiting: ["\(node.name), whose Patroni does not answer"], lookAgain: .seconds(1))
            }
        }
        return Proposal(actions: [
            Action(
                .docker(roster.site.engineID, .kill(seen.id)), on: roster.site.subject(node.name.container),
                because: .leaderHung(node.name))
        ])
    }

    /// A node whose volume holds half a copy gets a fresh volume; the old one is kept.
    private func rebuild(_ node: NodeView, roster: Roster) -> Proposal {
        guard case .born = roster.history, roster.leader?.isServing == true, !node.isLeader,
            let seen = node.container
        else { return Proposal() }
        if let member = node.member.value, seen.state.isRunning, member.state == .failed,
            member.systemIdentifier == nil, !roster.isPaused
        {
            // somebody started it on the half: what runs cannot be looked into
            return Proposal(actions: [
                Action(
                    .docker(roster.site.engineID, .stop(seen.id)), on: roster.site.subject(node.name.container),
                    because: .filesMissing(["global/pg_control"]))
            ])
        }
        guard !seen.state.isAlive, Holding(node.name, at: roster.site) == .fragment else { return Proposal() }
        return Proposal(actions: Retirement.renew(node.name, why: "it holds half a copy", at: roster.site))
    }

    /// A Patroni that shows another file version than the one in its container reads it again, and at once. A node that
    /// waits for its turn to be made anew is not left with old files meanwhile: what it says of itself may be what the
    /// others' turn waits for.
    private func reload(_ node: NodeView, site: Site) -> Proposal {
        switch node.group {
        case .running: break
        case .outdated(let seen, _) where seen.state.isRunning:
            guard case .present(let wrong) = node.spec.wrongFiles(in: seen, secrets: site.scene.observation.secrets)
            else { return Proposal() }
            guard wrong.isEmpty else {
                return Proposal(actions: [
                    Action(
                        .docker(site.engineID, .upload(seen.id, node.spec.files)),
                        on: site.subject(node.name.container),
                        because: .filesDiffer(wrong.map(\.path)))
                ])
            }
        case .missing, .foreign, .removing, .renamed, .outdated, .paused, .restarting, .adjustable, .disconnected,
            .unread, .misfiled, .startable:
            return Proposal()
        }
        guard node.isUp, let shown = node.key?.tags.value(of: PatroniFile.versionTag) else { return Proposal() }
        let wanted = PatroniFile.version(
            for: node.name, cluster: site.cluster, secrets: site.scene.observation.secrets)
        guard shown != wanted else { return Proposal() }
        let subject = Subject.node(node.name)
        var actions = [Action(.patroni(node.name, .reload), on: subject, because: .filesDiffer([PatroniFile.path]))]
        if site.scene.observation.dcs.value?.isPaused == false {
            actions.append(Action(.patroni(node.name, .wake), on: subject, because: .wake("it has a file to read")))
        }
        return Proposal(actions: actions)
    }
}

/// The record in etcd that says when and why a volume was put aside.
enum Retirement {
    /// A fresh volume for a node, and the record of why the old one is kept.
    static func renew(_ node: NodeName, why: String, at site: Site) -> [Action] {
        let next = site.nextVolume(of: node.text)
        let old = site.volumeName(of: node.text)
        var spec = Volumes.spec(next.name, .node, owner: node.text, generation: next.generation)
        // Docker cannot label a volume afterwards; the new one tells of the old one, also when etcd has lost its record
        spec.labels.append(LabelValue(Label.replaces, "\(old): \(why)"))
        return [
            record(old, why: why, scene: site.scene),
            Action(
                .docker(site.engineID, .createVolume(spec)), on: .volume(site.engineID, next.name), because: .missing),
        ]
    }

    static func record(_ volume: VolumeName, why: String, scene: Scene) -> Action {
        let value = JSONValue.object([("since", .string(scene.now.text)), ("why", .string(why))])
        let key = RetiredVolume.prefix(of: scene.cluster.name) + volume.text
        return Action(
            .etcd(.putIfAbsent(key: key, value: value.text)), on: .volume(.local, volume), because: .surplus)
    }
}
