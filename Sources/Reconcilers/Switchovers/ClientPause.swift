import Model

/// The time in which the poolers hold their clients for a switchover or a restart. It ends by itself, whatever becomes of the rest.
struct ClientPause {
    /// The longest pause of the clients, also where the controller cannot go on or cannot look.
    static let limit: Duration = .seconds(10)

    let record: SwitchoverRecord
    let candidate: NodeName
    /// Whether the old primary's container has ended: a switchover has no way back then.
    let isGone: Bool
    /// Whether the leader key is not the old primary's any more.
    let isReleased: Bool
    /// Whether it does not answer any more, because it shuts down.
    let isShuttingDown: Bool
    /// Whether the primary that is restarted where it is has what it was restarted for.
    let isRestarted: Bool
    let age: Duration

    /// Nil where no client is to be paused now.
    init?(_ scope: EngineScope) {
        guard case .present(let dcs) = scope.input.observation.dcs, let record = dcs.switchover,
            record.stage == .holding, let to = record.to
        else { return nil }
        // by the wall clock, which may have jumped: a time that makes no sense is no reason to hold anybody
        let age = Timestamp(scope.input.now) - record.since
        guard age > .seconds(-2), age < ClientPause.limit else { return nil }
        let body = scope.container(record.from.container)
        self.record = record
        self.age = age
        isReleased = dcs.leader?.node != record.from
        isGone = body.map { !$0.state.isAlive } ?? true
        let member = scope.input.observation.member(record.from).value
        isShuttingDown = !record.isRestart && !isGone && scope.serving == nil && member == nil
        isRestarted =
            record.isRestart && scope.serving == record.from && member?.state == .running
            && member?.needsRestart == false
        // the elected node is the candidate, also where another one was asked for
        if let leader = dcs.leader?.node, leader != record.from { candidate = leader } else { candidate = to }
    }

    /// Whether the clients may go on with the node that takes writes.
    func ends(with serving: NodeName) -> Bool { serving != record.from || isRestarted }
}

extension EngineScope {
    /// The node that takes writes by PostgreSQL's own word; nil while none does, or it is unknown.
    var serving: NodeName? {
        let leader = input.observation.dcs.value?.leader?.node
        return input.observation.database.value.flatMap { $0.isInRecovery || $0.node != leader ? nil : $0.node }
    }

    /// The poolers that writing clients come through.
    var writers: [Pooler] { cluster.poolers.filter { $0.access == .readWrite } }

    /// Whether a pooler runs and holds its clients, all of their transactions having ended.
    func pausesClients(_ pooler: Pooler) -> Bool {
        guard container(pooler.name)?.state.isRunning == true else { return false }
        guard case .present(let view) = input.observation.pooler(pooler.name) else { return false }
        return view.isPaused && view.servers == 0
    }
}
