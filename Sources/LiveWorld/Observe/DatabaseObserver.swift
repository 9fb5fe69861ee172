import FoundationEssentials
import Model
import PostgresClient

/// Asks the primary's PostgreSQL, over a session that stays open.
struct DatabaseObserver {
    let world: LiveWorld
    let cluster: Cluster
    let addresses: Addresses

    func observe(leader: NodeName?, members: [MemberSighting]) async -> Sighting<DatabaseView> {
        guard let leader, let server = addresses.server(of: leader) else { return .absent }
        guard isPrimary(leader, members) else { return .absent }
        do {
            return .present(try await look(leader, server: server))
        } catch {
            return .unknown(DatabaseObserver.unknownReason(error))
        }
    }

    /// While clients wait to know who takes writes: just that, of PostgreSQL itself; all else as it was known before.
    func glance(leader: NodeName?, members: [MemberSighting], known: DatabaseView) async -> Sighting<DatabaseView> {
        guard let leader, let server = addresses.server(of: leader) else { return .absent }
        do {
            let session = try await world.session(server: server, database: "postgres")
            let row = try await session.query(
                "SELECT pg_is_in_recovery() AS waits", deadline: .milliseconds(300)
            ).rows.first
            guard try row?.bool("waits") == false else { return .absent }
            var view = known
            view.node = leader
            view.isInRecovery = false
            return .present(view)
        } catch {
            return isPrimary(leader, members) ? .unknown(DatabaseObserver.unknownReason(error)) : .absent
        }
    }

    private func isPrimary(_ node: NodeName, _ members: [MemberSighting]) -> Bool {
        guard case .present(let member) = members.first(where: { $0.node == node })?.view else { return false }
        return member.state == .running && member.role == .primary
    }

    private func look(_ node: NodeName, server: ServerAddress) async throws -> DatabaseView {
        let basics = try await ask(
            DatabaseQuery.Basics.self, DatabaseQuery.basics,
            [
                PostgresValue(array: addresses.nodes.map(\.node.text)),
                PostgresValue(array: addresses.poolers.compactMap(\.host)),
                PostgresValue(array: PendingParameter.limits),
            ], server: server)
        var view = DatabaseQuery.view(basics, node: node)
        // the poolers follow a failover by what is known so far, whatever else cannot be seen
        await see(.accounts, in: &view) { view in try await accounts(&view, server: server) }
        await see(.archiver, in: &view) { view in
            let directory = "/var/spool/pgbackrest/archive/\(cluster.backups.stanza)/out/"
            DatabaseQuery.fill(
                &view,
                try await ask(
                    DatabaseQuery.Archiver.self, DatabaseQuery.archiver, [PostgresValue(directory)], server: server))
        }
        await see(.collations, in: &view) { view in
            view.staleCollations = try await ask([String].self, DatabaseQuery.collations, [], server: server)
        }
        let databases = view.databases
        async let extensions = lookInside(databases, server: server)
        if view.hasDatabase, view.unknownReason(of: .accounts) == nil { await lookInside(&view, server: server) }
        for (name, seen) in await extensions {
            guard let place = view.databases.firstIndex(where: { $0.name == name }) else { continue }
            view.databases[place].extensions = seen
        }
        view.archiver.strayHistories = await strayHistories(newerThan: view.timeline, server: server)
        return view
    }

    /// Sees one part of the view; one that fails is noted as unseen, and hides nothing else.
    private func see(
        _ part: DatabasePart, in view: inout DatabaseView, _ look: (inout DatabaseView) async throws -> Void
    ) async {
        do { try await look(&view) } catch {
            view.unseen.append(UnseenPart(part, DatabaseObserver.unknownReason(error)))
        }
    }

    /// One question in the database `postgres`.
    private func ask<Answer: Decodable>(
        _ type: Answer.Type, _ query: String, _ parameters: [PostgresValue], server: ServerAddress
    ) async throws -> Answer {
        let session = try await world.session(server: server, database: "postgres")
        return try DatabaseQuery.decode(
            type, from: try await session.query(query, parameters, deadline: .seconds(3)).rows)
    }

