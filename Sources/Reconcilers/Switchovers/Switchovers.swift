public import Model

/// Hands the primary's place over, or restarts the primary where it is, while the poolers pause their clients: they wait a
/// moment, and get no error. Begins with a record in etcd (`SwitchoverRecord`), and everything but that is seen. What comes
/// next is decided by `SwitchoverMachine` and `RestartMachine`; the planner shows them the facts and does what they say.
public struct Switchovers: Reconciler {
    /// Its name in plans and events.
    public let name = "switchovers"
    /// The planners that may act while clients are paused.
    static let exclusivePlanners = ["switchovers", "failover", "poolers"]
    /// Creates the planner.
    public init() {}

    /// The next step of the switchover that was asked for.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input), case .present(let dcs) = input.observation.dcs,
            let record = dcs.switchover
        else { return Proposal() }
        let phase = SwitchoverPhase(record, dcs: dcs, at: scope)
        let facts = SeenFacts(record: record, dcs: dcs, nodeSet: NodeSet(scope))
        let step = record.isRestart ? RestartMachine.next(phase, facts) : SwitchoverMachine.next(phase, facts)
        return SwitchoverActions(facts: facts, phase: phase).proposal(for: step)
    }

    /// The record that asks for one; to the node itself for a restart.
    static func request(from: NodeName, to: NodeName? = nil, because why: String, input: PlanningInput) -> Action {
        let record = SwitchoverRecord(from: from, to: to, author: .controller, why: why, at: Timestamp(input.now))
        return Action(
            .etcd(.putIfAbsent(key: SwitchoverRecord.key(of: input.cluster.name), value: record.value)),
            on: .leadership, because: record.reason)
    }
}

/// Makes a step into actions: its effects, and what is written to the record.
struct SwitchoverActions {
    let facts: SeenFacts
    let phase: SwitchoverPhase

    private var record: SwitchoverRecord { facts.record }
    private var nodeSet: NodeSet { facts.nodeSet }
    private var scope: EngineScope { nodeSet.scope }
    private var input: PlanningInput { scope.input }

    func proposal(for step: SwitchoverStep) -> Proposal {
        var proposal = Proposal(
            actions: step.effects.flatMap { actions(for: $0, why: step.delay ?? "") } + change(to: step.next),
            waiting: step.waiting.map { [$0] } ?? [], lookAgain: step.lookAgain)
        if case .pausing(let candidate) = step.next, !phase.pausesClients {
            proposal.waiting = [recorded(candidate).phrase]
        }
        if let delay = step.delay, let reason = reason(for: step.next) {
            proposal.conditions = [
                Condition(
                    .switchoverDelayed, .true, reason: reason,
                    message:
                        "\(record.from) \(record.isRestart ? "is not restarted" : "does not hand over"): \(delay)",
                    subject: .leadership)
            ]
        }
        // what belongs to the switchover may act, unless a person has paused Patroni and nothing will come of it soon
        if phase.pausesClients, step.next.pausesClients, !facts.isPatroniPaused {
            proposal.exclusivePlanners = Switchovers.exclusivePlanners
        }
        return proposal
    }

    /// The condition's reason; nil while the delay is too short to be told.
    private func reason(for next: SwitchoverPhase) -> String? {
        if case .calledOff = next { return "CalledOff" }
        return Timestamp(input.now) - record.since > .seconds(10) ? "NotYet" : nil
    }

    private func actions(for effect: SwitchoverEffect, why: String) -> [Action] {
        let node = facts.from
        func act(_ effect: DockerEffect, because reason: Reason) -> Action {
            Action(.docker(scope.engineID, effect), on: scope.subject(record.from.container), because: reason)
        }
        switch effect {
        case .patroniSwitchover(let candidate):
            return [
                Action(
                    .patroni(record.from, .switchover(from: record.from, to: candidate)), on: .leadership,
                    because: .handOver(record.why))
            ]
        case .keepDown:
            guard let body = node.container else { return [] }
            var settings = body.settings
            settings.restartPolicy = ContainerSettings().restartPolicy
            return [
                act(
                    .update(body.id, settings),
                    because: .switchover("Docker would start it again while clients wait for another one"))
            ]
        case .checkpoint:
            return [
                Action(
                    .sql(record.from, .checkpoint), on: .node(record.from),
                    because: .switchover("what was checkpointed before need not be written while clients wait"))
            ]
        case .pauseClients(let poolers):
            let candidate = ClientPause(scope)?.candidate ?? record.from
            return poolers.map {
                Action(
                    .pooler($0, .pause), on: scope.subject($0),
                    because: .switchover("its clients wait for \(candidate)"))
            }
        case .shutdownPrimary:
            return node.container.map { [act(.shutdownPrimary($0.id), because: .handOver(record.why))] } ?? []
        case .releaseLeader: return releaseLeader
        case .restart:
            return [
                Action(
                    .patroni(record.from, .restart(startedAt: node.startToEnd)), on: .node(record.from),
                    because: RollingUpdate.why(node, nodeSet) ?? .restartPending(node.pendingNames))
            ]
        case .resumeClients:
            return scope.writers.compactMap { pooler in
                guard case .present(let view) = input.observation.pooler(pooler.name), view.isPaused,
                    view.hosts == [record.from]
                else { return nil }
                return Action(
                    .pooler(pooler.name, .resume), on: scope.subject(pooler.name),
                    because: .switchover("\(record.what) is called off: \(why)"))
            }
        }
    }

    /// The old primary is dead by the engine's own record; its key goes, and the candidate is named in the same transaction.
    private var releaseLeader: [Action] {
        guard let key = facts.dcs.leader, let proof = Failover.evidence(against: key.node, at: scope),
            case .dead(let candidate) = phase
        else { return [] }
        // a primary that did not end in order may have left something behind: then the replicas compare
        let isNamed = scope.cluster.postgres.synchronous.mayNameCandidate && proof.exitCode == 0
        return [
            Action(
                .etcd(
                    .releaseLeader(prefix: input.cluster.dcsPrefix, key, candidate: isNamed ? candidate : nil)),
                on: .leadership, because: .leaderDead(key.node, exitCode: proof.exitCode), proof: proof)
        ]
    }

    // MARK: the record

    private func recorded(_ candidate: NodeName) -> SwitchoverRecord {
        var next = record.at(.pausing, since: Timestamp(input.now))
        next.to = candidate
        return next
    }

    /// What is written where the next phase is another one than the record's.
    private func change(to next: SwitchoverPhase) -> [Action] {
        let now = Timestamp(input.now)
        switch next {
        case .pausing(let candidate) where !phase.pausesClients:
            return [write(recorded(candidate), because: record.reason)]
        case .calledOff(let why) where phase.pausesClients:
            var off = record.at(.calledOff, since: now)
            off.attempts += 1
            off.note = why
            return [write(off, because: .switchover("\(record.what) is called off: \(why)"))]
        case .requested where phase.name == .calledOff:
            return [
                write(record.at(.requested, since: now), because: .switchover("it is time to try again"))
            ]
        case .over(let why):
            let key = SwitchoverRecord.key(of: input.cluster.name)
            return [
                Action(
                    .etcd(.deleteKey(key: key, modRevision: record.modRevision)), on: .leadership,
                    because: .switchover("\(record.what) is over: \(why)"))
            ]
        case .unreadable, .requested, .pausing, .shuttingDown, .dead, .electing, .restarting, .resuming, .calledOff:
            return []
        }
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
