import LiveWorld
import Model
import Reconcilers
import Supervisor

/// Asks the controller for a job on the repository, by a key in etcd, and says what becomes of it.
struct TaskWatch {
    let session: Session
    let kind: TaskRequest.Kind
    var type: BackupType = .incremental
    /// Of a deletion: the backup's label.
    var label: String?
    /// Who asks.
    var author = ""

    private var cluster: Cluster { session.source.cluster }
    private var container: ContainerName { ContainerName("\(cluster.name)-\(kind.rawValue)") }

    func run(timeout: Duration) async throws {
        try await session.refuseWhilePaused()
        let known = kind == .backup ? try await labels() : []
        if let label { try await check(label) }
        let request = try await ask()
        Terminal.complain("  … asked for")
        session.warnWithoutController()
        try await Withdrawal.taking(back: { try? await withdraw(request) }) {
            try await follow(request, asked: request.at, known: known, timeout: timeout)
        }
    }

    /// Refuses to ask for the deletion of a backup that is needed.
    private func check(_ label: String) async throws {
        guard case .present(let repository) = await session.world.observe(cluster, scope: .everythingAfresh).repository
        else { throw Failure("the repository cannot be read; nothing was asked for") }
        if let obstacle = BackupDeletion.obstacle(label, in: repository.backups) {
            throw Failure(.badInput, "\(Terminal.plain(obstacle)); nothing was asked for")
        }
    }

    /// Takes the request back, unless the job has begun: that one comes to its end.
    private func withdraw(_ request: TaskRequest) async throws {
        let observation = await session.world.observe(cluster, scope: .everythingAfresh)
        guard let known = observation.dcs.value?.requests.first(where: { $0.kind == kind && $0.at == request.at })
        else { return }
        if observation.engines.first?.view.value?.container(container)?.state.isRunning == true {
            return Terminal.complain("  … it has begun and goes on; `controller status` tells how it ends")
        }
        try await session.request(
            .deleteKey(
                key: TaskRequest.prefix(of: cluster.name) + kind.rawValue, modRevision: known.modRevision))
        Terminal.complain("  … the request is taken back")
    }

    /// Puts the request into etcd.
    func ask() async throws -> TaskRequest {
        try await session.refuseWhilePaused()
        let request = TaskRequest(kind, type: type, label: label, at: Timestamp(await session.world.now()), by: author)
        let key = TaskRequest.prefix(of: cluster.name) + kind.rawValue
        if case .exists(let other) = try await session.claim(key, request.value) {
            let seen = other.flatMap { TaskRequest(key: kind.rawValue, value: $0, modRevision: 0) }
            throw Failure(
                "\(seen?.text ?? "another request") has not come to its end; ask again when it has (see `status`)")
        }
        return request
    }

    private func follow(_ request: TaskRequest, asked: Timestamp, known: [String], timeout: Duration) async throws {
        let start = ContinuousClock.now
        var shown = ""
        while ContinuousClock.now - start < timeout {
            // with what was read before: looking takes the machine from the job
            let observation = await session.world.observe(cluster, scope: .everything)
            let isOver =
                observation.dcs.value.map { dcs in
                    !dcs.requests.contains { $0.kind == kind && $0.at == asked }
                } ?? false
            let seen = observation.engines.first?.view.value?.container(container)
            if let seen, case .exited(let exit) = seen.state, let began = Timestamp(exit.startedAt), began > asked {
                if exit.code != 0, !seen.result.isUnknown {
                    // what a person wants deleted is not deleted at another time
                    if kind == .expire { try await withdraw(request) }
                    return try await fail(seen, exit)
                }
                if isOver, !seen.result.isUnknown || kind == .backup {
                    return try await succeed(request, seen, known: known)
                }
            } else if isOver {
                return try await succeed(request, nil, known: known)
            } else if kind == .backup, let archiver = observation.database.value?.archiver, archiver.isFailing {
                let text = "archiving fails, and the backup waits for it: \(archiver.failure ?? "see `status`")"
                if text != shown { Terminal.complain("  … \(Terminal.plain(text))") }
                shown = text
            } else if let seen, seen.state.isRunning, let text = await progress(), text != shown {
                Terminal.complain("  … \(text)")
                shown = text
            }
            try await Task.sleep(for: .milliseconds(400))
        }
        try await withdraw(request)
        throw Failure(
            .notConverged, "it is not at its end; does a controller run, and is there a primary? see `status`")
    }

