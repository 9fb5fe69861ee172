public import Model

/// Keeps the stanza, and takes the first full backup, by commands on the primary that are started and then observed.
public struct Backups: Reconciler {
    /// Its name in plans and events.
    public let name = "backups"
    /// Creates the planner.
    public init() {}

    /// One command at a time.
    public func propose(_ input: PlanningInput) -> Proposal {
        let backups = input.cluster.backups
        guard backups.enabled, let scope = EngineScope(input) else { return Proposal() }
        guard case .present(let database) = input.observation.database, !database.isInRecovery,
            let primary = scope.container(database.node.container), primary.state.isRunning
        else { return withoutPrimary(scope) }
        var proposal = RepositoryLook.propose(scope)
        let isBusy = primary.commands.contains { $0.exitCode == nil && $0.arguments.first == "pgbackrest" }
        func run(_ arguments: [String], _ reason: Reason) {
            guard !isBusy else { return }
            proposal.actions.append(
                Action(
                    .docker(scope.engineID, .run(primary.id, arguments: ["pgbackrest"] + arguments)), on: .repository,
                    because: reason))
        }
        let memory = RepositoryMemory(scope: scope)
        func prepare() {
            run(["--stanza=\(backups.stanza)", "stanza-create"], .stanzaMissing(backups.stanza))
            proposal.wait(for: "stanza \(backups.stanza)")
        }
        /// An empty repository is made use of, unless it held backups.
        func begin(_ step: () -> Void) {
            proposal.backgroundActions += memory.keep([])
            proposal.conditions += memory.conditions ?? [Backups.noBackup]
            if input.observation.dcs.value == nil {
                proposal.wait(for: "etcd, which remembers whether the repository held backups")
            } else if memory.mayBegin {
                step()
            }
        }
        switch input.observation.repository {
        case .unknown(let unknownReason):
            unseen(unknownReason, into: &proposal)
            proposal.wait(for: "a look into the repository", lookAgain: .seconds(10))
        case .absent:
            begin(prepare)
        case .present(let repository):
            switch repository.stanza {
            case .missing:
                begin(prepare)
            case .broken(let message):
                proposal.conditions.append(
                    Condition(
                        .backupAvailable, .false, reason: "StanzaBroken",
                        message: "stanza \(backups.stanza): \(message)", subject: .repository))
            case .ok(let identifier) where identifier != database.systemIdentifier:
                proposal.conditions.append(
                    Condition(
                        .backupAvailable, .false, reason: "OtherSystemIdentifier",
                        message: "stanza \(backups.stanza) belongs to the cluster \(identifier), this one is "
                            + "\(database.systemIdentifier); its backups are left alone, and nothing of this cluster "
                            + "is archived or backed up. Write another `backups.stanza` into the manifest",
                        subject: .repository))
            case .ok where repository.backups.isEmpty:
                begin {
                    run(["--stanza=\(backups.stanza)", "--type=full", "backup"], .firstBackup)
                    proposal.wait(for: "the first backup", lookAgain: .seconds(1))
                }
            case .ok:
                proposal.backgroundActions += memory.keep(repository.backups)
                report(repository, input, into: &proposal)
                proposal.add(BackupTasks(repository, at: scope).propose())
            }
        }
        archiving(database, into: &proposal)
        strayHistories(database, into: &proposal)
        return proposal
    }

    private func unseen(_ unknownReason: UnknownReason, into proposal: inout Proposal) {
        proposal.conditions.append(
            Condition(
                .backupAvailable, .unknown, reason: "RepositoryUnseen",
                message: "the repository could not be read: \(unknownReason.detail)", subject: .repository))
    }

    /// Nothing can be done, and what is in the repository still can be told.
    private func withoutPrimary(_ scope: EngineScope) -> Proposal {
        let input = scope.input
        var proposal = Proposal(waiting: ["a primary to back up"])
        proposal.add(RepositoryLook.propose(scope))
        switch input.observation.repository {
        case .present(let repository): report(repository, input, into: &proposal)
        case .absent: proposal.conditions += RepositoryMemory(scope: scope).conditions ?? []
        case .unknown(let unknownReason) where input.cluster.backups.isPlain || unknownReason.detail.isEmpty: break
        case .unknown(let unknownReason): unseen(unknownReason, into: &proposal)
        }
        proposal.conditions.append(
            Condition(
                .archiving, .unknown, reason: "NoPrimary", message: "there is no primary that archives",
                subject: .repository))
        return proposal
    }

