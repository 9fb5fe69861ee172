import PostgresClient
import TestSupport
import Testing

extension QueryTests {
    func deadlinesStopTheStatement(_ server: PostgresServer, watcher: PostgresConnection) async throws {
        let connection = try await server.connect()
        let error = await #expect(throws: PostgresError.self) {
            try await connection.query("SELECT pg_sleep(60) /* deadline */", deadline: .milliseconds(200))
        }
        #expect(error?.code == .timedOut)
        #expect(await connection.waitUntilBroken().code == .timedOut)
        try await noStatement(like: "%/* deadline */%", watcher)
    }

    func cancellationStopsTheStatement(_ server: PostgresServer, watcher: PostgresConnection) async throws {
        let connection = try await server.connect()
        let sleeper = Task { try await connection.query("SELECT pg_sleep(60) /* cancelled */", deadline: .seconds(70)) }
        _ = try await eventually("the statement runs") {
            try await count(like: "%/* cancelled */%", watcher) == 1 ? true : nil
        }
        sleeper.cancel()
        let error = await #expect(throws: PostgresError.self) { try await sleeper.value }
        #expect(error?.code == .cancelled)
        try await noStatement(like: "%/* cancelled */%", watcher)
    }

    private func noStatement(like pattern: String, _ watcher: PostgresConnection) async throws {
        _ = try await eventually("the server stopped the statement", within: .seconds(5)) {
            try await count(like: pattern, watcher) == 0 ? true : nil
        }
    }

    private func count(like pattern: String, _ watcher: PostgresConnection) async throws -> Int? {
        try await watcher.query(
            "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE $1 AND state = 'active' AND pid <> pg_backend_pid()",
            [PostgresValue(pattern)]
        ).rows[0].int("n")
    }
}
