import Model

/// One node joined across Docker, Patroni, etcd and SQL: what the planners of nodes read.
struct NodeView {
    let name: NodeName
    private let desired: DesiredContainer
    let container: ContainerView?
    let member: Sighting<MemberView>
    let key: DCSMember?
    let isLeader: Bool
    let standby: StandbyView?
    /// Whether a person wants it left alone.
    let isInMaintenance: Bool
    /// What a person asked for.
    let request: NodeRequest?
    /// The volume that holds its data, or is to hold it.
    let volume: VolumeName

    init(_ name: NodeName, at scope: EngineScope) {
        self.name = name
        let observation = scope.input.observation
        desired = DesiredContainer(name, at: scope)
        container = scope.container(name.container)
        member = observation.member(name)
        key = observation.dcs.value?.member(name)
        isLeader = observation.dcs.value?.leader?.node == name
        standby = observation.database.value?.standbys.first { $0.node == name }
        isInMaintenance = scope.input.isInMaintenance(name)
        request = observation.dcs.value?.nodeRequests.first { $0.node == name }
        volume = scope.volumeName(of: name.text)
    }

    /// How its container is to be made.
    var spec: ContainerSpec { desired.container.spec }
    /// What its container needs for that.
    var group: ContainerGroup { desired.container.group }

    /// All of its files are rendered for this, which most planners have no need of: made when it is first asked for.
    private final class DesiredContainer {
        private(set) lazy var container = {
            let spec = NodeSpec.container(name, at: scope)
            return (spec: spec, group: spec.group(at: scope))
        }()
        private let name: NodeName
        private let scope: EngineScope

        init(_ name: NodeName, at scope: EngineScope) { (self.name, self.scope) = (name, scope) }
    }

    /// Whether its container lives, is to live on, and Patroni answers that PostgreSQL runs.
    var isUp: Bool {
        container?.state.isRunning == true && container?.isBeingStopped == false && member.value?.state == .running
    }
    /// Whether it is the leader and takes writes.
    var isServing: Bool { isLeader && isUp && member.value?.role == .primary }
    /// Whether it follows and streams.
    var isStreaming: Bool { !isLeader && isUp && member.value?.role == .replica && member.value?.isStreaming == true }
    /// Whether it does its part.
    var isHealthy: Bool { isServing || isStreaming }
    /// Whether its Patroni answers at all.
    var answers: Bool { container?.state.isRunning == true && member.value != nil }
    /// The parameters that wait for a restart.
    var pending: [PendingParameter] { member.value?.pending ?? [] }
    /// The same in words; Patroni of old names none.
    var pendingNames: [String] {
        pending.isEmpty ? ["some"] : pending.map { "\($0.name) \($0.current) → \($0.wanted)" }
    }
    /// Whether a limit that standbys must not be below waits to become lower.
    var lowersLimits: Bool { pending.contains(where: \.isLoweredLimit) }
}

/// All wanted nodes, and what they are to each other.
struct NodeSet {
    let scope: EngineScope
    let nodes: [NodeView]
    let history: History

    init(_ scope: EngineScope) {
        self.scope = scope
        nodes = scope.cluster.nodeNames.map { NodeView($0, at: scope) }
        history = History(scope, store: EtcdStore(scope))
    }

    /// Nodes that the manifest does not name any more and that are still there.
    var surplus: [NodeView] {
        scope.containers(of: .node).compactMap { $0.labels.value(of: Label.name).map { NodeName($0) } }
            .filter { name in !nodes.contains { $0.name == name } }.map { NodeView($0, at: scope) }
    }

    var dcs: DCSView? { scope.input.observation.dcs.value }
    /// Who leads: one of the wanted nodes, or one that is on its way out.
    var leader: NodeView? {
        guard let name = dcs?.leader?.node else { return nil }
        return nodes.first { $0.name == name } ?? NodeView(name, at: scope)
    }
    var isPaused: Bool { dcs?.isPaused ?? false }
    /// Whether the cluster is changing over to restored data.
    var isSwitching: Bool { dcs?.restore?.stage == .switching }
    var isSynchronous: Bool { scope.cluster.postgres.synchronous.mode != .off }
    var streaming: [NodeView] { nodes.filter(\.isStreaming) }

    /// Whether every node but this one does its part. One that a person works at is neither waited for nor counted upon:
    /// then another one has to be there that could take over.
    func othersAreHealthy(than node: NodeName) -> Bool {
        let others = nodes.filter { $0.name != node }
        let counted = others.filter { !$0.isInMaintenance }
        return counted.allSatisfy(\.isHealthy)
            && (counted.count == others.count || counted.contains(where: \.isStreaming))
    }

    /// How many synchronous standbys there should be now and are not.
    var missingStandbys: Int {
        guard isSynchronous, nodes.count > 1 else { return 0 }
        let wanted = min(scope.cluster.postgres.synchronous.number, nodes.count - 1)
        let standbys = dcs?.synchronous?.standbys ?? []
        return max(0, wanted - standbys.filter { name in streaming.contains { $0.name == name } }.count)
    }

