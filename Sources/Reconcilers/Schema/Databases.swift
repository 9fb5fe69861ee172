public import Model

/// Keeps the databases that the manifest declares beside the application's: that they are there, whose they are, and
/// their extensions. Other databases are left alone.
public struct Databases: Reconciler {
    /// Its name in plans and events.
    public let name = "databases"
    /// Creates the planner.
    public init() {}

    /// The next statement for each database, or one for each of its extensions.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard !input.cluster.databases.isEmpty else { return Proposal() }
        guard case .present(let view) = input.observation.database(seeing: .accounts), !view.isInRecovery else {
            return Proposal(
                conditions: [
                    Condition(
                        .databasesCurrent, .unknown, reason: "DatabaseUnseen",
                        message: Schema.unseen(input))
                ], waiting: ["the primary's databases"])
        }
        var proposal = Proposal()
        for database in input.cluster.databases {
            proposal.add(DatabaseSteps(database: database, input: input, view: view).propose())
        }
        let isCurrent = proposal.waiting.isEmpty && proposal.conditions.isEmpty
        proposal.conditions.append(
            Condition(
                .databasesCurrent, isCurrent ? .true : .false, reason: isCurrent ? "Current" : "Differ",
                message: isCurrent
                    ? "\(input.cluster.databases.count) declared databases are as wanted"
                    : (proposal.waiting + proposal.conditions.map(\.subject.text)).joined(separator: ", ")))
        return proposal
    }
}

/// What one declared database needs now.
struct DatabaseSteps {
    let database: DeclaredDatabase
    let input: PlanningInput
    let view: DatabaseView
    /// People do what is still in the way, and no event tells of it.
    static let patience: Duration = .seconds(5)

    private var name: String { SQL.identifier(database.name.text) }

    func propose() -> Proposal {
        let seen = view.databases.first { $0.name == database.name }
        return switch (database.ensure, seen) {
        case (.absent, nil): Proposal()
        case (.absent, let seen?): drop(seen)
        case (.present, nil): create()
        case (.present, let seen?): keep(seen)
        }
    }

    private func create() -> Proposal {
        let owner = database.owner ?? input.cluster.accounts.admin.role
        guard exists(owner) else { return Proposal(waiting: ["role \(owner), who owns database \(database.name)"]) }
        let limit = database.connectionLimit.map { " CONNECTION LIMIT \($0)" } ?? ""
        return run(
            "CREATE DATABASE \(name) OWNER \(SQL.identifier(owner.text))\(limit);", in: "postgres",
            .databaseMissing(database.name))
    }

    private func keep(_ seen: DeclaredDatabaseView) -> Proposal {
        if let owner = database.owner, seen.owner != owner {
            guard exists(owner) else { return Proposal(waiting: ["role \(owner), who owns database \(database.name)"]) }
            return run(
                "ALTER DATABASE \(name) OWNER TO \(SQL.identifier(owner.text));", in: "postgres",
                .databaseDiffers(database.name, ["its owner is \(seen.owner)"]))
        }
        if let limit = database.connectionLimit, seen.connectionLimit != limit {
            return run(
                "ALTER DATABASE \(name) CONNECTION LIMIT \(limit);", in: "postgres",
                .databaseDiffers(database.name, ["its connection limit is \(seen.connectionLimit)"]))
        }
        return extensions(seen)
    }

    private func extensions(_ seen: DeclaredDatabaseView) -> Proposal {
        switch seen.extensions {
        case .absent: return Proposal()
        case .unknown(let unknownReason):
            var proposal = Proposal()
            say(
                "Unseen", "it cannot be entered: \(unknownReason.detail). Nothing in it is changed meanwhile", &proposal
            )
            proposal.wait(for: "a look into database \(database.name)", lookAgain: .seconds(5))
            return proposal
        case .present(let known):
            let mayUpdate = Schema.isSameEverywhere(input)
            let steps = database.extensions.compactMap { wanted in
                SchemaStep.extensionStep(
                    wanted, seen: known.first { $0.name == wanted.name }, mayUpdate: mayUpdate)
            }
            guard !steps.isEmpty else { return Proposal() }
            var proposal = Proposal(waiting: ["database \(database.name)"])
            for step in steps { proposal.actions += run(step.sql, in: database.name, step.reason).actions }
            return proposal
        }
    }

    /// What is dropped is gone with everything in it: so it must be possible to bring it back to this very moment.
    private func drop(_ seen: DeclaredDatabaseView) -> Proposal {
        var proposal = Proposal(lookAgain: DatabaseSteps.patience)
        func wait(_ reason: String, _ message: String) -> Proposal {
            say(reason, "it shall be absent and is not dropped yet: \(message)", &proposal)
            return proposal
        }
        guard seen.sessions.isEmpty else {
            return wait("Connected", "it is in use by \(seen.sessions.joined(separator: ", ")). End these sessions")
        }
        guard input.cluster.backups.enabled else {
            return wait(
                "NoBackup",
                "without backups it could not be brought back. Set spec.backups.enabled, or drop it by hand: DROP DATABASE "
                    + name)
        }
        guard case .present(let dcs) = input.observation.dcs, dcs.handover == nil, dcs.leader?.node == view.node else {
            return wait("Switchover", "who leads is about to change")
        }
        guard case .present(let repository) = input.observation.repository else {
            return wait("RepositoryUnseen", "the backups could not be seen")
        }
        let timeline = UInt32(clamping: view.timeline)
        let isSaved = repository.backups.contains { backup in
            repository.chain(of: backup).allSatisfy { !$0.hasError }
                && WALTimeline.of(segment: backup.firstSegment) == timeline
                && WALTimeline.of(segment: backup.lastSegment) == timeline
        }
        guard isSaved else {
            return wait(
                "NoBackup",
                "there is no error-free backup of the primary's own timeline, \(timeline). `controller backup` takes one"
            )
        }
        guard !view.archiver.isFailing, let last = view.archiver.lastArchived, WALTimeline.of(segment: last) == timeline
        else {
            return wait("NotArchiving", "WAL of timeline \(timeline) does not reach the archive; see Archiving")
        }
        proposal.waiting.append("database \(database.name) to go")
        proposal.actions.append(
            Action(
                .sql(view.node, .dropDatabase(database.name)), on: .database(database.name), because: .declaredAbsent))
        return proposal
    }

    private func exists(_ role: RoleName) -> Bool { view.roles.contains { $0.name == role } }

    private func say(_ reason: String, _ message: String, _ proposal: inout Proposal) {
        proposal.conditions.append(
            Condition(
                .databasesCurrent, .false, reason: reason, message: message, subject: .database(database.name)))
    }

    private func run(_ sql: String, in place: DatabaseName, _ reason: Reason) -> Proposal {
        Proposal(
            actions: [
                Action(.sql(view.node, .script(place, sql)), on: .database(database.name), because: reason)
            ], waiting: ["database \(database.name)"])
    }
}

/// The timeline in a WAL segment's name: its first eight hexadecimal digits.
enum WALTimeline {
    static func of(segment: String) -> UInt32? { UInt32(segment.prefix(8), radix: 16) }
}

extension RepositoryView {
    /// A backup and all that it builds on, the newest first; backups are listed oldest first.
    fileprivate func chain(of backup: BackupView) -> [BackupView] {
        backups.reversed().reduce(into: [backup]) { chain, older in
            if chain.last?.prior == older.label { chain.append(older) }
        }
    }
}
