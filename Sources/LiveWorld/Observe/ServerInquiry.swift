import FoundationEssentials
import Model
import PostgresClient

/// Asks one database of a server: as the role that can only look (`MonitorSettings`), and as the superuser where PostgreSQL
/// refuses that role.
///
/// The superuser looks only into the database `postgres`, which no other role owns: a missing role or privilege must not hide
/// from the controller that it is missing. Into other databases the superuser looks only where no connection is left for
/// other roles.
struct ServerInquiry {
    let world: LiveWorld
    let server: ServerAddress
    var database: DatabaseName = "postgres"
    var login: Login = .monitor

    /// One question whose answer is JSON, in the column `view`.
    func ask<Answer: Decodable>(
        _ type: Answer.Type, _ query: String, _ parameters: [PostgresValue] = []
    ) async throws -> Answer {
        try DatabaseQuery.decode(type, from: try await rows(query, parameters))
    }

    /// One question.
    func rows(
        _ query: String, _ parameters: [PostgresValue] = [], deadline: Duration = .seconds(3)
    ) async throws -> [PostgresRow] {
        do {
            return try await rows(query, parameters, as: login, deadline: deadline)
        } catch let error as PostgresError where login == .monitor && Self.superuserLooks(in: database, after: error) {
            return try await rows(query, parameters, as: .superuser, deadline: deadline)
        }
    }

    /// A part that the monitor sees through its function only; a superuser needs no function for it.
    func part<Answer: Decodable>(
        _ type: Answer.Type, _ part: MonitorSettings.Part, _ names: [String], body: String
    ) async throws -> Answer {
        let parameters = [PostgresValue(part.rawValue), PostgresValue(array: names)]
        let direct = "SELECT coalesce((\(body))::text, 'null') AS view"
        guard login == .monitor else { return try await ask(type, direct, parameters) }
        do {
            let rows = try await rows(
                "SELECT coalesce(controller.monitor($1, $2)::text, 'null') AS view", parameters, as: .monitor)
            return try DatabaseQuery.decode(type, from: rows)
        } catch let error as PostgresError where Self.superuserLooks(in: database, after: error) {
            return try DatabaseQuery.decode(type, from: try await rows(direct, parameters, as: .superuser))
        }
    }

    private func rows(
        _ query: String, _ parameters: [PostgresValue], as login: Login, deadline: Duration = .seconds(3)
    ) async throws -> [PostgresRow] {
        let session = try await world.session(server: server, database: database.text, as: login)
        return try await session.query(query, parameters, deadline: deadline).rows
    }

    /// Whether the superuser looks instead, after PostgreSQL refused the monitor.
    static func superuserLooks(in database: DatabaseName, after error: PostgresError) -> Bool {
        guard database == "postgres" else { return error.sqlstate == "53300" }
        // class 57: the server starts or stops, for every role
        return error.code == .authentication || error.sqlstate?.hasPrefix("57") == false
    }
}

/// As which role the controller logs in. Its certificate stands for both.
enum Login: Sendable, Hashable {
    /// The role that can only look.
    case monitor
    /// The superuser, for changes.
    case superuser
}

/// What a session is kept for. Each use has a session of its own, so that a slow answer to one delays none of the other.
enum SessionUse: Sendable, Hashable {
    /// The controller's looks.
    case looks
    /// Changes that may take long: what is quick never waits for them.
    case changes
    /// Metrics.
    case metrics

    /// A statement for metrics ends by itself soon, also where the request to end it was lost.
    var settings: [String: String] {
        switch self {
        case .looks, .changes: [:]
        case .metrics: ["statement_timeout": "5s"]
        }
    }
}

extension LiveWorld {
    /// An open session to a node, kept for the next look.
    func session(
        server: ServerAddress, database: String, as login: Login = .superuser, for use: SessionUse = .looks,
        deadline: Duration? = nil
    ) async throws -> PostgresConnection {
        let key = LiveWorld.key(server, database, login, use)
        if let known = await connections.session(key), await known.isUsable { return known }
        let connection = try await connect(
            server: server, database: database, as: login, settings: use.settings, deadline: deadline)
        await connections.keep(connection, as: key)
        let (connections, wakes) = (connections, wakes)
        Task {
            _ = await connection.waitUntilBroken()
            await connections.drop(connection)
            // the end of a slow question for metrics says nothing of the server
            if use == .looks { await wakes.wake() }
        }
        return connection
    }

    /// Closes what is kept open to a database, which would keep it from being dropped.
    func closeSessions(server: ServerAddress, database: String) async {
        let kept = [
            (Login.monitor, SessionUse.looks), (.superuser, .looks), (.superuser, .changes), (.monitor, .metrics),
        ]
        for (login, use) in kept {
            await connections.session(LiveWorld.key(server, database, login, use))?.close()
        }
    }

    private static func key(_ server: ServerAddress, _ database: String, _ login: Login, _ use: SessionUse) -> String {
        "\(login)@\(server)/\(database)/\(use)"
    }

    /// A session of its own with a node, which inherits nothing from the role or the database (`SessionSettings`). Who
    /// asks for it closes it.
    /// - Parameters:
    ///   - settings: what the session has besides, or otherwise.
    ///
    /// The controller's certificate opens it. Nodes that have not read the rules for that yet ask for the superuser's password.
    func connect(
        server: ServerAddress, database: String, as login: Login = .superuser, settings: [String: String] = [:],
        deadline: Duration? = nil
    ) async throws -> PostgresConnection {
        let isMonitor = login == .monitor
        let own = isMonitor ? SessionSettings.monitor : SessionSettings.superuser
        return try await PostgresConnection.connect(
            PostgresConfiguration(
                host: server.node.text, port: 5432, user: isMonitor ? MonitorSettings.role.text : "postgres",
                database: database, password: isMonitor ? nil : try await secrets.value("postgres-superuser"),
                sslMode: .verifyFull,
                trustedAuthorities: try await secrets.value(.authorities),
                clientIdentity: try? await secrets.value(Principal.controller.secret), address: server.host,
                connectTimeout: .seconds(2), applicationName: "controller",
                settings: own.merging(settings) { _, own in own }), deadline: deadline)
    }
}
