public import Model

/// Hands the primary's place over, or restarts the primary where it is, while the poolers hold their clients: they wait a
/// moment, and get no error. Begins with a record in etcd (`SwitchoverRecord`), and everything but that is seen.
public struct Switchovers: Reconciler {
    /// Its name in plans and events.
    public let name = "switchovers"
    /// Who may act while clients are held.
    static let exclusivePlanners = ["switchovers", "failover", "poolers"]
    /// Creates the planner.
    public init() {}

    /// The next step of the switchover that was asked for.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input), case .present(let dcs) = input.observation.dcs,
            let record = dcs.switchover
        else {
            return Proposal()
        }
        let step = SwitchoverStep(record: record, dcs: dcs, nodeSet: NodeSet(scope))
        if record.stage == .unreadable { return step.forget("it is unreadable") }
        if let leader = dcs.leader?.node, leader != record.from { return step.finish(leader) }
        switch record.stage {
        case .requested: return step.begin()
        case .holding: return step.handOver()
        case .calledOff: return step.wait()
        case .unreadable: return Proposal()
        }
    }

    /// The record that asks for one; to the node itself for a restart.
    static func request(from: NodeName, to: NodeName? = nil, because why: String, input: PlanningInput) -> Action {
        let record = SwitchoverRecord(from: from, to: to, author: .controller, why: why, at: Timestamp(input.now))
        return Action(
            .etcd(.putIfAbsent(key: SwitchoverRecord.key(of: input.cluster.name), value: record.value)),
            on: .leadership, because: record.reason)
    }
}

/// One look at a switchover: what stands in its way, and what comes next.
struct SwitchoverStep {
    /// A person's request is dropped when it could not be done for so long.
    static let patience: Duration = .seconds(600)
    /// How long the poolers may take to come to rest.
    static let gathering: Duration = .milliseconds(1500)

    let record: SwitchoverRecord
    let dcs: DCSView
    let nodeSet: NodeSet

    private var scope: EngineScope { nodeSet.scope }
    private var input: PlanningInput { scope.input }
    private var now: Timestamp { Timestamp(input.now) }
    private var from: NodeView { nodeSet.nodes.first { $0.name == record.from } ?? NodeView(record.from, at: scope) }

    // MARK: before anybody is held

    /// Everything that may take its time comes before the client pause: the candidate, a checkpoint, all obstacles.
    func begin() -> Proposal {
        if let why = lapse { return forget(why) }
        guard nodeSet.leader != nil else {
            return Proposal(waiting: ["a primary that can hand over"], lookAgain: .seconds(1))
        }
        let choice: NodeView
        switch candidate {
        case .success(let node): choice = node
        case .failure(let obstacle): return delay(obstacle.words)
        }
        guard record.isRestart || nodeSet.isPooled(choice.name) else {
            let candidate = nodeSet.named(choice)
            return Proposal(
                actions: [
                    Action(
                        .patroni(record.from, .switchover(from: record.from, to: candidate)), on: .leadership,
                        because: .handOver(record.why))
                ], waiting: ["the switchover \(Handover(to: candidate).words)"], lookAgain: .milliseconds(250))
        }
        if let obstacle = obstacle(choice) { return delay(obstacle) }
        if !record.isRestart, let step = keepDown() { return step }
        guard isCheckpointed else {
            return Proposal(
                actions: [
                    Action(
                        .sql(record.from, .checkpoint), on: .node(record.from),
                        because: .switchover("what was checkpointed before need not be written while clients wait"))
                ], waiting: ["a checkpoint on \(record.from), before \(record.phrase)"], lookAgain: .milliseconds(200))
        }
        var next = record.at(.holding, since: now)
        next.to = choice.name
        return Proposal(
            actions: [write(next, because: record.reason)], waiting: [next.phrase], lookAgain: .zero)
    }

    /// A container that Docker starts again by itself would be back before its key is released.
    private func keepDown() -> Proposal? {
        let policy = ContainerSettings().restartPolicy
        guard let body = from.container, body.settings.restartPolicy != policy else { return nil }
        var settings = body.settings
        settings.restartPolicy = policy
        return Proposal(
            actions: [
                Action(
                    .docker(scope.engineID, .update(body.id, settings)), on: scope.subject(record.from.container),
                    because: .switchover("Docker would start it again while clients wait for another one"))
            ], waiting: ["\(record.from) to stay down when it shuts down"], lookAgain: .milliseconds(200))
    }

