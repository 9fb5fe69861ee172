import Model

/// The time in which the poolers pause their clients for a switchover or a restart. It ends by itself, whatever becomes of
/// the rest.
struct ClientPause {
    /// The longest pause of the clients, also where the controller cannot go on or cannot look.
    static let limit: Duration = .seconds(10)
    /// The same in words.
    static var words: String { "\(limit.components.seconds) s" }

    let record: SwitchoverRecord
    /// The node that clients go on with.
    let candidate: NodeName
    /// Whether the poolers turn to the candidate now: the old primary shuts down, or its leader key is gone.
    let turnsToCandidate: Bool
    /// Whether the primary that is restarted where it is has what it was restarted for.
    let isRestarted: Bool
    let age: Duration

    /// Nil where no client is to be paused now.
    init?(_ scope: EngineScope) {
        guard case .present(let dcs) = scope.input.observation.dcs, let record = dcs.switchover,
            record.pausesClients, let to = record.to
        else { return nil }
        // by the wall clock, which may have jumped: a time that makes no sense is no reason to pause a client
        let age = Timestamp(scope.input.now) - record.since
        guard age > .seconds(-2), age < ClientPause.limit else { return nil }
        self.record = record
        self.age = age
        let phase = SwitchoverPhase(record, dcs: dcs, at: scope)
        isRestarted = phase == .resuming(leader: record.from)
        if case .shuttingDown = phase {
            turnsToCandidate = true
        } else {
            turnsToCandidate = dcs.leader?.node != record.from
        }
        // the elected node is the candidate, also where another one was asked for
        if case .resuming(let leader) = phase { candidate = leader } else { candidate = to }
    }

    /// Whether the clients may go on with the node that takes writes.
    func ends(with serving: NodeName) -> Bool { serving != record.from || isRestarted }
}

extension SwitchoverPhase {
    /// The phase that a look shows: the record says how far it has come, as far as that cannot be seen.
    init(_ record: SwitchoverRecord, dcs: DCSView, at scope: EngineScope) {
        switch record.stage {
        case .unreadable: self = .unreadable
        case .requested: self = .requested
        case .calledOff: self = .calledOff(why: record.note)
        case .pausing: self = SwitchoverPhase(paused: record, dcs: dcs, at: scope)
        }
    }

    private init(paused record: SwitchoverRecord, dcs: DCSView, at scope: EngineScope) {
        let candidate = record.to ?? record.from
        if let leader = dcs.leader?.node, leader != record.from {
            self = .resuming(leader: leader)
            return
        }
        guard scope.container(record.from.container)?.state.isAlive == true else {
            self =
                dcs.leader == nil && !record.isRestart ? .electing(candidate: candidate) : .dead(candidate: candidate)
            return
        }
        let member = scope.input.observation.member(record.from).value
        guard record.isRestart else {
            let isShuttingDown = scope.serving == nil && member == nil
            self = isShuttingDown ? .shuttingDown(candidate: candidate) : .pausing(candidate: candidate)
            return
        }
        let primary = NodeView(record.from, at: scope)
        if scope.serving == record.from, member?.state == .running, member?.needsRestart == false,
            !primary.isRestartRequested
        {
            self = .resuming(leader: record.from)
            return
        }
        let isUnderWay = scope.input.observation.restarts.contains(record.from)
        let takesWrites = scope.serving == record.from && primary.isServing
        self = isUnderWay || !takesWrites ? .restarting : .pausing(candidate: candidate)
    }
}

extension EngineScope {
    /// The node that takes writes by PostgreSQL's own word; nil while none does, or it is unknown.
    var serving: NodeName? {
        let leader = input.observation.dcs.value?.leader?.node
        return input.observation.database.value.flatMap { $0.isInRecovery || $0.node != leader ? nil : $0.node }
    }

    /// The poolers that writing clients come through.
    var writers: [Pooler] { cluster.poolers.filter { $0.access == .readWrite } }

    /// Whether a pooler runs and pauses its clients, all of their transactions having ended.
    func pausesClients(_ pooler: Pooler) -> Bool {
        guard container(pooler.name)?.state.isRunning == true else { return false }
        guard case .present(let view) = input.observation.pooler(pooler.name) else { return false }
        return view.isPaused && view.servers == 0
    }
}
