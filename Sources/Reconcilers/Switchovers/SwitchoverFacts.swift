import Model

/// What the machines ask of one look. A protocol, because most of it costs something and each phase asks for little.
protocol SwitchoverFacts {
    /// What was asked for.
    var record: SwitchoverRecord { get }
    var leadership: Leadership { get }
    /// Why the request is of no use any more.
    var lapse: String? { get }
    /// The node that is to lead.
    var candidate: SwitchoverCandidate { get }
    /// What would make the clients' pause long, or end it in vain.
    var obstacle: String? { get }
    /// Whether Docker would start the old primary again by itself.
    var isKeptUpByDocker: Bool { get }
    /// Whether a checkpoint was made for this.
    var isCheckpointed: Bool { get }
    /// Whether clients have been paused for as long as they may be.
    var isOverLimit: Bool { get }
    /// Whether the poolers have had the time that they have to pause their clients.
    var isPausingLate: Bool { get }
    /// Whether a person has paused the controller.
    var isClusterPaused: Bool { get }
    var isPatroniPaused: Bool { get }
    var hasPoolers: Bool { get }
    /// Whether the candidate of this phase still streams, and commits wait for it.
    var isCandidateReady: Bool { get }
    /// The poolers that do not pause their clients yet.
    var poolersToPause: [ContainerName] { get }
    /// Whether the old primary's container runs.
    var isRunning: Bool { get }
    /// Whether the old primary is proven dead and the candidate can take over.
    var canRelease: Bool { get }
    /// Whether the node that leads takes writes, and no pooler pauses its clients any more.
    var haveClientsResumed: Bool { get }
    /// How long it is until the next attempt; nil when its time has come.
    var timeToRetry: Duration? { get }
    /// Whether something still waits for the restart.
    var isRestartWanted: Bool { get }
    /// Whether the primary is in maintenance.
    var isInMaintenance: Bool { get }
    var areOthersHealthy: Bool { get }
    /// Whether too little of the pause is left for a restart.
    var isTooLateToRestart: Bool { get }
}

/// The holder of the leader key.
enum Leadership: Hashable {
    /// The node that hands over or is restarted.
    case old
    case other(NodeName)
    case missing
}

/// The node that is to lead, and how it comes to that.
enum SwitchoverCandidate: Hashable {
    case none(why: String)
    /// Patroni switches over: no pooler could pause clients, or commits do not wait for the node. Without a name the
    /// replicas elect.
    case throughPatroni(name: NodeName?)
    /// The poolers pause their clients for it.
    case behindPoolers(NodeName)
}

/// The facts as a look shows them.
struct SeenFacts: SwitchoverFacts {
    /// A person's request is dropped when it could not be done for so long.
    static let patience: Duration = .seconds(600)
    /// How long the poolers may take to pause their clients.
    static let pausingLimit: Duration = .milliseconds(1500)
    /// The pauses between attempts.
    static let retries: [Duration] = [.seconds(30), .seconds(60), .seconds(120), .seconds(300)]

    let record: SwitchoverRecord
    let dcs: DCSView
    let nodeSet: NodeSet

    private var scope: EngineScope { nodeSet.scope }
    private var input: PlanningInput { scope.input }
    private var now: Timestamp { Timestamp(input.now) }
    private var clientPause: ClientPause? { ClientPause(scope) }
    /// The node that hands over or is restarted.
    var from: NodeView { nodeSet.nodes.first { $0.name == record.from } ?? NodeView(record.from, at: scope) }

    var leadership: Leadership {
        guard let leader = dcs.leader?.node else { return .missing }
        return leader == record.from ? .old : .other(leader)
    }

    var lapse: String? {
        let age = now - record.at
        if age < .seconds(-60) { return "it is from the future: the clock was set back" }
        switch record.author {
        case .person:
            return age > SeenFacts.patience
                ? "it was asked for \(age.components.seconds) s ago and could not be done" : nil
        case .controller where record.isRestart:
            // what cannot be seen now may still be wanted
            if nodeSet.nodes.contains(where: { $0.name == record.from }), !from.isUp { return nil }
            return RollingUpdate.wantsToRestart(record.from, nodeSet) ? nil : "nothing waits for it any more"
        case .controller:
            return RollingUpdate.wantsToMove(record.from, nodeSet) ? nil : "\(record.from) can stay where it is"
        }
    }

    var candidate: SwitchoverCandidate {
        switch chosen {
        case .failure(let obstacle): .none(why: obstacle.words)
        case .success(let node) where nodeSet.canHandOverBehindPoolers(to: node.name): .behindPoolers(node.name)
        case .success(let node): .throughPatroni(name: nodeSet.named(node))
        }
    }

    private struct Obstacle: Error { let words: String }

    /// The node that was asked for, or the one that is least behind.
    private var chosen: Result<NodeView, Obstacle> {
        let ready = nodeSet.successors(of: record.from).filter {
            $0.isStreaming && !$0.isInMaintenance && scope.cluster.nodeNames.contains($0.name)
        }
        guard let named = record.to, record.author == .person else {
            return ready.first.map { .success($0) }
                ?? .failure(Obstacle(words: "there is no standby that \(record.from) can hand over to"))
        }
        return ready.first { $0.name == named }.map { .success($0) }
            ?? .failure(Obstacle(words: "\(named) does not stream, may not lead, or commits do not wait for it"))
    }