    private func accounts(_ view: inout DatabaseView, server: ServerAddress) async throws {
        let logins = SecretStore.roles(cluster)
        let roles = logins.map(\.role.text) + [PoolerSettings.role.text] + cluster.roles.map(\.name.text)
        let leaving = cluster.roles.filter { $0.ensure == .absent }.map(\.name.text)
        let answer = try await ask(
            DatabaseQuery.Accounts.self, DatabaseQuery.accounts,
            [
                PostgresValue(array: roles), PostgresValue(array: leaving),
                PostgresValue(array: cluster.databases.map(\.name.text)),
                PostgresValue(cluster.accounts.database.text), PostgresValue(PoolerSettings.loginBody),
            ], server: server)
        DatabaseQuery.fill(&view, answer, matching: await matchingRoles(answer, roles: logins))
    }

    /// The application's database; migrations are unknown where it could not be entered.
    private func lookInside(_ view: inout DatabaseView, server: ServerAddress) async {
        do {
            let session = try await world.session(server: server, database: cluster.accounts.database.text)
            let inside = try DatabaseQuery.decode(
                DatabaseQuery.Inside.self,
                from: try await session.query(
                    DatabaseQuery.inside,
                    [
                        PostgresValue(array: cluster.schema.extensions.map(\.name)),
                        PostgresValue(cluster.accounts.admin.role.text),
                    ], deadline: .seconds(3)
                ).rows)
            view.application.extensions = inside.extensions.map(\.view)
            view.application.missingGrants = inside.grant ? ["CREATE on schema public"] : []
            try await seeHistory(inside.history, session: session, server: server, in: &view)
        } catch {
            view.application.migrations = .unknown(DatabaseObserver.unknownReason(error))
        }
    }

    /// The extensions of each declared database that shall have some.
    private func lookInside(
        _ databases: [DeclaredDatabaseView], server: ServerAddress
    ) async -> [(DatabaseName, Sighting<[ExtensionView]>)] {
        await withTaskGroup(of: (DatabaseName, Sighting<[ExtensionView]>).self) { group in
            for declared in cluster.databases
            where declared.ensure == .present && !declared.extensions.isEmpty
                && databases.contains(where: { $0.name == declared.name })
            {
                group.addTask { (declared.name, await extensions(of: declared, server: server)) }
            }
            var sightings: [(DatabaseName, Sighting<[ExtensionView]>)] = []
            for await sighting in group { sightings.append(sighting) }
            return sightings
        }
    }

    private func extensions(of declared: DeclaredDatabase, server: ServerAddress) async -> Sighting<[ExtensionView]> {
        do {
            let session = try await world.session(server: server, database: declared.name.text)
            let rows = try await session.query(
                DatabaseQuery.extensions, [PostgresValue(array: declared.extensions.map(\.name))],
                deadline: .seconds(3)
            ).rows
            return .present(
                try DatabaseQuery.decode([DatabaseQuery.Extension].self, from: rows).map(\.view))
        } catch {
            return .unknown(DatabaseObserver.unknownReason(error))
        }
    }

    private static func unknownReason(_ error: any Error) -> UnknownReason {
        guard let error = error as? PostgresError else { return UnknownReason(.malformed, "\(error)") }
        return UnknownReason(error.cause, error.description)
    }

