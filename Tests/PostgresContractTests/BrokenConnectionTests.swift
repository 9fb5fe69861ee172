import PostgresClient
import TestSupport
import Testing

@Suite("A connection that breaks")
struct BrokenConnectionTests {
    @Test("a killed postmaster is noticed by an idle session at once, in a container that lives on")
    func postmaster() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await PostgresServer.start(in: fixture)
            let connection = try await server.connect()
            async let death = noticing(connection)
            try await server.killPostmaster()
            let killed = ContinuousClock.now
            let (error, noticed) = await death
            #expect(error.code == .connectionLost)
            // The kill itself returns through `docker exec`, which is slower than the notice.
            #expect(noticed - killed < .milliseconds(500))
            let late = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
            #expect(late?.code == .connectionLost)
            let refused = await #expect(throws: PostgresError.self) { try await server.connect() }
            #expect(refused?.code == .refused)
        }
    }

    @Test("a killed container is noticed by an idle session and by a running statement")
    func container() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await PostgresServer.start(in: fixture)
            let idle = try await server.connect()
            let busy = try await server.connect()
            async let death = noticing(idle)
            let statement = Task { try await busy.query("SELECT pg_sleep(60)", deadline: .seconds(70)) }
            _ = try await eventually("the statement runs") {
                try await idle.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").rows.first
            }
            try await Shell.run(["docker", "kill", server.container])
            let killed = ContinuousClock.now
            let (error, noticed) = await death
            #expect(error.code == .connectionLost)
            #expect(noticed - killed < .milliseconds(500))
            let lost = await #expect(throws: PostgresError.self) { try await statement.value }
            #expect(lost?.code == .connectionLost)
        }
    }

    @Test("a session ended by the server says why; one that is used meanwhile is watched too")
    func terminated() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await PostgresServer.start(in: fixture)
            let (victim, killer) = (try await server.connect(), try await server.connect())
            let pid = try await victim.query("SELECT pg_backend_pid() AS pid").rows[0].int("pid")
            async let death = victim.waitUntilBroken()
            for _ in 1...100 { _ = try await victim.query("SELECT 1") }
            _ = try await killer.query("SELECT pg_terminate_backend($1::int)", [PostgresValue(pid)])
            let error = await death
            #expect(error.code == .connectionLost)
            #expect(error.sqlstate == "57P01")
        }
    }

    @Test("a watch that is cancelled leaves the connection as it was")
    func cancelledWatch() async throws {
        try await ContainerFixture.with { fixture in
            let connection = try await PostgresServer.start(in: fixture).connect()
            let watch = Task { await connection.waitUntilBroken() }
            watch.cancel()
            #expect(await watch.value.code == .cancelled)
            #expect(try await connection.query("SELECT 1 AS one").rows[0].int("one") == 1)
        }
    }

    private func noticing(_ connection: PostgresConnection) async -> (PostgresError, ContinuousClock.Instant) {
        (await connection.waitUntilBroken(), .now)
    }
}