    var obstacle: String? {
        if dcs.isPaused { return "Patroni is paused" }
        if from.isInMaintenance { return "\(record.from) is in maintenance" }
        if nodeSet.isSwitching { return "a restore is under way" }
        if let other = input.stopping.first { return "\(other.name) is being stopped" }
        if let other = input.observation.restarts.first { return "PostgreSQL on \(other) is being restarted" }
        if let other = dcs.handover { return "Patroni hands over \(other.words)" }
        guard from.isServing, let database = input.observation.database.value, database.node == record.from,
            !database.isInRecovery
        else { return "\(record.from) does not take writes" }
        if record.author == .controller, !areOthersHealthy { return "not all other nodes do their part" }
        if let obstacle = record.isRestart ? obstacleToRestart(database) : obstacleToTakeOver { return obstacle }
        guard database.oldestTransaction < .seconds(1) else {
            return "a transaction that came through a pooler has been open for "
                + "\(database.oldestTransaction.components.seconds) s, and clients would wait for its end"
        }
        for pooler in scope.writers {
            guard case .present(let view) = input.observation.pooler(pooler.name),
                scope.container(pooler.name)?.state.isRunning == true
            else { return "\(pooler.name) does not answer" }
            guard view.hosts == [record.from], !view.isPaused else { return "\(pooler.name) is not ready" }
        }
        return nil
    }

    private var obstacleToTakeOver: String? {
        guard case .success(let node) = chosen else { return nil }
        guard let lag = node.standby?.lagBytes, lag < 1 << 20 else { return "\(node.name) is behind" }
        return nil
    }

    /// PostgreSQL ends only when its standbys and its archive have everything, and a node that is due before the primary
    /// is restarted before it.
    private func obstacleToRestart(_ database: DatabaseView) -> String? {
        // mostly it is mended soon; where it is not, it tries a few times and gives up
        let isUnseen = database.unknownReason(of: .archiver) != nil
        if isUnseen || database.archiver.isFailing, now - record.at < .seconds(60) {
            if isUnseen { return "whether \(record.from) archives could not be seen" }
            return "archiving fails, and PostgreSQL waits for it when it stops"
        }
        if nodeSet.parametersAreFresh { return "not every node may have read the new parameters" }
        if let first = RollingUpdate.first(nodeSet), first.name != record.from { return "\(first.name) comes first" }
        let behind = nodeSet.streaming.first { $0.standby.map { $0.lagBytes >= 1 << 20 } ?? true }
        return behind.map { "\($0.name) is behind" }
    }

    var isKeptUpByDocker: Bool {
        guard let settings = from.container?.settings else { return false }
        return settings.restartPolicy != ContainerSettings().restartPolicy
    }

    var isCheckpointed: Bool {
        guard let time = input.observation.database.value?.checkpointedAt else { return false }
        // PostgreSQL tells it to the second
        return record.since - time < .seconds(1) && now - time < .seconds(300)
    }

    var isOverLimit: Bool { clientPause == nil }
    var isPausingLate: Bool { clientPause.map { $0.age > SeenFacts.pausingLimit } ?? true }
    var isTooLateToRestart: Bool { clientPause.map { $0.age >= ClientPause.limit / 3 } ?? true }
    var isClusterPaused: Bool { input.isInMaintenance }
    var isPatroniPaused: Bool { dcs.isPaused }
    var hasPoolers: Bool { !scope.writers.isEmpty }
    var isRunning: Bool { from.container?.state.isRunning == true }
    var isRestartWanted: Bool { RollingUpdate.wantsToRestart(record.from, nodeSet) }
    var isInMaintenance: Bool { from.isInMaintenance }
    var areOthersHealthy: Bool { nodeSet.othersAreHealthy(than: record.from) }

    var isCandidateReady: Bool {
        nodeSet.successors(of: record.from).first { $0.name == clientPause?.candidate }?.isStreaming == true
    }

    var poolersToPause: [ContainerName] {
        (scope.writers + readersToPause).filter { !scope.pausesClients($0) }.map(\.name)
    }

    /// The poolers for reading that a restart cuts off: where there is no other node to read from, they lead to the primary.
    private var readersToPause: [Pooler] {
        guard record.isRestart else { return [] }
        return scope.cluster.poolers.filter { pooler in
            pooler.access == .readOnly && input.observation.pooler(pooler.name).value?.hosts == [record.from]
        }
    }

    var canRelease: Bool {
        guard !dcs.isPaused, let key = dcs.leader, Failover.evidence(against: key.node, at: scope) != nil else {
            return false
        }
        return nodeSet.candidates(besides: key.node).contains { $0.name == clientPause?.candidate }
    }

    var haveClientsResumed: Bool {
        scope.serving != nil && scope.serving == dcs.leader?.node
            && scope.writers.allSatisfy { pooler in
                guard case .present(let view) = input.observation.pooler(pooler.name) else { return true }
                return !view.isPaused
            }
    }

    var timeToRetry: Duration? {
        let pause = SeenFacts.retries[min(max(record.attempts, 1), SeenFacts.retries.count) - 1]
        let rest = pause - (now - record.since)
        return rest <= .zero || rest > pause ? nil : rest
    }
}

extension NodeSet {
    /// The node that Patroni is told to hand over to; nil where it may not be named.
    func named(_ candidate: NodeView) -> NodeName? {
        scope.cluster.postgres.synchronous.mayNameCandidate ? candidate.name : nil
    }

    /// Whether a candidate can take over while poolers pause their clients: commits must have waited for it.
    func canHandOverBehindPoolers(to candidate: NodeName) -> Bool {
        scope.cluster.canPauseClients && isSynchronous && dcs?.synchronous?.standbys.contains(candidate) == true
    }
}
