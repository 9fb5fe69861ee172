import FoundationEssentials
import Model
import PostgresClient

/// Asks the primary's PostgreSQL, over sessions that stay open.
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
            let rows = try await ServerInquiry(world: world, server: server).rows(
                "SELECT pg_is_in_recovery() AS waits", deadline: .milliseconds(300))
            guard try rows.first?.bool("waits") == false else { return .absent }
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
        let (inquiry, basics) = try await basics(ServerInquiry(world: world, server: server))
        var view = DatabaseQuery.view(basics, node: node)
        // the poolers follow a failover by what is known so far, whatever else cannot be seen
        await see(.accounts, in: &view) { view in try await accounts(&view, inquiry) }
        let body = MonitorSettings.body(stanza: cluster.backups.stanza)
        await see(.archiver, in: &view) { view in
            DatabaseQuery.fill(
                &view, try await inquiry.ask(DatabaseQuery.Archiver.self, DatabaseQuery.archiver))
            guard view.archiver.isFailing, let file = view.archiver.lastFailed else { return }
            view.archiver.failure = try await inquiry.part(String?.self, .archiveError, [file], body: body)
                .map(DatabaseQuery.words)
        }
        await see(.collations, in: &view) { view in
            view.staleCollations = try await inquiry.ask([String].self, DatabaseQuery.collations)
        }
        let databases = view.databases
        async let extensions = lookInside(databases, server: server)
        if view.hasDatabase, view.unknownReason(of: .accounts) == nil { await lookInside(&view, server: server) }
        for (name, seen) in await extensions {
            guard let place = view.databases.firstIndex(where: { $0.name == name }) else { continue }
            view.databases[place].extensions = seen
        }
        view.archiver.strayHistories = await strayHistories(newerThan: view.timeline, inquiry, body: body)
        return view
    }

    /// A monitor that does not see others' sessions would take each of them for idle, so the superuser looks then.
    private func basics(
        _ inquiry: ServerInquiry
    ) async throws -> (inquiry: ServerInquiry, basics: DatabaseQuery.Basics) {
        let parameters = [
            PostgresValue(array: addresses.nodes.map(\.node.text)),
            PostgresValue(array: addresses.poolers.compactMap(\.host)),
            PostgresValue(array: PendingParameter.limits),
        ]
        let basics = try await inquiry.ask(DatabaseQuery.Basics.self, DatabaseQuery.basics, parameters)
        guard !basics.sees else { return (inquiry, basics) }
        var instead = inquiry
        instead.login = .superuser
        return (instead, try await instead.ask(DatabaseQuery.Basics.self, DatabaseQuery.basics, parameters))
    }

    /// Sees one part of the view; one that fails is noted as unseen, and hides nothing else.
    private func see(
        _ part: DatabasePart, in view: inout DatabaseView, _ look: (inout DatabaseView) async throws -> Void
    ) async {
        do { try await look(&view) } catch {
            view.unseen.append(UnseenPart(part, DatabaseObserver.unknownReason(error)))
        }
    }

    private func accounts(_ view: inout DatabaseView, _ inquiry: ServerInquiry) async throws {
        let logins = SecretStore.roles(cluster)
        let own = [MonitorSettings.role.text, PoolerSettings.role.text]
        let roles = logins.map(\.role.text) + own + cluster.roles.map(\.name.text)
        let leaving = cluster.roles.filter { $0.ensure == .absent }.map(\.name.text)
        let body = MonitorSettings.body(stanza: cluster.backups.stanza)
        let answer = try await inquiry.ask(
            DatabaseQuery.Accounts.self, DatabaseQuery.accounts,
            [
                PostgresValue(array: roles), PostgresValue(array: leaving),
                PostgresValue(array: cluster.databases.map(\.name.text)),
                PostgresValue(cluster.accounts.database.text), PostgresValue(PoolerSettings.loginBody),
                PostgresValue(body), PostgresValue(array: cluster.ownConnections.map(\.role.text)),
                PostgresValue(array: cluster.ownConnections.map(\.database.text)),
            ])
        // another function than ours would answer what it likes
        var inquiry = inquiry
        if !answer.monitor { inquiry.login = .superuser }
        let verifiers = try await inquiry.part([String: String?]?.self, .verifiers, roles, body: body) ?? [:]
        DatabaseQuery.fill(
            &view, answer, verifiers: verifiers, matching: await matchingRoles(verifiers, roles: logins))
    }

    /// The application's database; migrations are unknown where it could not be entered.
    private func lookInside(_ view: inout DatabaseView, server: ServerAddress) async {
        do {
            let inquiry = ServerInquiry(world: world, server: server, database: cluster.accounts.database)
            let inside = try await inquiry.ask(
                DatabaseQuery.Inside.self, DatabaseQuery.inside,
                [
                    PostgresValue(array: cluster.schema.extensions.map(\.name)),
                    PostgresValue(cluster.accounts.admin.role.text),
                    PostgresValue(cluster.console.enabled ? cluster.console.account.role.text : nil),
                ])
            view.application.hiddenSchemas = inside.hidden
            view.application.extensions = inside.extensions.map(\.view)
            view.application.missingGrants = inside.grant ? ["CREATE on schema public"] : []
            view.application.mayRead = inside.reading
            try await seeHistory(inside, inquiry, in: &view)
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
            let inquiry = ServerInquiry(world: world, server: server, database: declared.name)
            return .present(
                try await inquiry.ask(
                    [DatabaseQuery.Extension].self, DatabaseQuery.extensions,
                    [PostgresValue(array: declared.extensions.map(\.name))]
                ).map(\.view))
        } catch {
            return .unknown(DatabaseObserver.unknownReason(error))
        }
    }

    private static func unknownReason(_ error: any Error) -> UnknownReason {
        guard let error = error as? PostgresError else { return UnknownReason(.malformed, "\(error)") }
        return UnknownReason(error.cause, error.description)
    }

    /// The migrations: which were applied, which runs, and how the latest try of one of ours ended.
    private func seeHistory(
        _ inside: DatabaseQuery.Inside, _ inquiry: ServerInquiry, in view: inout DatabaseView
    ) async throws {
        switch inside.history {
        case nil, "absent":
            view.application.migrations = .absent
            return
        case "own" where !inside.reading:
            view.application.migrations = .unknown(
                UnknownReason(.forbidden, "\(MonitorSettings.role) may not read controller.migrations"))
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
        let history = try await inquiry.ask(
            DatabaseQuery.History.self, DatabaseQuery.history, [PostgresValue(cluster.accounts.admin.role.text)])
        view.application.migrations = .present(
            history.applied.map {
                AppliedMigration(name: $0.name, checksum: Digest(text: $0.checksum), missingObjects: $0.missing)
            })
        view.application.mayRecord = history.recording
        let seen = history.running.map {
            MigrationTry.running(name: $0.name, since: Timestamp(microseconds: $0.since))
        }
        // one of ours that has not got as far as the server yet
        let own = await world.migrations.migration(at: "\(inquiry.server)/\(inquiry.database)")
        let failed = await world.migrations.failedMigration(of: cluster.schema.migrations)
        view.application.migrationTry = seen ?? own ?? failed
    }

    private func matchingRoles(
        _ verifiers: [String: String?], roles: [(role: RoleName, secret: SecretName)]
    ) async -> [RoleName] {
        var matching: [RoleName] = []
        let versions = await world.secrets.views
        for (role, secret) in roles {
            guard let verifier = verifiers[role.text].flatMap({ $0 }),
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
