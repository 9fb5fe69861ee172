import Model

/// I18: a primary shuts down for a switchover only while every pooler for writing pauses its clients, and only when the
/// candidate has every commit. A primary is restarted in place only while a switchover's record pauses the clients, in a
/// cluster whose poolers can pause them.
enum HandOverGuard {
    /// WAL that PostgreSQL ships in the course of its orderly end.
    static let rest: Int64 = 16 << 20

    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        if case .patroni(let node, .restart) = action.effect { return restart(node, input) }
        guard case .docker(_, .shutdownPrimary(let id)) = action.effect else { return nil }
        func refuse(_ words: String) -> Violation { Violation(.clientsPaused, words) }
        guard case .present(let dcs) = input.observation.dcs, let record = dcs.switchover, record.pausesClients,
            let candidate = record.to
        else { return refuse("no switchover is under way") }
        guard let engine = input.cluster.engines.first?.name,
            case .present(let view) = input.observation.engine(engine),
            let body = view.container(id: id), body.labels.value(of: Label.name) == record.from.text
        else { return refuse("container \(id.short) is not \(record.from)") }
        guard body.settings.restartPolicy == ContainerSettings().restartPolicy else {
            return refuse("Docker would start \(record.from) again")
        }
        guard dcs.leader?.node == record.from else { return refuse("\(record.from) does not lead") }
        if let other = dcs.handover { return refuse("Patroni hands over \(other.words)") }
        guard input.cluster.postgres.synchronous.mode != .off, dcs.synchronous?.leader == record.from,
            dcs.synchronous?.standbys.contains(candidate) == true
        else { return refuse("commits do not wait for \(candidate)") }
        guard case .present(let old) = input.observation.member(record.from),
            case .present(let new) = input.observation.member(candidate), new.role == .replica, new.state == .running,
            new.isStreaming
        else { return refuse("\(candidate) does not stream") }
        guard let sent = old.walPosition, let received = new.walPosition, sent - received < rest else {
            return refuse("\(candidate) does not have what \(record.from) wrote")
        }
        return clients(input)
    }

    private static func restart(_ node: NodeName, _ input: PlanningInput) -> Violation? {
        guard input.cluster.canPauseClients, case .present(let dcs) = input.observation.dcs, dcs.leader?.node == node
        else { return nil }
        return dcs.switchover?.pausesClients(forRestartOf: node) == true
            ? nil : Violation(.clientsPaused, "no pooler pauses its clients for the restart of \(node)")
    }

    private static func clients(_ input: PlanningInput) -> Violation? {
        let writers = input.cluster.poolers.filter { $0.access == .readWrite }
        if writers.isEmpty { return Violation(.clientsPaused, "there are no poolers") }
        for pooler in writers {
            guard case .present(let view) = input.observation.pooler(pooler.name) else {
                return Violation(.clientsPaused, "\(pooler.name) could not be asked again")
            }
            guard view.isPaused, view.servers == 0 else {
                return Violation(.clientsPaused, "\(pooler.name) does not pause its clients")
            }
        }
        return nil
    }
}