    /// The migrations: which were applied, which runs, and how the latest try of one of ours ended.
    /// - Parameter owner: what `DatabaseQuery.inside` says of the table.
    private func seeHistory(
        _ owner: String?, session: PostgresConnection, server: ServerAddress, in view: inout DatabaseView
    ) async throws {
        switch owner {
        case nil, "absent":
            view.application.migrations = .absent
            return
        case "own": break
        case let found?:
            // reading it would run what its owner has put there
            view.application.migrations = .unknown(
                UnknownReason(
                    .forbidden,
                    "controller.migrations is a \(found): it was not made by the controller. Rename the schema "
                        + "`controller` of this database, and the controller makes its own"))
            return
        }
        let rows = try await session.query(
            DatabaseQuery.history, [PostgresValue(cluster.accounts.admin.role.text)], deadline: .seconds(3)
        ).rows
        let history = try DatabaseQuery.decode(DatabaseQuery.History.self, from: rows)
        view.application.migrations = .present(
            history.applied.map {
                AppliedMigration(name: $0.name, checksum: Digest(text: $0.checksum), missingObjects: $0.missing)
            })
        view.application.mayRecord = history.recording
        let seen = history.running.map {
            MigrationTry.running(name: $0.name, since: Timestamp(microseconds: $0.since))
        }
        // one of ours that has not got as far as the server yet
        let own = await world.migrations.migration(at: "\(server)/\(cluster.accounts.database)")
        let failed = await world.migrations.failedMigration(of: cluster.schema.migrations)
        view.application.migrationTry = seen ?? own ?? failed
    }

    private func matchingRoles(
        _ answer: DatabaseQuery.Accounts, roles: [(role: RoleName, secret: SecretName)]
    ) async -> [RoleName] {
        var matching: [RoleName] = []
        let versions = await world.secrets.views
        for (role, secret) in roles {
            guard let verifier = answer.roles.first(where: { $0.name == role.text })?.verifier,
                let password = try? await world.secrets.value(secret)
            else { continue }
            let version = versions.first { $0.name == secret }?.version ?? ""
            if await world.connections.matches(verifier, version: version, password: password) { matching.append(role) }
        }
        return matching
    }
}

extension DatabaseQuery {
    static func decode<Value: Decodable>(_ type: Value.Type, from rows: [PostgresRow]) throws -> Value {
        let text = try rows.first?.string("view") ?? ""
        return try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

extension SecretStore {
    /// The roles whose passwords are ours, and the secrets that hold them.
    static func roles(_ cluster: Cluster) -> [(role: RoleName, secret: SecretName)] {
        [
            (cluster.accounts.admin.role, "postgres-admin"),
            (cluster.accounts.replication.role, "postgres-replication"),
            (cluster.accounts.rewind.role, "postgres-rewind"), (cluster.console.account.role, "postgres-console"),
        ] + cluster.roles.compactMap { role in role.secret.map { (role.name, $0) } }
    }
}

extension LiveWorld {
    /// An open session to a node as the superuser, kept for the next look.
    func session(server: ServerAddress, database: String) async throws -> PostgresConnection {
        let key = "\(server)/\(database)"
        if let known = await connections.session(key), await known.isUsable { return known }
        let connection = try await connect(server: server, database: database)
        await connections.keep(connection, as: key)
        let (connections, wakes) = (connections, wakes)
        Task {
            _ = await connection.waitUntilBroken()
            await connections.drop(connection)
            await wakes.wake()
        }
        return connection
    }

    /// A session of its own with a node, which inherits nothing from the role or the database (`SessionSettings`). Who
    /// asks for it closes it.
    /// - Parameters:
    ///   - settings: what the session has besides, or otherwise.
    ///
    /// The controller's certificate opens it. Nodes that have not read the rules for that yet ask for the password.
    func connect(
        server: ServerAddress, database: String, settings: [String: String] = [:]
    ) async throws -> PostgresConnection {
        return try await PostgresConnection.connect(
            PostgresConfiguration(
                host: server.node.text, port: 5432, user: "postgres", database: database,
                password: try await secrets.value("postgres-superuser"), sslMode: .verifyFull,
                trustedAuthorities: try await secrets.value(.authorities),
                clientIdentity: try? await secrets.value(Principal.controller.secret), address: server.host,
                connectTimeout: .seconds(2), applicationName: "controller",
                settings: SessionSettings.superuser.merging(settings) { _, own in own }))
    }
}