    /// Whether the latest checkpoint was begun for this.
    private var isCheckpointed: Bool {
        guard let time = input.observation.database.value?.checkpointedAt else { return false }
        // PostgreSQL tells it to the second
        return record.since - time < .seconds(1) && now - time < .seconds(300)
    }

    private struct Obstacle: Error { let words: String }

    /// Who is to lead: the one that was asked for, or the one that is least behind.
    private var candidate: Result<NodeView, Obstacle> {
        if record.isRestart { return .success(from) }
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

    /// What would make the client pause long, or end it in vain; checked before the pause begins.
    private func obstacle(_ candidate: NodeView) -> String? {
        if dcs.isPaused { return "Patroni is paused" }
        if from.isInMaintenance { return "\(record.from) is in maintenance" }
        if nodeSet.isSwitching { return "a restore is under way" }
        if let other = scope.input.stopping.first { return "\(other.name) is being stopped" }
        if let other = input.observation.restarts.first { return "PostgreSQL on \(other) is being restarted" }
        if let other = dcs.handover { return "Patroni hands over \(other.words)" }
        guard from.isServing, let database = input.observation.database.value, database.node == record.from,
            !database.isInRecovery
        else { return "\(record.from) does not take writes" }
        if record.author == .controller, !nodeSet.othersAreHealthy(than: record.from) {
            return "not all other nodes do their part"
        }
        if record.isRestart {
            if let obstacle = obstacleToRestart(database) { return obstacle }
        } else {
            guard let lag = candidate.standby?.lagBytes, lag < 1 << 20 else { return "\(candidate.name) is behind" }
        }
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

    /// Why a request is of no use any more.
    private var lapse: String? {
        let age = now - record.at
        if age < .seconds(-60) { return "it is from the future: the clock was set back" }
        switch record.author {
        case .person:
            return age > SwitchoverStep.patience
                ? "it was asked for \(age.components.seconds) s ago and could not be done" : nil
        case .controller where record.isRestart:
            // what cannot be seen now may still be wanted
            if nodeSet.nodes.contains(where: { $0.name == record.from }), !from.isUp { return nil }
            return RollingUpdate.wantsToRestart(record.from, nodeSet) ? nil : "nothing waits for it any more"
        case .controller:
            return RollingUpdate.wantsToMove(record.from, nodeSet) ? nil : "\(record.from) can stay where it is"
        }
    }

    private func delay(_ why: String) -> Proposal {
        var proposal = Proposal(waiting: ["\(record.phrase), because \(why)"], lookAgain: .seconds(1))
        if now - record.since > .seconds(10) { proposal.conditions.append(delayed("NotYet", why)) }
        return proposal
    }

    private func delayed(_ reason: String, _ why: String) -> Condition {
        Condition(
            .switchoverDelayed, .true, reason: reason,
            message: "\(record.from) \(record.isRestart ? "is not restarted" : "does not hand over"): \(why)",
            subject: .leadership)
    }

    // MARK: while they are held

    /// Holds the clients, lets the old primary shut down, and gives its place away; or has it restarted.
    func handOver() -> Proposal {
        guard let clientPause = ClientPause(scope) else {
            return callOff("it took longer than \(ClientPause.limit.components.seconds) s")
        }
        if clientPause.isGone { return record.isRestart ? forget("\(record.from) has ended") : release(clientPause) }
        if clientPause.isRestarted { return finish(record.from) }
        // there is no way back: PostgreSQL may have begun to stop, and a client that goes on would get an error
        let isBegun = input.observation.restarts.contains(record.from)
        if record.isRestart, isBegun || !from.isServing || scope.serving != record.from {
            return exclusively(waiting: "\(record.from) to take writes again", lookAgain: .milliseconds(100))
        }
        if clientPause.isShuttingDown {
            return exclusively(waiting: "\(record.from) to shut down", lookAgain: .milliseconds(150))
        }
        if input.isInMaintenance { return callOff("the cluster is paused") }
        if dcs.isPaused { return callOff("Patroni is paused") }
        guard !scope.writers.isEmpty else { return callOff("there are no poolers any more") }
        guard !record.isRestart else { return gather(clientPause) ?? restart(clientPause) }
        guard let candidate = nodeSet.successors(of: record.from).first(where: { $0.name == clientPause.candidate }),
            candidate.isStreaming
        else { return callOff("\(clientPause.candidate) cannot take over any more") }
        if let step = gather(clientPause) { return step }
        guard let body = from.container, body.state.isRunning else { return callOff("\(record.from) does not run") }
        return exclusively(
            [
                Action(
                    .docker(scope.engineID, .shutdownPrimary(body.id)), on: scope.subject(record.from.container),
                    because: .handOver(record.why))
            ], waiting: "\(record.from) to shut down", lookAgain: .milliseconds(150))
    }

    /// Until every pooler holds its clients.
    private func gather(_ clientPause: ClientPause) -> Proposal? {
        let free = (scope.writers + readers).filter { !scope.pausesClients($0) }
        if free.isEmpty { return nil }
        if clientPause.age > SwitchoverStep.gathering {
            return callOff("\(free.map(\.name.text).joined(separator: " and ")) could not hold its clients in time")
        }
        return exclusively(
            free.map {
                Action(
                    .pooler($0.name, .pause), on: scope.subject($0.name),
                    because: .switchover("its clients wait for \(clientPause.candidate)"))
            }, waiting: "the poolers to hold their clients")
    }

    /// The poolers for reading that a restart cuts off: where there is no other node to read from, they lead to the primary.
    private var readers: [Pooler] {
        guard record.isRestart else { return [] }
        return scope.cluster.poolers.filter { pooler in
            pooler.access == .readOnly && input.observation.pooler(pooler.name).value?.hosts == [record.from]
        }
    }

    /// Asks Patroni to restart PostgreSQL; the next looks show that the restart is under way.
    private func restart(_ clientPause: ClientPause) -> Proposal {
        guard RollingUpdate.wantsToRestart(record.from, nodeSet) else {
            return callOff("nothing waits for it any more")
        }
        if from.isInMaintenance { return callOff("\(record.from) is in maintenance") }
        if !nodeSet.othersAreHealthy(than: record.from) { return callOff("not all other nodes do their part") }
        // it needs its time, too
        guard clientPause.age < ClientPause.limit / 3 else { return callOff("it could not be restarted in time") }
        return exclusively(
            [
                Action(
                    .patroni(record.from, .restart), on: .node(record.from),
                    because: .restartPending(from.pendingNames))
            ], waiting: "\(record.from) to take writes again", lookAgain: .milliseconds(100))
    }

    /// The old primary is dead by the engine's own record; its key goes, and the candidate is named in the same transaction.
    private func release(_ clientPause: ClientPause) -> Proposal {
        guard !dcs.isPaused, let key = dcs.leader, let proof = Failover.evidence(against: key.node, at: scope),
            nodeSet.candidates(besides: key.node).contains(where: { $0.name == clientPause.candidate })
        else { return exclusively(waiting: "\(clientPause.candidate) to lead") }
        // a quorum is met by comparing, and one that did not end in order may have left something behind
        let mode = scope.cluster.postgres.synchronous.mode
        let isNamed = mode != .quorum && proof.exitCode == 0
        return exclusively(
            [
                Action(
                    .etcd(
                        .releaseLeader(
                            prefix: input.cluster.dcsPrefix, key, candidate: isNamed ? clientPause.candidate : nil)),
                    on: .leadership, because: .leaderDead(key.node, exitCode: proof.exitCode), proof: proof)
            ], waiting: "\(clientPause.candidate) to lead")
    }

    /// Only who has a part in it may act, unless a person has paused Patroni and nothing will come of it soon.
    /// - Parameter lookAgain: long where etcd or Docker tells of the next step: looking takes the machine from those who
    ///   are waited for.
    private func exclusively(
        _ actions: [Action] = [], waiting what: String, lookAgain: Duration = .milliseconds(20)
    ) -> Proposal {
        var proposal = Proposal(actions: actions, waiting: [what], lookAgain: lookAgain)
        if !dcs.isPaused { proposal.exclusivePlanners = Switchovers.exclusivePlanners }
        return proposal
    }

    /// Somebody else leads, or the restarted one again: the poolers turn there by themselves, and when their clients go on
    /// it is over.
    func finish(_ leader: NodeName) -> Proposal {
        guard record.stage == .holding, ClientPause(scope) != nil else { return forget("\(leader) leads") }
        let isOver =
            scope.serving == leader
            && scope.writers.allSatisfy { pooler in
                guard case .present(let view) = input.observation.pooler(pooler.name) else { return true }
                return !view.isPaused
            }
        return isOver ? forget("\(leader) leads") : exclusively(waiting: "\(leader) to take writes")
    }

    // MARK: the record

    /// Lets the clients go on at once, and tries again after a while.
    private func callOff(_ why: String) -> Proposal {
        var next = record.at(.calledOff, since: now)
        next.attempts += 1
        next.note = why
        return Proposal(
            actions: scope.writers.compactMap { pooler in
                guard case .present(let view) = input.observation.pooler(pooler.name), view.isPaused,
                    view.hosts == [record.from]
                else { return nil }
                return Action(
                    .pooler(pooler.name, .resume), on: scope.subject(pooler.name),
                    because: .switchover("\(record.what) is called off: \(why)"))
            } + [write(next, because: .switchover("\(record.what) is called off: \(why)"))],
            conditions: [delayed("CalledOff", why)], waiting: ["another attempt at \(record.phrase)"],
            lookAgain: .zero)
    }

    /// Between two attempts.
    func wait() -> Proposal {
        if let why = lapse { return forget(why) }
        let pauses: [Duration] = [.seconds(30), .seconds(60), .seconds(120), .seconds(300)]
        let pause = pauses[min(max(record.attempts, 1), pauses.count) - 1]
        let rest = pause - (now - record.since)
        guard rest <= .zero || rest > pause else {
            return Proposal(
                conditions: [delayed("CalledOff", record.note + "; it is tried again")],
                waiting: ["another attempt at \(record.phrase)"], lookAgain: min(rest, .seconds(5)))
        }
        return Proposal(
            actions: [write(record.at(.requested, since: now), because: .switchover("it is time to try again"))],
            waiting: ["another attempt at \(record.phrase)"])
    }

    func forget(_ why: String) -> Proposal {
        let key = SwitchoverRecord.key(of: input.cluster.name)
        return Proposal(actions: [
            Action(
                .etcd(.deleteKey(key: key, modRevision: record.modRevision)), on: .leadership,
                because: .switchover("\(record.what) is over: \(why)"))
        ])
    }

    private func write(_ next: SwitchoverRecord, because reason: Reason) -> Action {
        let key = SwitchoverRecord.key(of: input.cluster.name)
        return Action(
            .etcd(.replaceKey(key: key, value: next.value, modRevision: record.modRevision)), on: .leadership,
            because: reason)
    }
}

extension SwitchoverRecord {
    /// What is under way, in words.
    var phrase: String { isRestart ? "\(what) of \(from)" : "\(what) from \(from)" }
    /// The same without a name.
    var what: String { isRestart ? "the restart" : "the switchover" }
    /// Why something is done for it.
    var reason: Reason { isRestart ? .switchover("\(from) is to be restarted, \(why)") : .handOver(why) }
}

extension NodeSet {
    /// The node that Patroni is told to hand over to: none where a quorum confirms commits, because one standby by itself may lack
    /// some, and whom it is told leads without being compared (`manual_failover_process_no_leader`).
    func named(_ candidate: NodeView) -> NodeName? {
        scope.cluster.postgres.synchronous.mode == .quorum ? nil : candidate.name
    }

    /// Whether a candidate can take over behind poolers that hold their clients: commits must have waited for it.
    func isPooled(_ candidate: NodeName) -> Bool {
        scope.cluster.canPauseClients && isSynchronous && dcs?.synchronous?.standbys.contains(candidate) == true
    }
}
