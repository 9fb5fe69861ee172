import Model
import PostgresClient
import TestSupport
import Testing

@Suite("Against a real PostgreSQL 18")
struct QueryTests {
    @Test("statements, scripts, errors and deadlines behave as promised")
    func behaviour() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await PostgresServer.start(in: fixture)
            let connection = try await server.connect()
            try await parametersAreBound(connection)
            try await noticesComeWithResults(connection)
            try await errorsLeaveTheConnectionUsable(connection)
            try await scriptsAreOneTransaction(connection)
            try await largeAnswersAndStatementsPass(connection)
            try await statementsQueue(connection)
            try await verifiersLogIn(server, connection)
            try await settingsHold(server)
            try await loginsAreToldApart(server)
            try await deadlinesStopTheStatement(server, watcher: connection)
            try await cancellationStopsTheStatement(server, watcher: connection)
            await connection.close()
            #expect(await connection.waitUntilBroken().code == .closed)
        }
    }

    private func parametersAreBound(_ connection: PostgresConnection) async throws {
        let result = try await connection.query(
            "SELECT $1::text AS t, $2::int8 AS n, $3::bool AS b, $4::float8 AS d, $5::text AS z, $6::text[] AS a",
            ["'; DROP TABLE x; --", 42, true, 1.5, nil, PostgresValue(array: ["x", "y,\"z"])])
        let row = try #require(result.rows.first)
        #expect(try row.string("t") == "'; DROP TABLE x; --")
        #expect(try row.int("n") == 42)
        #expect(try row.bool("b") == true)
        #expect(try row.double("d") == 1.5)
        #expect(try row.string("z") == nil)
        #expect(try row.strings("a") == ["x", "y,\"z"])
        #expect(result.columns.map(\.typeOID) == [25, 20, 16, 701, 25, 1009])
        let text = "it's \\ \"quoted\""
        let quoted = try await connection.query(
            "SELECT \(SQL.literal(text)) AS \(SQL.identifier("odd\" name"))")
        #expect(try quoted.rows[0].string("odd\" name") == text)
    }

    private func noticesComeWithResults(_ connection: PostgresConnection) async throws {
        let result = try await connection.query("DROP TABLE IF EXISTS never_there")
        #expect(result.notices.map(\.severity) == ["NOTICE"])
        #expect(result.tag == "DROP TABLE")
    }

    private func errorsLeaveTheConnectionUsable(_ connection: PostgresConnection) async throws {
        let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1/0") }
        #expect(error?.code == .server(sqlstate: "22012"))
        #expect(error?.host == connection.host)
        let malformed = await #expect(throws: PostgresError.self) {
            try await connection.query("SELECT $1::text", ["a\0b"])
        }
        #expect(malformed?.code == .malformed)
        #expect(try await connection.query("SELECT 1 AS one").rows[0].int("one") == 1)
    }

    private func scriptsAreOneTransaction(_ connection: PostgresConnection) async throws {
        let results = try await connection.execute(script: "CREATE TABLE s (i int); INSERT INTO s VALUES (1), (2);")
        #expect(results.map(\.tag) == ["CREATE TABLE", "INSERT 0 2"])
        #expect(results[1].affectedRows == 2)
        await #expect(throws: PostgresError.self) {
            try await connection.execute(script: "INSERT INTO s VALUES (3); SELECT nonsense;")
        }
        #expect(try await connection.query("SELECT count(*) AS n FROM s").rows[0].int("n") == 2)
    }

    private func largeAnswersAndStatementsPass(_ connection: PostgresConnection) async throws {
        let result = try await connection.query("SELECT i, repeat('x', 100) AS t FROM generate_series(1, 50000) i")
        #expect(result.rows.count == 50000)
        let megabytes = String(repeating: "y", count: 8 << 20)
        let length = try await connection.query("SELECT length($1) AS n", [PostgresValue(megabytes)])
        #expect(try length.rows[0].int("n") == 8 << 20)
    }

    private func statementsQueue(_ connection: PostgresConnection) async throws {
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...50 {
                group.addTask {
                    let result = try await connection.query("SELECT $1::int AS n", [PostgresValue(number)])
                    return try result.rows[0].int("n") ?? 0
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 1275)
    }

    private func verifiersLogIn(_ server: PostgresServer, _ connection: PostgresConnection) async throws {
        let verifier = try await connection.scramVerifier(password: "other", user: "app")
        #expect(verifier.hasPrefix("SCRAM-SHA-256$4096:"))
        _ = try await connection.query("CREATE ROLE app LOGIN PASSWORD \(SQL.literal(verifier))")
        var configuration = server.configuration
        (configuration.user, configuration.password) = ("app", "other")
        let app = try await PostgresConnection.connect(configuration)
        #expect(try await app.query("SELECT current_user AS u").rows[0].string("u") == "app")
        await app.close()
    }

    private func settingsHold(_ server: PostgresServer) async throws {
        var configuration = server.configuration
        configuration.settings = ["search_path": "pg_catalog, public", "statement_timeout": "12s"]
        configuration.applicationName = "contract test"
        let connection = try await PostgresConnection.connect(configuration)
        let sql = "SELECT current_setting($1) AS v"
        #expect(try await connection.query(sql, ["search_path"]).rows[0].string("v") == "pg_catalog, public")
        #expect(try await connection.query(sql, ["statement_timeout"]).rows[0].string("v") == "12s")
        #expect(try await connection.query(sql, ["application_name"]).rows[0].string("v") == "contract test")
        await connection.close()
    }

    private func loginsAreToldApart(_ server: PostgresServer) async throws {
        func code(_ change: (inout PostgresConfiguration) -> Void) async -> PostgresError.Code? {
            var configuration = server.configuration
            change(&configuration)
            let wanted = configuration
            return await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(wanted) }?.code
        }
        #expect(await code { $0.password = "wrong" } == .authentication)
        #expect(await code { $0.password = nil } == .authentication)
        #expect(await code { $0.database = "missing" } == .server(sqlstate: "3D000"))
        #expect(await code { $0.port = 1 } == .refused)
        #expect(await code { $0.host = "no-such-name.invalid" } == .nameNotResolved)
        #expect(await code { $0.sslMode = .require } == .couldNotConnect)
        // A paused container's kernel accepts, and nobody answers.
        try await Shell.run(["docker", "pause", server.container])
        let silent = await code { $0.connectTimeout = .milliseconds(300) }
        try await Shell.run(["docker", "unpause", server.container])
        #expect(silent == .timedOut)
    }
}
