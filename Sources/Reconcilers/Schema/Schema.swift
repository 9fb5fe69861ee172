public import Model

/// Keeps the application's database: its existence, its extensions, and its migrations in order, on the primary only.
public struct Schema: Reconciler {
    /// Its name in plans and events.
    public let name = "schema"
    /// Creates the planner.
    public init() {}

    /// What is due next: the database, then grants and extensions, then the first migration.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard case .present(let database) = input.observation.database(seeing: .accounts), !database.isInRecovery else {
            return Proposal(
                conditions: [
                    Condition(
                        .schemaCurrent, .unknown, reason: "DatabaseUnseen",
                        message: Schema.unseen(input),
                        subject: .database(input.cluster.accounts.database))
                ], waiting: ["the primary's database"],
                // no event tells when a part of it can be seen again
                lookAgain: input.observation.database.value == nil ? nil : .seconds(5))
        }
        let subject = Subject.database(input.cluster.accounts.database)
        if case .unknown(let unknownReason) = database.application.migrations, database.hasDatabase {
            let steps = SchemaStep.due(database: database, cluster: input.cluster, mayUpdate: false)
            return Proposal(
                actions: steps.map { step in
                    Action(
                        .sql(database.node, .script(input.cluster.accounts.database, step.sql)), on: subject,
                        because: step.reason)
                },
                conditions: [
                    Condition(
                        .schemaCurrent, .unknown, reason: "DatabaseUnseen",
                        message:
                            "the primary answers, but not in this database: \(unknownReason.detail). Nothing in it is "
                            + "changed meanwhile; everything else goes on", subject: subject)
                ], waiting: ["a look into database \(input.cluster.accounts.database)"], lookAgain: .seconds(5))
        }
        var proposal = Proposal()
        let admin = input.cluster.accounts.admin.role
        for role in [admin, MonitorSettings.role] where !database.roles.contains(where: { $0.name == role }) {
            return Proposal(waiting: ["role \(role)"])
        }
        func script(_ text: String, in name: DatabaseName, _ reason: Reason) {
            proposal.actions.append(Action(.sql(database.node, .script(name, text)), on: subject, because: reason))
        }
        let name = input.cluster.accounts.database
        let migrations = Migrations(input: input, database: database)
        if !database.hasDatabase {
            script(
                "CREATE DATABASE \(SQL.identifier(name.text)) OWNER \(SQL.identifier(admin.text));", in: "postgres",
                .databaseMissing(name))
        } else {
            let steps = SchemaStep.due(
                database: database, cluster: input.cluster, mayUpdate: Schema.isSameEverywhere(input))
            for step in steps { script(step.sql, in: name, step.reason) }
            if steps.isEmpty { migrations.propose(into: &proposal) }
            if let step = SchemaStep.showing(database, to: input.cluster.console, of: input.cluster) {
                proposal.backgroundActions.append(
                    Action(.sql(database.node, .script(name, step.sql)), on: subject, because: step.reason))
            }
        }
        if let failing = migrations.failing { proposal.conditions.append(failing) }
        let isCurrent = proposal.actions.isEmpty && migrations.due == nil
        proposal.conditions.append(
            migrations.condition(isCurrent: isCurrent)
                ?? Condition(
                    .schemaCurrent, .false, reason: "StepDue", message: "extensions or migrations are being applied",
                    subject: subject))
        // what fails is tried again after a while, and not looked at all the time until then
        if !isCurrent, proposal.waiting.isEmpty { proposal.waiting.append("the schema") }
        return proposal
    }

    /// Why nothing is known of the roles and databases.
    static func unseen(_ input: PlanningInput) -> String {
        guard case .present(let database) = input.observation.database,
            let unknownReason = database.unknownReason(of: .accounts)
        else { return "the primary was not reached over SQL" }
        return
            "the primary answers, but its roles and databases could not be seen: \(unknownReason.detail). They are not "
            + "changed meanwhile; everything else goes on"
    }

    /// Whether every node runs the same image, and with it the same libraries: an extension's new functions must work
    /// wherever a replica of today may lead tomorrow.
    static func isSameEverywhere(_ input: PlanningInput) -> Bool {
        guard let scope = EngineScope(input) else { return false }
        let nodes = scope.containers(of: .node)
        let isWhole = input.cluster.nodeNames.allSatisfy { node in
            guard let seen = scope.container(node.container) else { return false }
            return seen.state.isRunning && seen.image == input.cluster.nodes.image
        }
        return isWhole && nodes.allSatisfy { $0.imageID == nodes.first?.imageID }
    }
}
