import Model

/// The time in which the poolers hold their clients for a switchover or a restart. It ends by itself, whatever becomes of the rest.
struct Hold {
    /// Nobody is held longer, neither by one who cannot go on nor by one who cannot look.
    static let limit: Duration = .seconds(10)

    let record: SwitchoverRecord
    let heir: NodeName
    /// Whether the old primary's container has ended: a switchover has no way back then.
    let isGone: Bool
    /// Whether the leader key is not the old primary's any more.
    let isReleased: Bool
    /// Whether it answers nobody any more, as one that stands down.
    let isStandingDown: Bool
    /// Whether the primary that is restarted where it is has what it was restarted for.
    let isRestarted: Bool
    let age: Duration

    /// Nil where nobody is to be held now.
    init?(_ site: Site) {
        guard case .present(let dcs) = site.scene.observation.dcs, let record = dcs.switchover,
            record.stage == .holding, let to = record.to
        else { return nil }
        // by the wall clock, which may have jumped: a time that makes no sense is no reason to hold anybody
        let age = Timestamp(site.scene.now) - record.since
        guard age > .seconds(-2), age < Hold.limit else { return nil }
        let body = site.container(record.from.container)
        self.record = record
        self.age = age
        isReleased = dcs.leader?.node != record.from
        isGone = body.map { !$0.state.isAlive } ?? true
        let member = site.scene.observation.member(record.from).value
        isStandingDown = !record.isRestart && !isGone && site.serving == nil && member == nil
        isRestarted =
            record.isRestart && site.serving == record.from && member?.state == .running
            && member?.needsRestart == false
        // whoever was elected is it, also where it is somebody else than was wished
        if let leader = dcs.leader?.node, leader != record.from { heir = leader } else { heir = to }
    }

    /// Whether those who wait may go on with whoever takes writes.
    func ends(with serving: NodeName) -> Bool { serving != record.from || isRestarted }
}

extension Site {
    /// Who takes writes by PostgreSQL's own word; nil while nobody does, or nobody can say.
    var serving: NodeName? {
        let leader = scene.observation.dcs.value?.leader?.node
        return scene.observation.database.value.flatMap { $0.isInRecovery || $0.node != leader ? nil : $0.node }
    }

    /// The poolers that writing clients come through.
    var writers: [Pooler] { cluster.poolers.filter { $0.access == .readWrite } }

    /// Whether a pooler runs and holds its clients, all of their transactions having ended.
    func isHeld(_ pooler: Pooler) -> Bool {
        guard container(pooler.name)?.state.isRunning == true else { return false }
        guard case .present(let view) = scene.observation.pooler(pooler.name) else { return false }
        return view.isPaused && view.servers == 0
    }
}
