import Model
import PostgresClient

/// Asks every pooler's admin console at once, over sessions that stay open; a slow one is unknown, never waited for.
struct PoolerObserver {
    let world: LiveWorld
    let cluster: Cluster
    let addresses: Addresses

    private static let deadline: Duration = .milliseconds(500)
    /// The entry in `SHOW DATABASES` that carries the version of the files (Reconcilers' PoolerSpec).
    static let marker = "pg-controller"

    func observe() async -> [PoolerSighting] {
        await withTaskGroup(of: PoolerSighting.self) { group in
            for (name, isRunning, host) in addresses.poolers {
                group.addTask {
                    guard isRunning else { return PoolerSighting(name: name, view: .absent) }
                    guard let host else {
                        return PoolerSighting(name: name, view: .unknown(UnknownReason(.unreachable, "no address")))
                    }
                    return PoolerSighting(name: name, view: await ask(host))
                }
            }
            var sightings: [PoolerSighting] = []
            for await sighting in group { sightings.append(sighting) }
            return sightings.sorted { $0.name < $1.name }
        }
    }

    private func ask(_ host: String) async -> Sighting<PoolerView> {
        do {
            let session = try await world.poolerConsole(host: host, deadline: PoolerObserver.deadline)
            let databases = try await session.execute(script: "SHOW DATABASES", deadline: PoolerObserver.deadline)
            let state = try await session.execute(script: "SHOW STATE", deadline: PoolerObserver.deadline)
            return .present(try PoolerObserver.view(databases.last?.rows ?? [], state.last?.rows ?? []))
        } catch let error as PostgresError {
            return .unknown(UnknownReason(error.cause, error.description))
        } catch {
            return .unknown(UnknownReason(.malformed, "\(error)"))
        }
    }

    private static func view(_ databases: [PostgresRow], _ state: [PostgresRow]) throws -> PoolerView {
        var view = PoolerView(version: nil, hosts: [])
        for row in databases {
            let name = try row.string("name")
            if name == marker {
                view.version = try row.string("database")
                view.hosts = (try row.string("host") ?? "").split(separator: ",").map { NodeName(String($0)) }
            } else if name != "pgbouncer" {
                view.servers += try row.string("current_connections").flatMap { Int($0) } ?? 0
            }
        }
        view.isPaused = try isPaused(state)
        return view
    }

    /// What `SHOW STATE` says.
    static func isPaused(_ state: [PostgresRow]) throws(PostgresError) -> Bool {
        for row in state where try row.string("key") == "paused" { return try row.string("value") == "yes" }
        return false
    }
}

extension LiveWorld {
    /// An open session with a pooler's admin console, kept for the next look.
    func poolerConsole(
        host: String, deadline: Duration, for use: SessionUse = .looks
    ) async throws -> PostgresConnection {
        let key = "\(host)/pooler/\(use)"
        if let known = await connections.session(key), await known.isUsable { return known }
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(
                host: host, port: 6432, user: PoolerSettings.consoleUser.text, database: "pgbouncer",
                password: try await secrets.value("pooler-password"),
                // both sides show that they know the password, so the certificate need not prove the pooler; one of an older
                // build speaks no TLS
                sslMode: .prefer,
                // the console is PgBouncer itself: it has no settings to inherit, and refuses options that it does not know
                settings: [:]), deadline: deadline)
        await connections.keep(connection, as: key)
        let (connections, wakes) = (connections, wakes)
        Task {
            _ = await connection.waitUntilBroken()
            await connections.drop(connection)
            await wakes.wake()
        }
        return connection
    }

    /// One command on a pooler's admin console.
    func command(_ effect: PoolerEffect, _ name: ContainerName, _ cluster: Cluster) async throws -> Outcome {
        let host = try await address(of: name, cluster)
        let words =
            switch effect {
            case .reload: "RELOAD"
            case .pause: "PAUSE"
            case .resume: "RESUME"
            }
        let session = try await poolerConsole(host: host, deadline: .seconds(1))
        do throws(PostgresError) {
            try await session.execute(script: words, deadline: effect == .pause ? .seconds(2) : .seconds(1))
        } catch {
            switch (effect, error.code) {
            // it answers when the last transaction has ended; our giving up has made it resume (`admin_handle_cancel`)
            case (.pause, .timedOut):
                throw RefusalError(.unavailable, "a transaction did not end within 2 s, so its clients go on")
            // all of its refusals have one code, so its state says whether it is so already
            case (.pause, .server), (.resume, .server):
                let state = try await session.execute(script: "SHOW STATE", deadline: .seconds(1))
                guard try PoolerObserver.isPaused(state.last?.rows ?? []) == (effect == .pause) else { throw error }
                return .done("already")
            case (_, _): throw error
            }
        }
        return .done("")
    }
}
