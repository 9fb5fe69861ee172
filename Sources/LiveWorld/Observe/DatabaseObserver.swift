import FoundationEssentials
import Model
import PostgresClient

/// Asks the primary's PostgreSQL, over a session that stays open.
struct DatabaseObserver {
    let world: LiveWorld
    let cluster: Cluster
    let addresses: Addresses

    func observe(leader: NodeName?, members: [MemberSighting]) async -> Sighting<DatabaseView> {
        guard let leader, let host = addresses.host(of: leader) else { return .absent }
        guard case .present(let member) = members.first(where: { $0.node == leader })?.view,
            member.state == .running, member.role == .primary
        else { return .absent }
        do {
            return .present(try await look(leader, host: host))
        } catch let error as PostgresError {
            return .unknown(Blindness(error.cause, error.description))
        } catch {
            return .unknown(Blindness(.malformed, "\(error)"))
        }
    }

    private func look(_ node: NodeName, host: String) async throws -> DatabaseView {
        let session = try await world.session(host: host, database: "postgres")
        let roles = SecretStore.roles(cluster)
        let rows = try await session.query(
            DatabaseQuery.text,
            [
                PostgresValue(array: cluster.schema.extensions.map(\.name)),
                PostgresValue(array: roles.map(\.role.text) + [PoolerSettings.role.text]),
                PostgresValue(cluster.accounts.database.text),
                PostgresValue(cluster.accounts.admin.role.text), PostgresValue(array: addresses.nodes.map(\.node.text)),
                PostgresValue("/var/spool/pgbackrest/archive/\(cluster.backups.stanza)/out/"),
                PostgresValue(array: PendingParameter.limits),
                PostgresValue(PoolerSettings.loginBody), PostgresValue(array: addresses.poolers.compactMap(\.host)),
            ], deadline: .seconds(3)
        ).rows
        let answer = try DatabaseQuery.decode(DatabaseQuery.Answer.self, from: rows)
        let matching = await matchingRoles(answer, roles: roles)
        var view = DatabaseQuery.view(answer, node: node) { role, _ in matching.contains(role) }
        guard view.hasDatabase else { return view }
        if cluster.accounts.database != "postgres" {
            let own = try await world.session(host: host, database: cluster.accounts.database.text)
            let inside = try DatabaseQuery.decode(
                DatabaseQuery.Answer.self,
                from: try await own.query(
                    DatabaseQuery.text,
                    [
                        PostgresValue(array: cluster.schema.extensions.map(\.name)), PostgresValue(array: []),
                        PostgresValue(cluster.accounts.database.text), PostgresValue(cluster.accounts.admin.role.text),
                        PostgresValue(array: []), PostgresValue(""), PostgresValue(array: []), PostgresValue(""),
                        PostgresValue(array: []),
                    ], deadline: .seconds(3)
                ).rows)
            let local = DatabaseQuery.view(inside, node: node) { _, _ in false }
            view.extensions = local.extensions
            view.missingGrants = local.missingGrants
            view.migrations = try await history(inside.history, session: own)
        } else {
            view.migrations = try await history(answer.history, session: session)
        }
        return view
    }

    private func history(_ exists: Bool, session: PostgresConnection) async throws -> Sighting<[AppliedMigration]> {
        guard exists else { return .absent }
        let rows = try await session.query(DatabaseQuery.history, [], deadline: .seconds(3)).rows
        return .present(
            try DatabaseQuery.decode([DatabaseQuery.HistoryRow].self, from: rows).map {
                AppliedMigration(name: $0.name, checksum: Digest(text: $0.checksum), missingObjects: $0.missing)
            })
    }

    private func matchingRoles(
        _ answer: DatabaseQuery.Answer, roles: [(role: RoleName, secret: SecretName)]
    ) async -> [RoleName] {
        var matching: [RoleName] = []
        let versions = await world.secrets.views
        for (role, secret) in roles {
            guard let verifier = answer.roles.first(where: { $0.name == role.text })?.verifier,
                let password = try? await world.secrets.value(secret)
            else { continue }
            let version = versions.first { $0.name == secret }?.version ?? ""
            if await world.sight.matches(verifier, version: version, password: password) { matching.append(role) }
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
        ]
    }
}

extension LiveWorld {
    /// An open session to a node as the superuser, kept for the next look.
    func session(host: String, database: String) async throws -> PostgresConnection {
        let key = "\(host)/\(database)"
        if let known = await sight.session(key) { return known }
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(
                host: host, port: 5432, user: "postgres", database: database,
                password: try await secrets.value("postgres-superuser"), connectTimeout: .seconds(2),
                applicationName: "controller"))
        await sight.keep(connection, as: key)
        let sight = sight
        Task {
            _ = await connection.waitUntilBroken()
            await sight.dropSession(key)
            await sight.ring()
        }
        return connection
    }
}