    private func report(_ repository: RepositoryView, _ input: PlanningInput, into proposal: inout Proposal) {
        guard let newest = repository.backups.last else {
            let memory = EngineScope(input).flatMap { RepositoryMemory(scope: $0).conditions }
            proposal.conditions += memory ?? [Backups.noBackup]
            return
        }
        let start = RecoverableWindow(input.observation)?.from.brief ?? "?"
        proposal.conditions.append(
            Condition(
                .backupAvailable, .true, reason: "Available",
                message:
                    "\(repository.backups.count) backups, newest \(newest.label) (\(newest.type)); no moment before "
                    + "\(start) can be restored", subject: .repository))
    }

    private static let noBackup = Condition(
        .backupAvailable, .false, reason: "NoBackup",
        message: "there is no backup, and nothing can be restored; a full one is taken as soon as there is a primary",
        subject: .repository)

    /// What WAL is kept for, and how far that can go.
    private func holder(_ archiver: ArchiverView) -> String {
        let limit =
            archiver.slotLimitBytes.map { "slots hold back at most \(ByteCount(bytes: $0)) (max_slot_wal_keep_size)" }
            ?? "slots may hold back any amount (max_slot_wal_keep_size)"
        if archiver.isFailing {
            return "archiving fails, and what is not archived is never deleted: watch the disk; \(limit)"
        }
        guard let slot = archiver.oldestSlot, slot.bytes > archiver.expectedWALBytes else {
            return "much is being written; \(limit)"
        }
        let what = "slot \(slot.name) needs \(ByteCount(bytes: slot.bytes)) of it"
        return slot.isActive
            ? "\(what), and its reader is behind; \(limit)"
            : "\(what), and nobody reads from it: drop it (`SELECT pg_drop_replication_slot('\(slot.name)')`) if nobody "
                + "will; \(limit)"
    }

    private func archiving(_ database: DatabaseView, into proposal: inout Proposal) {
        if let unknownReason = database.unknownReason(of: .archiver) {
            proposal.lookAgain = min(proposal.lookAgain ?? .seconds(5), .seconds(5))
            proposal.conditions.append(
                Condition(
                    .archiving, .unknown, reason: "ArchiverUnseen",
                    message: "whether \(database.node) archives could not be seen: \(unknownReason.detail)",
                    subject: .repository))
            return
        }
        let archiver = database.archiver
        // no event tells that archiving fails or works again
        let pause: Duration = archiver.isFailing ? .seconds(5) : .seconds(30)
        proposal.lookAgain = min(proposal.lookAgain ?? pause, pause)
        if archiver.walBytes / 2 > archiver.expectedWALBytes {
            proposal.conditions.append(
                Condition(
                    .walGrowing, .true, reason: archiver.isFailing ? "ArchivingFails" : "HeldBack",
                    message: "\(database.node) keeps \(ByteCount(bytes: archiver.walBytes)) of WAL, where "
                        + "\(ByteCount(bytes: archiver.expectedWALBytes)) should do; \(holder(archiver))",
                    subject: .node(database.node)))
        }
        let why = archiver.failure.map { ": \($0)" } ?? " (`docker logs \(database.node)` says why)"
        proposal.conditions.append(
            Condition(
                .archiving, archiver.isFailing ? .false : .true,
                reason: archiver.isFailing ? BackupFailure(archiver.failure ?? "").reason : "Working",
                message: archiver.isFailing
                    ? "archiving \(archiver.lastFailed ?? "WAL") fails; WAL is kept until it works\(why)"
                    : "WAL is archived" + (archiver.lastArchived.map { ", newest \($0)" } ?? ""),
                subject: .repository))
    }
}
