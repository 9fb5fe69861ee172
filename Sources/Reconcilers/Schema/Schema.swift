public import Model

/// Keeps the application's database: its existence, its extensions, and its migrations in order, on the primary only.
public struct Schema: Reconciler {
    /// Its name in plans and events.
    public let name = "schema"
    /// Creates the planner.
    public init() {}

    /// The next step only: database, then extensions, then the first migration that is due.
    public func propose(_ scene: Scene) -> Proposal {
        guard case .present(let database) = scene.observation.database(seeing: .accounts), !database.isInRecovery else {
            return Proposal(
                conditions: [
                    Condition(
                        .schemaCurrent, .unknown, reason: "DatabaseUnseen",
                        message: Schema.unseen(scene),
                        subject: .database(scene.cluster.accounts.database))
                ], waiting: ["the primary's database"],
                // no event tells when a part of it can be seen again
                lookAgain: scene.observation.database.value == nil ? nil : .seconds(5))
        }
        let subject = Subject.database(scene.cluster.accounts.database)
        if case .unknown(let blindness) = database.migrations, database.hasDatabase {
            return Proposal(
                conditions: [
                    Condition(
                        .schemaCurrent, .unknown, reason: "DatabaseUnseen",
                        message: "the primary answers, but not in this database: \(blindness.detail). Nothing in it is "
                            + "changed meanwhile; everything else goes on", subject: subject)
                ], waiting: ["a look into database \(scene.cluster.accounts.database)"], lookAgain: .seconds(5))
        }
        var proposal = Proposal()
        let admin = scene.cluster.accounts.admin.role
        guard database.roles.contains(where: { $0.name == admin }) else {
            return Proposal(waiting: ["role \(admin)"])
        }
        func script(_ text: String, in name: DatabaseName, _ reason: Reason) {
            proposal.actions.append(Action(.sql(database.node, .script(name, text)), on: subject, because: reason))
        }
        let name = scene.cluster.accounts.database
        if !database.hasDatabase {
            script(
                "CREATE DATABASE \(SQL.identifier(name.text)) OWNER \(SQL.identifier(admin.text));", in: "postgres",
                .databaseMissing(name))
        } else if let step = SchemaStep.next(
            database: database, cluster: scene.cluster, mayUpdate: Schema.isSameEverywhere(scene))
        {
            script(step.sql, in: name, step.reason)
        }
        report(database, scene: scene, isCurrent: proposal.actions.isEmpty, into: &proposal)
        return proposal
    }

    /// Why nothing is known of the roles and databases.
    static func unseen(_ scene: Scene) -> String {
        guard case .present(let database) = scene.observation.database,
            let blindness = database.blindness(of: .accounts)
        else { return "the primary was not reached over SQL" }
        return "the primary answers, but its roles and databases could not be seen: \(blindness.detail). They are not "
            + "changed meanwhile; everything else goes on"
    }

    /// Whether every node runs the same image, and with it the same libraries: an extension's new functions must work
    /// wherever a replica of today may lead tomorrow.
    static func isSameEverywhere(_ scene: Scene) -> Bool {
        guard let site = Site(scene) else { return false }
        let nodes = site.containers(of: .node)
        let isWhole = scene.cluster.nodeNames.allSatisfy { node in
            guard let seen = site.container(node.container) else { return false }
            return seen.state.isRunning && seen.image == scene.cluster.nodes.image
        }
        return isWhole && nodes.allSatisfy { $0.imageID == nodes.first?.imageID }
    }

    private func report(_ database: DatabaseView, scene: Scene, isCurrent: Bool, into proposal: inout Proposal) {
        let migrations = scene.cluster.schema.migrations
        let applied = database.migrations.value ?? []
        let changed = migrations.filter { file in
            applied.contains { $0.name == file.name && $0.checksum != file.checksum }
        }
        let newest = applied.last?.name ?? "none"
        if !changed.isEmpty {
            let names = changed.map(\.name).joined(separator: ", ")
            proposal.conditions.append(
                Condition(
                    .schemaCurrent, .false, reason: "ChecksumMismatch",
                    message: "\(names) was changed after it had been applied; it is not applied again. "
                        + "Put the old text back and add a new file with the change",
                    subject: .database(scene.cluster.accounts.database)))
            return
        }
        proposal.conditions.append(
            Condition(
                .schemaCurrent, isCurrent ? .true : .false, reason: isCurrent ? "Applied" : "StepDue",
                message: isCurrent
                    ? "\(migrations.count) of \(migrations.count) migrations applied, newest \(newest)"
                    : "extensions or migrations are being applied",
                subject: .database(scene.cluster.accounts.database)))
        // what fails is tried again after a while, and not looked at all the time until then
        if !isCurrent { proposal.waiting.append("the schema") }
    }
}
