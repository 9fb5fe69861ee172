import Model

/// The jobs on the repository that are due by schedule or by request: a deletion first, then backups, drills and verifications;
/// never two at a time.
struct BackupTasks {
    let scope: EngineScope
    let repository: RepositoryView
    private let now: Timestamp

    init(_ repository: RepositoryView, at scope: EngineScope) {
        self.scope = scope
        self.repository = repository
        now = Timestamp(scope.input.now)
    }

    private var settings: BackupSettings { scope.cluster.backups }
    private var archiver: ArchiverView? { scope.input.observation.database(seeing: .archiver).value?.archiver }
    private var requests: [TaskRequest] { scope.input.observation.dcs.value?.requests ?? [] }

    func propose() -> Proposal {
        var proposal = forgetDone()
        TaskReport.add(scope, to: &proposal)
        proposal.add(CheckHistory(scope: scope).propose())
        let alive = scope.containers(of: .task).first(where: \.state.isAlive)
        for (job, since) in [deletion(), backup(), check(.drill), check(.verify)].compactMap(\.self) {
            // another one may live: this one has its turn afterwards
            if let alive, alive.name != job.kind.container(of: scope.cluster.name) { break }
            if job.kind == .backup, alive == nil, let archiver, archiver.isFailing {
                proposal.conditions.append(
                    Condition(
                        .backupFailed, .true, reason: "ArchivingFails",
                        message: "a backup is due (\(job.identity)) and waits until archiving works: without its WAL "
                            + "it would be of no use", subject: .repository))
                continue
            }
            if let step = run(job, since: since) {
                proposal.add(step)
                break
            }
        }
        if let next = settings.schedules.next(after: now) {
            let pause = max(next - now, .seconds(1))
            proposal.lookAgain = min(proposal.lookAgain ?? pause, pause)
        }
        return proposal
    }

    /// The steps of a job that is due; nil when it has been done, and another may come.
    private func run(_ job: TaskSpec, since: Timestamp) -> Proposal? {
        switch TaskProgress(job, at: scope) {
        case .underway(let proposal): return chore(proposal)
        case .ended(let seen, let exit):
            guard exit.code != 0 else { return nil }
            // damage does not go away by looking again
            if job.kind != .backup, exit.code == TaskReport.damaged { return nil }
            // soon at first, because most of what ends a job passes: a node that dies, a primary that hands over
            let pause = min(max((now - since) / 4, .seconds(10)), .seconds(60))
            return chore(
                TaskProgress.again(
                    seen, exit, after: pause, reason: .retried("exit code \(exit.code)"), at: scope))
        }
    }

    private var access: RepositoryAccess { RepositoryAccess(settings) }

    /// What comes with the hours is no sign that the cluster is not as it should be.
    private func chore(_ proposal: Proposal) -> Proposal {
        Proposal(
            backgroundActions: proposal.actions + proposal.backgroundActions, conditions: proposal.conditions,
            lookAgain: proposal.lookAgain)
    }

    /// The fullest backup that is due and not there yet.
    private func backup() -> (TaskSpec, since: Timestamp)? {
        var due: (type: BackupType, since: Timestamp)?
        for type in BackupType.allCases.sorted(by: >) where due == nil {
            let times = [settings.schedules.latest(type, at: now), request(type)].compactMap(\.self)
            guard let since = times.max(), !isCovered(type, since: since) else { continue }
            due = (type, since)
        }
        guard let due else { return nil }
        let task = TaskSpec(
            kind: .backup, identity: "\(due.type.rawValue) \(due.since.brief)",
            command: ["task", "backup", "--stanza=\(settings.stanza)", "--type=\(due.type.rawValue)"],
            mounts: access.mounts(), files: PgBackRestFile.backup(at: scope),
            networks: [scope.cluster.network.name] + access.networks(scope.cluster))
        return (task, due.since)
    }

    /// Whether a backup of this type, or a fuller one, began after a moment. A cluster younger than the moment has
    /// missed nothing.
    private func isCovered(_ type: BackupType, since: Timestamp) -> Bool {
        guard let oldest = repository.backups.map(\.startedAt).min() else { return true }
        if Timestamp(seconds: oldest) > since { return true }
        return repository.backups.contains { backup in
            BackupType(rawValue: backup.type).map { $0 >= type } == true
                && Timestamp(seconds: backup.startedAt) >= since
        }
    }

    private func request(_ type: BackupType) -> Timestamp? {
        requests.first { $0.kind == .backup && $0.type == type }?.at
    }

    /// The deletion of a backup that a person asked for, as long as it may be deleted.
    private func deletion() -> (TaskSpec, since: Timestamp)? {
        // a restore that is under way may begin with just this backup
        guard let request = requests.first(where: { $0.kind == .expire }), let label = request.label,
            !isDone(request), scope.input.observation.dcs.value?.restore == nil
        else { return nil }
        let task = TaskSpec(
            kind: .expire, identity: "\(TaskKind.expire.rawValue) \(label)",
            command: ["task", "expire", "--stanza=\(settings.stanza)", "--set=\(label)"], mounts: access.mounts(),
            files: PgBackRestFile.reading(scope.cluster, stanza: settings.stanza, access),
            networks: access.networks(scope.cluster))
        return (task, request.at)
    }

    /// A drill or a verification whose time has come since the oldest backup.
    private func check(_ kind: TaskKind) -> (TaskSpec, since: Timestamp)? {
        guard let oldest = repository.backups.map(\.startedAt).min() else { return nil }
        let scheduled = settings.schedules.latest(kind == .drill ? \.drill : \.verification, at: now)
        let asked = requests.first { $0.kind.rawValue == kind.rawValue }?.at
        let times = [scheduled.flatMap { $0 > Timestamp(seconds: oldest) ? $0 : nil }, asked].compactMap(\.self)
        guard let since = times.max() else { return nil }
        let task = TaskSpec(
            kind: kind, identity: "\(kind.rawValue) \(since.brief)",
            command: ["task", kind.rawValue, "--stanza=\(settings.stanza)"],
            mounts: access.mounts(isWritable: false),
            files: PgBackRestFile.reading(scope.cluster, stanza: settings.stanza, access),
            networks: access.networks(scope.cluster))
        return (task, since)
    }

    /// Deletes requests whose job was done.
    private func forgetDone() -> Proposal {
        var proposal = Proposal()
        for request in requests where isDone(request) {
            proposal.backgroundActions.append(
                Action(
                    .etcd(
                        .deleteKey(
                            key: TaskRequest.prefix(of: scope.cluster.name) + request.kind.rawValue,
                            modRevision: request.modRevision)), on: .repository,
                    because: .requested("\(request.kind.rawValue), which was done or is not possible any more")))
        }
        return proposal
    }

    private func isDone(_ request: TaskRequest) -> Bool {
        switch request.kind {
        case .backup:
            return repository.backups.contains { backup in
                BackupType(rawValue: backup.type).map { $0 >= request.type } == true
                    && Timestamp(seconds: backup.startedAt + 1) > request.at
            }
        case .expire:
            let age = now - request.at
            return BackupDeletion.obstacle(request.label ?? "", in: repository.backups) != nil
                || age > TaskRequest.patience || age < .seconds(-60)
        case .drill, .verify:
            guard let kind = TaskKind(rawValue: request.kind.rawValue),
                let seen = scope.container(kind.container(of: scope.cluster.name)), case .exited(let exit) = seen.state,
                let start = Timestamp(exit.startedAt)
            else { return false }
            return start > request.at
        }
    }
}