    /// Whether a restart was asked for, or brings a value into force that a node waits for. One lowered limit does not come so:
    /// a replica takes it only after the primary has, by whose word this goes.
    func gainsByRestart(_ node: NodeView) -> Bool {
        guard node.isUp else { return false }
        if node.isRestartRequested { return true }
        guard node.member.value?.needsRestart == true else { return false }
        guard !node.isLeader, !node.pending.isEmpty else { return true }
        let limits = scope.input.observation.database.value?.limits ?? []
        return node.pending.contains { pending in
            guard pending.isLoweredLimit, let wanted = Int(pending.wanted) else { return true }
            return limits.value(of: pending.name).flatMap { Int($0) }.map { $0 <= wanted } ?? false
        }
    }

    /// Whether a replica has a limit below its primary's: PostgreSQL pauses the replay there, until it is restarted.
    func cannotReplay(_ node: NodeView) -> Bool {
        let limits = scope.input.observation.database.value?.limits ?? []
        return !node.isLeader
            && node.pending.contains { pending in
                let primary = limits.value(of: pending.name).flatMap { Int($0) } ?? 0
                return Int(pending.current).map { $0 < primary } ?? false
            }
    }

    /// Whether a node's PostgreSQL itself says that it is in recovery, whatever Patroni says of it.
    func isStandby(_ node: NodeView) -> Bool {
        scope.input.observation.database.value.map { $0.node == node.name && $0.isInRecovery } ?? false
    }

    /// Whether the parameters may have changed so lately that some nodes have not read them: then it is not known
    /// whose turn it is.
    var parametersAreFresh: Bool {
        guard let trial = scope.container(TaskKind.trial.container(of: scope.cluster.name)),
            case .exited(let exit) = trial.state, let end = Timestamp(exit.finishedAt)
        else { return false }
        let age = Timestamp(scope.input.now) - end
        return age >= .zero && age < .seconds(5)
    }

    /// Running replicas that Patroni would elect: in synchronous mode those in the sync set, with a quorum only when so
    /// many of the set are up that one of them is sure to have the last commit, and none that is too far behind.
    func candidates(besides node: NodeName) -> [NodeView] {
        let synchronous = scope.cluster.postgres.synchronous
        let standbys = dcs?.synchronous?.standbys ?? []
        // one that never leads has its say all the same
        let voters = nodes.filter { $0.name != node && $0.isUp && standbys.contains($0.name) }
        guard synchronous.mode != .quorum || voters.count > standbys.count - synchronous.number else { return [] }
        return successors(of: node).filter { !isTooFarBehind($0) && !isLeft($0, by: node) }
    }

    /// Whether a replica has not followed the last leader to its timeline: it lacks what was acknowledged there, however far
    /// its own WAL reaches. A synchronous standby has followed, else it would not be one.
    private func isLeft(_ node: NodeView, by leader: NodeName) -> Bool {
        guard !isSynchronous, let led = dcs?.member(leader)?.timeline, let own = node.member.value?.timeline else {
            return false
        }
        return own < led
    }

    /// Whether Patroni never elects a replica, in whatever mode: it lacks more of what the last leader wrote than
    /// `maximum_lag_on_failover` allows (`ha.py`, `is_lagging`).
    func isTooFarBehind(_ node: NodeView) -> Bool { missingBytes(node).map { $0 > dcs?.maximumLag ?? .max } ?? false }

    /// How much a node lacks of what the last leader had written at its last loop.
    func missingBytes(_ node: NodeView) -> Int64? {
        guard let written = dcs?.leaderPosition, let own = node.member.value?.walPosition else { return nil }
        return written - own
    }

    /// Whether a node has been down for longer than an election takes: by then the lease of the last leader has run out,
    /// and every Patroni has looked.
    func isOverdue(_ node: NodeView) -> Bool {
        let text =
            switch node.container?.state {
            case .exited(let exit): exit.finishedAt
            case .created: node.container?.createdAt ?? ""
            case .running, .paused, .restarting, .removing, .dead, nil: ""
            }
        guard let since = Timestamp(text) else { return false }
        let configuration = dcs?.configurationInForce ?? .object([])
        let limit = configuration.ttl + configuration.loopWait
        let age = Timestamp(scope.input.now) - since
        // a clock that was set back must not make the wait any longer
        return age > limit || age < .zero - limit
    }

    /// Running replicas that a leader which lives may hand over to, the least behind first: they get everything first.
    func successors(of node: NodeName) -> [NodeView] {
        let standbys = dcs?.synchronous?.standbys ?? []
        let ready = nodes.filter { other in
            guard other.name != node, other.isUp, other.key?.tags.value(of: "nofailover") != "true",
                !scope.cluster.tags(of: other.name).nofailover
            else { return false }
            return !isSynchronous || standbys.contains(other.name)
        }
        return ready.sorted { ($0.standby?.lagBytes ?? .max, $0.name) < ($1.standby?.lagBytes ?? .max, $1.name) }
    }
}
