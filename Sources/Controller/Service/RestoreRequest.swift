import LiveWorld
import Model
import Reconcilers
import Supervisor

/// Asks the controller for a restore in place, by a key in etcd that outlives both of them, and watches it.
struct RestoreRequest {
    let session: Session

    private var cluster: Cluster { session.source.cluster }

    /// Checks the target against what the repository holds, and writes the request.
    func make(_ recovery: Recovery) async throws -> RestoreRecord {
        try await session.refuseWhilePaused(everywhere: true)
        let now = await session.world.now()
        let seen = try await lookIntoRepository()
        if let running = seen.dcs.restore {
            throw Failure("a restore to \(running.target.text) is under way (\(running.stage.rawValue)); see `status`")
        }
        // what more WAL cannot change is said at once
        try check(seen.observation) { $0.lastingProblem(with: recovery, backups: $1) }
        try check(await settle(seen.observation)) { $0.problem(with: recovery, backups: $1) }
        let id = String(now.text.filter(\.isNumber).prefix(14))
        let record = RestoreRecord(
            id: id, target: recovery.target, backup: recovery.backup, requestedAt: now.text)
        let key = RestoreRecord.prefix(of: cluster.name) + id
        guard case .written = try await session.claim(key, record.value(at: .requested)) else {
            throw Failure("another restore was asked for in this very second; see `status`")
        }
        Terminal.say("asked for the restore to \(recovery.target.text)")
        return record
    }

    private func check(
        _ observation: Observation, _ problem: (RecoverableWindow, [BackupView]) -> String?
    ) throws {
        guard case .present(let repository) = observation.repository, let window = RecoverableWindow(observation) else {
            throw Failure("the repository holds no backup that could be seen; nothing was touched")
        }
        if let problem = problem(window, repository.backups) {
            throw Failure(.badInput, problem + "; nothing was touched")
        }
    }

    /// Gives up a restore that the cluster has not begun to change over to.
    func cancel() async throws {
        guard let record = try await look().dcs.restore else { return Terminal.say("no restore is under way") }
        guard record.stage == .requested else {
            throw Failure("the cluster changes over already; `controller restore --latest` turns to the newest data")
        }
        try await session.request(
            .replaceKey(
                key: RestoreRecord.prefix(of: cluster.name) + record.id, value: record.value(at: .cancelled),
                modRevision: record.modRevision))
        Terminal.say("the restore to \(record.target.text) is given up; the cluster was not touched")
    }

    /// Says what happens until the cluster is ready on the restored data.
    func follow(_ record: RestoreRecord, timeout: Duration) async throws {
        let start = ContinuousClock.now
        var shown = ""
        var stoppedAt: ContinuousClock.Instant?
        while ContinuousClock.now - start < timeout {
            let (input, plan) = await session.plan()
            let known = input.observation.dcs.value?.restores.first { $0.id == record.id }
            let ready = plan.conditions.contains { $0.type == .primaryAvailable && $0.status == .true }
            if known?.stage == .done, ready {
                let pause = stoppedAt.map { ContinuousClock.now - $0 } ?? .zero
                Terminal.say("restored to \(record.target.text); the primary was away for \(pause.brief)")
                return Terminal.say("the old data volumes stay; `controller status` names them")
            }
            if known?.stage == .cancelled { throw Failure("the restore was given up") }
            if known?.stage == .switching, stoppedAt == nil { stoppedAt = .now }
            if let trouble = plan.conditions.first(where: { $0.type == .restoreFailed }) {
                if trouble.reason == "TargetNotReached" {
                    throw Failure(trouble.message + "; `controller restore --cancel` clears it")
                }
                if trouble.message != shown { Terminal.complain("  … \(Terminal.plain(trouble.message))") }
                shown = trouble.message
            } else if let text = plan.waiting.first, text != shown {
                Terminal.complain("  … \(Terminal.plain(text))")
                shown = text
            }
            try await Task.sleep(for: .milliseconds(400))
        }
        throw Failure(.notConverged, "the restore is not at its end after \(timeout.brief); does a controller run?")
    }

    /// After all nodes are gone there is a moment in which no container mounts the repository.
    private func lookIntoRepository() async throws -> (observation: Observation, dcs: DCSView) {
        var seen = try await look()
        for _ in 0..<50 where seen.observation.repository.isUnknown {
            try await Task.sleep(for: .milliseconds(200))
            seen = try await look()
        }
        return seen
    }

    private func look() async throws -> (observation: Observation, dcs: DCSView) {
        let observation = await session.world.observe(cluster, scope: .everythingAfresh)
        guard case .present(let dcs) = observation.dcs else {
            throw Failure("etcd cannot be read, and the request has to lie there; see `status`")
        }
        return (observation, dcs)
    }

    /// PostgreSQL can stop at a moment only when the archive holds a commit that is later: a running primary is made
    /// to write one, and to archive it. PostgreSQL waits a minute after three failed attempts, which a primary that
    /// was promoted a moment ago can have behind it; the wait here is longer.
    private func settle(_ observation: Observation) async throws -> Observation {
        guard case .present(let database) = observation.database, !database.isInRecovery else { return observation }
        let asked = Timestamp(await session.world.now())
        for statement in [
            "SELECT pg_logical_emit_message(true, 'controller', 'restore')", "SELECT pg_switch_wal()",
        ] {
            let outcomes = await session.world.perform(
                [.sql(database.node, .script("postgres", statement))], for: cluster)
            guard case .done? = outcomes.first else { return observation }
        }
        let start = ContinuousClock.now
        var archiver = database.archiver
        var isTold = false
        while ContinuousClock.now - start < .seconds(90) {
            let seen = try await look().observation
            archiver = seen.database.value?.archiver ?? archiver
            if let at = seen.database.value?.archiver.lastArchivedAt, at >= asked { return seen }
            if !isTold, ContinuousClock.now - start > .seconds(5) {
                Terminal.complain("  … waiting until the newest WAL is archived")
                isTold = true
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        let words = archiver.isFailing ? archiver.failure.map { " (\(Terminal.plain($0)))" } ?? "" : ""
        throw Failure(
            "PostgreSQL did not archive its newest WAL within 90 s\(words), so the newest moments cannot be restored; "
                + "see `controller status`; nothing was touched")
    }
}

extension Duration {
    /// Seconds to a tenth.
    fileprivate var brief: String {
        let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