    /// How far pgBackRest says it is, from the newest line of its log that has a percentage.
    private func progress() async -> String? {
        let lines = await session.world.lastLines(of: container, count: 20)
        for line in lines.reversed() {
            if let match = line.firstMatch(of: /, ([0-9]+(?:\.[0-9]+)?)%\)/) { return "\(match.1) %" }
        }
        return lines.isEmpty ? nil : "it runs"
    }

    private func fail(_ seen: ContainerView, _ exit: Model.Exit) async throws {
        for line in await session.world.lastLines(of: container, count: 20) {
            Terminal.complain("  | \(Terminal.plain(line))")
        }
        let error = seen.result.value?["error"]?.string ?? "exit code \(exit.code)"
        throw Failure("the \(kind.rawValue) failed: \(error)")
    }

    /// The backups that are there before anything is asked for.
    private func labels() async throws -> [String] {
        switch await session.world.observe(cluster, scope: .everythingAfresh).repository {
        case .present(let repository): return repository.backups.map(\.label)
        case .absent: return []
        case .unknown(let unknownReason): throw Failure("the repository could not be read: \(unknownReason.detail)")
        }
    }

    private func succeed(_ request: TaskRequest, _ seen: ContainerView?, known: [String]) async throws {
        switch kind {
        case .backup:
            for _ in 0..<50 {
                let repository = await session.world.observe(cluster, scope: .everythingAfresh).repository
                guard case .present(let view) = repository else {
                    try await Task.sleep(for: .milliseconds(200))
                    continue
                }
                guard let own = request.backup(in: view.backups, known: known) else { break }
                return Terminal.say("backup \(own.label) (\(own.type)) is in the repository")
            }
            throw Failure(
                "the request is gone, and no backup that began after it can be seen; see `events` and `backups`")
        case .expire:
            guard let label, try await !labels().contains(label) else {
                throw Failure("the request is gone, and \(label ?? "the backup") is still there; see `events`")
            }
            Terminal.say("backup \(label) is deleted")
        case .drill, .verify:
            let result = seen?.result.value
            let parts = [
                ("seconds", "s in all"), ("restoreSeconds", "s to restore"), ("replaySeconds", "s to replay WAL"),
                ("checkSeconds", "s to check"), ("tables", "tables"), ("rows", "rows"),
                ("vectorSearches", "vector searches"),
            ].compactMap { name, unit in result?[name].map { "\($0.text) \(unit)" } }
            Terminal.say("\(kind.rawValue): passed" + (parts.isEmpty ? "" : "; " + parts.joined(separator: ", ")))
        }
    }
}

extension Session {
    /// Writes a request into etcd, where it outlives this command, unless there is one.
    func claim(_ key: String, _ value: String) async throws(Failure) -> Claim {
        do {
            return try await world.claim(key, value, for: source.cluster)
        } catch {
            throw Failure("etcd did not take the request: \(error); look at `status` before trying again")
        }
    }

    /// Writes or deletes a key in etcd.
    func request(_ effect: EtcdEffect) async throws(Failure) {
        let outcomes = await world.perform([.etcd(effect)], for: source.cluster)
        switch outcomes.first {
        case .done: return
        case .refused(let refusal): throw Failure("etcd refused: \(refusal.message)")
        case .uncertain(let why): throw Failure("etcd did not answer: \(why); look at `status` before trying again")
        case nil: throw Failure("etcd was not asked")
        }
    }
}
