import Model

/// The manifest's migrations against the history: which is due, and what is wrong with those that were applied.
struct Migrations {
    let input: PlanningInput
    let database: DatabaseView

    private var wanted: [Migration] { input.cluster.schema.migrations }
    private var applied: [AppliedMigration] { database.application.migrations.value ?? [] }
    private var subject: Subject { .database(input.cluster.accounts.database) }

    /// The first that was never applied. One that was is never applied again, whatever has become of what it made: its
    /// rows would be there twice.
    var due: Migration? { wanted.first { record(of: $0) == nil } }

    private func record(of file: Migration) -> AppliedMigration? { applied.first { $0.name == file.name } }

    /// Starts the one that is due, unless one runs already or it failed a moment ago.
    func propose(into proposal: inout Proposal) {
        guard let due else { return }
        let admin = input.cluster.accounts.admin.role
        if case .running(let name, let since) = database.application.migrationTry {
            // another controller's ends without a sign
            return proposal.wait(for: "migration \(name), which runs since \(since.text)", lookAgain: .seconds(5))
        }
        if let failure = failure(of: due) {
            let left = failure.at + Migrations.pause(after: failure.times) - input.now.uptime
            if left > .zero { return proposal.wait(for: "another try of migration \(due.name)", lookAgain: left) }
        }
        guard database.roles.contains(where: { $0.name == admin && $0.passwordMatches }) else {
            return proposal.waiting.append("the password of role \(admin), who applies migrations")
        }
        proposal.actions.append(
            Action(
                .sql(database.node, .migrate(input.cluster.accounts.database, due, as: admin)), on: subject,
                because: .migrationPending(due.name)))
    }

    private func failure(of file: Migration) -> (words: String, times: Int, at: Duration)? {
        guard case .failed(file.name, let words, let times, let at) = database.application.migrationTry else {
            return nil
        }
        return (words, times, at)
    }

    /// 1, 2, 4 … 60 s: also one that fails after an hour is not begun again at once.
    private static func pause(after times: Int) -> Duration { .seconds(min(1 << min(max(times, 1) - 1, 6), 60)) }

    /// What a person has to know of one that failed again and again.
    var failing: Condition? {
        guard let due, let failure = failure(of: due), failure.times >= 3 else { return nil }
        return Condition(
            .actionFailing, .true, reason: "KeepsFailing",
            message: "apply migration \(due.name) in \(input.cluster.accounts.database) on \(database.node), tried "
                + "\(failure.times) times: \(failure.words)", subject: subject)
    }

    /// How it stands; nil where there is nothing to tell but that a step is due.
    func condition(isCurrent: Bool) -> Condition? {
        func say(_ reason: String, _ message: String) -> Condition {
            Condition(.schemaCurrent, .false, reason: reason, message: message, subject: subject)
        }
        if let due {
            if case .running(let name, let since) = database.application.migrationTry {
                return say("MigrationRuns", "migration \(name) runs on \(database.node) since \(since.text)")
            }
            if let failure = failure(of: due) {
                return say(
                    "MigrationFailed",
                    "migration \(due.name) failed and left nothing behind: \(failure.words). It is tried again, in the end "
                        + "once a minute")
            }
        }
        let changed = wanted.filter { file in record(of: file).map { $0.checksum != file.checksum } == true }
        if !changed.isEmpty {
            return say(
                "ChecksumMismatch",
                "\(changed.map(\.name).joined(separator: ", ")) was changed after it had been applied; it is not applied "
                    + "again. Put the old text back and add a new file with the change")
        }
        if let missing { return say("ObjectsMissing", missing) }
        guard isCurrent else { return nil }
        return Condition(
            .schemaCurrent, .true, reason: "Applied",
            message: "\(wanted.count) of \(wanted.count) migrations applied, newest \(applied.last?.name ?? "none")",
            subject: subject)
    }

    /// What is missing of what the manifest's migrations made, and what a person can do about it.
    private var missing: String? {
        let names = wanted.compactMap { file -> String? in
            guard let objects = record(of: file)?.missingObjects, !objects.isEmpty else { return nil }
            let rest = objects.count > 5 ? " and \(objects.count - 5) more" : ""
            return "\(objects.prefix(5).joined(separator: ", "))\(rest) of migration \(file.name)"
        }
        guard !names.isEmpty else { return nil }
        return
            "missing: \(names.joined(separator: "; ")). No migration is applied a second time. Make it again, by hand or in "
            + "a new migration. If it was dropped on purpose, say so in database \(input.cluster.accounts.database): "
            + Migrations.accept
    }

    /// Takes what is missing off the lists.
    static let accept =
        "UPDATE controller.migrations SET objects = ARRAY(SELECT o FROM unnest(objects) AS o WHERE to_regclass(o) IS NOT NULL)"
}
