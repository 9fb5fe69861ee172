import FoundationEssentials
import LiveWorld
import Model
import Supervisor

/// Asks the controller for a switchover, by a key in etcd, and says what becomes of it.
struct SwitchoverRequest {
    let session: Session

    private var cluster: Cluster { session.source.cluster }
    private var key: String { SwitchoverRecord.key(of: cluster.name) }

    func run(to candidate: NodeName?, timeout: Duration) async throws {
        var tail = EventTail(path: session.state.events)
        _ = tail.newest(0)
        guard let leader = try await ask(to: candidate) else {
            return Terminal.say("\(candidate?.text ?? "") is the primary already")
        }
        session.warnWithoutController()
        try await Withdrawal.taking(back: { try? await withdraw() }) {
            try await follow(from: leader, timeout: timeout)
        }
        let new = try await look().leader?.node
        Terminal.say("\(new.map(\.text) ?? "no node") is the primary now, in place of \(leader)")
        if let cost = await cost(&tail) { Terminal.say(cost) }
    }

    /// Puts the request into etcd; the primary that is to hand over, nil where the candidate is the primary already.
    func ask(to candidate: NodeName?) async throws -> NodeName? {
        let dcs = try await look()
        guard let leader = dcs.leader?.node else {
            throw Failure("there is no primary that could hand over; see `status`")
        }
        if candidate == leader { return nil }
        try check(candidate, leader, dcs)
        let record = SwitchoverRecord(
            from: leader, to: candidate, author: .person, why: "a person asked for it",
            at: Timestamp(await session.world.now()))
        if case .exists(let other) = try await session.claim(key, record.value) {
            let seen = SwitchoverRecord(value: other, modRevision: 0)
            throw Failure(
                "a switchover from \(seen.from) is under way already, since \(seen.at.brief) (\(seen.why)); see `status`"
            )
        }
        return leader
    }

    /// What cannot be is refused before anything is asked for.
    private func check(_ candidate: NodeName?, _ leader: NodeName, _ dcs: DCSView) throws(Failure) {
        guard cluster.nodes.count > 1 else {
            throw Failure(.badInput, "there is only one node; `nodes.count: 2` in the manifest gives it a standby")
        }
        if dcs.isPaused { throw Failure("Patroni is paused; `patronictl resume` first") }
        if let record = dcs.switchover, record.isRestart {
            throw Failure("\(leader) is to be restarted behind the poolers first (\(record.why)); see `status`")
        }
        if let record = dcs.switchover {
            throw Failure(
                "a switchover from \(record.from) is under way already, since \(record.at.brief) (\(record.why)); see `status`"
            )
        }
        guard let candidate else { return }
        let others = cluster.nodeNames.filter { $0 != leader }
        guard others.contains(candidate) else {
            let names = others.map(\.text).joined(separator: ", ")
            throw Failure(.badInput, "--to: there is no node \(candidate); the standbys are \(names)")
        }
        let standbys = dcs.synchronous?.standbys ?? []
        guard cluster.postgres.synchronous.mode == .off || standbys.contains(candidate) else {
            let names = standbys.map(\.text).joined(separator: ", ")
            throw Failure(
                .badInput,
                "--to: commits do not wait for \(candidate), so it might lack some; "
                    + (names.isEmpty ? "there is no synchronous standby now" : "the synchronous standbys are \(names)"))
        }
    }

    private func follow(from leader: NodeName, timeout: Duration) async throws {
        let start = ContinuousClock.now
        var shown = ""
        var why = "does a controller run? see `status`"
        Terminal.complain("  … asked for")
        while ContinuousClock.now - start < timeout {
            try await Task.sleep(for: .milliseconds(400))
            guard let dcs = try? await look() else { continue }
            // the controller's own may follow at once
            guard let record = dcs.switchover, record.author == .person else {
                if let new = dcs.leader?.node, new != leader { return }
                if dcs.leader != nil { throw Failure("the request was dropped; \(leader) still leads (see `events`)") }
                continue
            }
            let text: String
            switch record.stage {
            case .pausing: text = "clients wait for \(record.to?.text ?? "the new primary")"
            case .calledOff:
                why = record.note
                text = "called off, and to be tried again: \(record.note)"
            case .requested:
                let (_, plan) = await session.plan()
                let delay = plan.conditions.first { $0.type == .switchoverDelayed }?.message
                why = delay ?? why
                text = delay ?? plan.waiting.first ?? "asked for"
            case .unreadable: text = "its record cannot be read"
            }
            if text != shown { Terminal.complain("  … \(Terminal.plain(text))") }
            shown = text
        }
        try await withdraw()
        throw Failure(.notConverged, "\(leader) still leads after \(timeout.components.seconds) s: \(why)")
    }

    /// Takes the request back, unless clients wait for its end.
    private func withdraw() async throws {
        guard let record = try await look().switchover, record.author == .person, !record.pausesClients else {
            return
        }
        try await session.request(.deleteKey(key: key, modRevision: record.modRevision))
        Terminal.complain("  … the request is taken back")
    }

    private func look() async throws(Failure) -> DCSView {
        let observation = await session.world.observe(cluster, scope: .guarding(.leadership))
        guard case .present(let dcs) = observation.dcs else {
            throw Failure("etcd cannot be read, and the request has to lie there; see `status`")
        }
        return dcs
    }

    /// What the controller measured, from its event log.
    private func cost(_ tail: inout EventTail) async -> String? {
        for _ in 0..<20 {
            for line in tail.next() {
                guard let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)),
                    event.measured?.kind == .clientPause, let seconds = event.measured?.seconds
                else { continue }
                return "the poolers' clients waited for \(seconds) s"
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return nil
    }
}
