import Model

/// I7: a node that streams is interrupted only when all others do, and the leader only when it is alone or has handed
/// over.
enum InterruptionGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        if isForRestore(action, input) { return nil }
        if let violation = kill(action, input) { return violation }
        guard let node = interrupted(by: action, input) else { return nil }
        if isStoreGone(input) { return nil }
        if input.cluster.index(of: node) == nil { return leads(node, input) }
        if let other = stopping(besides: node, input) {
            return Violation(.replicasFirst, "\(other) is being stopped")
        }
        if let other = input.observation.restarts.first(where: { $0 != node }) {
            return Violation(.replicasFirst, "PostgreSQL on \(other) is being restarted")
        }
        if input.cluster.nodes.count > 1 {
            guard case .present(let dcs) = input.observation.dcs else {
                return Violation(.unknownIsNotAbsent, "who leads could not be read again")
            }
            if isUnreachable(action, input) { return nil }
            if let record = dcs.switchover, record.pausesClients, !record.pausesClients(forRestartOf: node) {
                return Violation(.replicasFirst, "a switchover from \(record.from) is under way")
            }
            if let handover = dcs.handover {
                return Violation(.replicasFirst, "a switchover \(handover.words) is under way")
            }
            if dcs.leader?.node == node || input.observation.member(node).value?.role == .primary {
                return inPlace(action, node, input)
            }
        }
        let streaming = input.cluster.nodeNames.filter { other in
            guard other != node, case .present(let member) = input.observation.member(other) else { return false }
            return member.role == .replica && member.isStreaming
        }
        // a broken node may be replaced whatever the others do; one that streams waits until all others are well
        guard input.observation.member(node).value?.isStreaming == true else { return nil }
        let leader = input.observation.dcs.value?.leader?.node
        let others = input.cluster.nodeNames.filter { $0 != node && $0 != leader && !input.isInMaintenance($0) }
        if let down = others.first(where: { !streaming.contains($0) }) {
            return Violation(.replicasFirst, "\(down) does not stream")
        }
        // one that a person works at is not counted upon, and not waited for either while another could take over
        guard others.isEmpty,
            let inMaintenance = input.cluster.nodeNames.first(where: { $0 != node && input.isInMaintenance($0) })
        else {
            return nil
        }
        return Violation(.replicasFirst, "\(inMaintenance) is in maintenance, and no other node could take over")
    }

    /// A leader is restarted where it is only for a limit that no standby may be below, and while every standby streams.
    private static func inPlace(_ action: Action, _ node: NodeName, _ input: PlanningInput) -> Violation? {
        let refusal = Violation(.replicasFirst, "\(node) is the leader and has not handed over")
        guard case .patroni(_, .restart) = action.effect, let leader = input.observation.member(node).value else {
            return refusal
        }
        let kin = [
            "max_connections", "max_worker_processes", "max_wal_senders", "max_prepared_transactions",
            "max_locks_per_transaction",
        ]
        let falls = leader.pending.contains { parameter in
            guard kin.contains(parameter.name), let from = Int(parameter.current), let to = Int(parameter.wanted) else {
                return false
            }
            return to < from
        }
        guard falls else { return refusal }
        let down = input.cluster.nodeNames.first { other in
            other != node && !input.isInMaintenance(other) && input.observation.member(other).value?.isStreaming != true
        }
        return down.map { Violation(.replicasFirst, "\($0) does not stream") }
    }

    /// Whether the cluster changes over to restored data: then every node stops, and what it holds is kept.
    private static func isForRestore(_ action: Action, _ input: PlanningInput) -> Bool {
        guard case .docker = action.effect, let dcs = input.observation.dcs.value else { return false }
        return RestoreGuard.isSwitching(dcs, input)
    }

    /// Whether the node has no endpoint, and the network was made while it ran: the others cannot reach it either.
    private static func isUnreachable(_ action: Action, _ input: PlanningInput) -> Bool {
        guard case .docker(let engine, .stop(let id)) = action.effect, input.isCutOff(id, at: engine),
            case .present(let view) = input.observation.engine(engine),
            let body = view.containers.first(where: { $0.id == id }),
            let network = view.networks.first(where: { $0.name == input.cluster.network.name })
        else { return false }
        return body.hasOutlived(network)
    }

    /// Whether etcd lost everything: each of its members is there, at rest, and has nothing in its volume. Then no node
    /// can lead for long, and an empty store would let any node lead.
    private static func isStoreGone(_ input: PlanningInput) -> Bool {
        guard let engine = input.cluster.engines.first?.name, case .present(let view) = input.observation.engine(engine)
        else { return false }
        return input.cluster.etcdNames.allSatisfy { name in
            let bodies = view.containers.filter {
                $0.labels.value(of: Label.cluster) == input.cluster.name.text
                    && $0.labels.value(of: Label.name) == name.text
            }
            return !bodies.isEmpty
                && bodies.allSatisfy { body in
                    switch body.state {
                    case .created, .exited: body.data == .present(.empty)
                    case .running, .paused, .restarting, .removing, .dead: false
                    }
                }
        }
    }

    /// A node is killed only while it is frozen, or cut off and not the leader, or its Patroni neither answers nor
    /// renews its lease.
    private static func kill(_ action: Action, _ input: PlanningInput) -> Violation? {
        guard case .docker(let engine, .kill(let id)) = action.effect else { return nil }
        let target = ResolvedTarget(action.effect, input)
        if case .unknown = target {
            return Violation(.fenceOnlyTheDead, "container \(id.short) is gone; looking again")
        }
        guard let node = target.node else { return nil }
        guard let body = input.observation.engine(engine).value?.containers.first(where: { $0.id == id }) else {
            return Violation(.fenceOnlyTheDead, "container \(id.short) is gone; looking again")
        }
        if case .paused = body.state { return nil }
        if input.isCutOff(id, at: engine), case .present(let dcs) = input.observation.dcs {
            return dcs.leader?.node == node
                ? Violation(.replicasFirst, "\(node) holds the leader key") : nil
        }
        guard case .unknown(let why) = input.observation.member(node), why.cause == .timedOut else {
            return Violation(.replicasFirst, "\(node) answers again, or refuses in a way that a live one may")
        }
        guard case .present(let dcs) = input.observation.dcs else {
            return Violation(.unknownIsNotAbsent, "the lease of \(node) could not be read again")
        }
        guard let key = dcs.members.first(where: { $0.name == node }) else { return nil }
        let ttl = dcs.configurationInForce.ttl
        return key.leaseLeft.map { $0 < ttl / 2 } == true
            ? nil : Violation(.replicasFirst, "\(node) renews its lease")
    }

    /// Another node of the cluster that was told to stop and still runs: it may stream until its last moment.
    private static func stopping(besides node: NodeName, _ input: PlanningInput) -> NodeName? {
        for engine in input.observation.engines {
            for body in engine.view.value?.containers ?? [] where body.isBeingStopped {
                guard body.labels.value(of: Label.component) == Component.node.rawValue,
                    let name = body.labels.value(of: Label.name), name != node.text
                else { continue }
                return NodeName(name)
            }
        }
        return nil
    }

    /// One that the manifest does not name any more keeps nobody waiting, but while it leads it is not stopped either.
    private static func leads(_ node: NodeName, _ input: PlanningInput) -> Violation? {
        guard case .present(let dcs) = input.observation.dcs else {
            return Violation(.unknownIsNotAbsent, "who leads could not be read again")
        }
        guard dcs.leader?.node == node || input.observation.member(node).value?.role == .primary else { return nil }
        return Violation(.replicasFirst, "\(node) is the leader and has not handed over")
    }

    private static func interrupted(by action: Action, _ input: PlanningInput) -> NodeName? {
        switch action.effect {
        case .docker(_, .stop): return ResolvedTarget(action.effect, input).node
        case .patroni(let node, .restart): return node
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
    }
}
