import Foundation
import Model
import PostgresClient
import TestSupport
import Testing

@testable import LiveWorld
@testable import Reconcilers

/// Migrations against a real PostgreSQL, without Patroni.
@Suite("Migrations in a real PostgreSQL")
struct MigrationContractTests {
    /// A server with an admin role, and the history as the controller makes it.
    private struct Server {
        let container: String
        let address: String

        static func start(in fixture: ContainerFixture) async throws -> Server {
            let script = """
                initdb -D /tmp/data -U postgres --auth-host=scram-sha-256 --auth-local=trust >/dev/null
                echo 'host all all all scram-sha-256' >> /tmp/data/pg_hba.conf
                exec postgres -D /tmp/data -c listen_addresses='*' -c fsync=off
                """
            let container = try await fixture.start(
                "migrations", image: "pg-controller/postgres:18", options: ["--entrypoint", "bash"],
                command: ["-c", script])
            let server = Server(container: container, address: try await fixture.address(of: container))
            _ = try await eventually("PostgreSQL answers") { try await server.sql("SELECT 1") }
            try await server.sql(
                "CREATE ROLE pgadmin LOGIN CREATEROLE PASSWORD 'secret'; CREATE ROLE other; GRANT other TO pgadmin; "
                    + "CREATE ROLE controller_monitor")
            try await server.sql("CREATE DATABASE app OWNER pgadmin")
            try await server.sql("GRANT USAGE, CREATE ON SCHEMA public TO pgadmin, other", in: "app")
            try await server.sql(server.historySQL, in: "app")
            return server
        }

        /// What the planner runs where there is no history.
        var historySQL: String {
            var cluster = Cluster(name: "x")
            cluster.accounts.database = "app"
            let view = DatabaseView(node: "n", isInRecovery: false, systemIdentifier: "1", timeline: 1)
            return SchemaStep.due(database: view, cluster: cluster, mayUpdate: true).map(\.sql).joined(separator: "\n")
        }

        @discardableResult
        func sql(_ statement: String, in database: String = "postgres") async throws -> String {
            try await Shell.run([
                "docker", "exec", container, "psql", "-XAtqU", "postgres", "-d", database, "-v", "ON_ERROR_STOP=1",
                "-c", statement,
            ])
        }

        func app(_ statement: String) async throws -> String { try await sql(statement, in: "app") }

        func run(_ file: Migration) -> MigrationRun {
            MigrationRun(migration: file, database: "app", role: "pgadmin", host: address, password: "secret")
        }

        /// Applies a file; PostgreSQL's words where it does not like it.
        func apply(_ name: String, _ sql: String) async -> String {
            do throws(PostgresError) {
                try await run(Migration(name: name, sql: sql)).apply()
                return "applied"
            } catch {
                return error.message
            }
        }

        func history() async throws -> DatabaseQuery.History {
            let session = try await PostgresConnection.connect(
                PostgresConfiguration(
                    host: address, user: "pgadmin", database: "app", password: "secret",
                    settings: ["search_path": "pg_catalog, pg_temp"]))
            let rows = try await session.query(DatabaseQuery.history, ["pgadmin"]).rows
            await session.close()
            return try DatabaseQuery.decode(DatabaseQuery.History.self, from: rows)
        }
    }

    @Test("a file runs as the admin role, and its record is written with it, whatever it sets or plants")
    func record() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await Server.start(in: fixture)
            try await server.sql(
                "ALTER ROLE pgadmin SET statement_timeout = '200ms'; ALTER ROLE pgadmin SET search_path = 'nowhere'")
            let hostile = """
                CREATE TABLE who AS SELECT session_user::text AS session, current_user::text AS current;
                CREATE TEMPORARY TABLE relations_before AS SELECT oid FROM pg_class;
                CREATE TEMPORARY TABLE pg_class (oid oid, relname name, relkind "char", relnamespace oid, relispartition bool);
                CREATE TABLE "Odd "".Name" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
                CREATE FUNCTION public.never(name, text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN RAISE 'planted'; END $$;
                CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = text, FUNCTION = public.never);
                CREATE OPERATOR public.!~~ (LEFTARG = name, RIGHTARG = text, FUNCTION = public.never);
                SET search_path = public, pg_catalog; SET quote_all_identifiers = on; SET statement_timeout = '1ms'; RESET ALL;
                SET standard_conforming_strings = off; SET ROLE other;
                CREATE TABLE others ();
                SELECT pg_sleep(0.5) -- and a comment without an end
                """
            #expect(await server.apply("001.sql", hostile) == "applied")
            #expect(try await server.app("SELECT * FROM who") == "pgadmin|pgadmin")
            #expect(
                try await server.app(
                    "SELECT m.* FROM (SELECT name, unnest(objects) AS o FROM controller.migrations) AS m "
                        + "ORDER BY o COLLATE \"C\"")
                        == """
                        001.sql|public."Odd "".Name"
                        001.sql|public."Odd "".Name_id_seq"
                        001.sql|public."Odd "".Name_pkey"
                        001.sql|public.others
                        001.sql|public.who
                        """)
            let checksum = Migration(name: "001.sql", sql: hostile).checksum.text
            #expect(try await server.app("SELECT checksum FROM controller.migrations") == checksum)
            // recorded: whoever asks once more, nothing happens
            #expect(await server.apply("001.sql", "CREATE TABLE again ();") == "applied")
            #expect(try await server.app("SELECT to_regclass('again') IS NULL") == "t")
            // one transaction: what fails leaves nothing behind, neither the table nor the record
            #expect(await server.apply("002.sql", "CREATE TABLE half (); SELECT 1/0;") == "division by zero")
            #expect(await server.apply("003.sql", "CREATE TABLE half (); SELECT 'open").contains("unterminated"))
            #expect(
                await server.apply("004.sql", "ALTER SYSTEM SET work_mem = 1").contains(
                    "cannot run inside a transaction"))
            #expect(await server.apply("005.sql", "ALTER ROLE pgadmin SUPERUSER").contains("permission denied"))
            #expect(
                try await server.app("SELECT to_regclass('half') IS NULL AND count(*) = 1 FROM controller.migrations")
                    == "t")
        }
    }

    @Test("a file that ends its transaction is recorded all the same, so that nothing in it is done twice")
    func ended() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await Server.start(in: fixture)
            let file = "CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1); COMMIT;"
            #expect(await server.apply("001.sql", file).contains("ended the transaction"))
            #expect(await server.apply("001.sql", file) == "applied")
            #expect(
                await server.apply("002.sql", file + "BEGIN; INSERT INTO t VALUES (2);").contains(
                    "ended the transaction"))
            #expect(try await server.app("SELECT string_agg(n::text, ',') FROM t") == "1,1")
            #expect(
                try await server.app("SELECT string_agg(name, ',' ORDER BY name) FROM controller.migrations")
                    == "001.sql,002.sql")
        }
    }

    @Test(
        "what was dropped by hand is missing, what a later file drops is not, and rows that anybody made up blind no look"
    )
    func missing() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await Server.start(in: fixture)
            #expect(
                await server.apply("001.sql", "CREATE TABLE a (); CREATE VIEW b AS SELECT 1; CREATE TABLE c ();")
                    == "applied")
            try await server.sql("DROP VIEW b", in: "app")
            #expect(await server.apply("002.sql", "DROP TABLE c; CREATE SCHEMA s; CREATE TABLE s.d ();") == "applied")
            let seen = try await server.history()
            #expect(seen.applied.map(\.name) == ["001.sql", "002.sql"])
            #expect(seen.applied.map(\.missing) == [["public.b"], []])
            #expect(seen.recording)
            // a person says that it was dropped on purpose
            try await server.sql("SET ROLE pgadmin; \(Migrations.accept)", in: "app")
            #expect(try await server.history().applied.map(\.missing) == [[], []])
            try await server.sql(
                """
                INSERT INTO controller.migrations (name, checksum, objects) VALUES
                  (E'\\e[31m.sql', 'x', '{}'), ('003.sql', 'x', ARRAY['a.b.c', 'x"', '', NULL, '"".""', 'no.where', '1; DROP', 'ä.ö'])
                """, in: "app")
            let later = try await server.history()
            #expect(later.applied.map(\.name) == ["001.sql", "002.sql", "003.sql"])
            #expect(later.applied.last?.missing == ["no.where"])
            #expect(await server.apply("004.sql", "SELECT 1") == "applied")
        }
    }

    @Test("a file takes as long as it takes: the pass goes on, every look sees it, and none is begun beside it")
    func long() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await Server.start(in: fixture)
            let directory = NSTemporaryDirectory() + "migrations-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let world = try await LiveWorld.connect(
                Cluster(name: "x"), secrets: SecretStore(directory: directory), docker: nil)
            let file = Migration(
                name: "001.sql",
                sql:
                    "CREATE TABLE t (); DO $$ BEGIN WHILE NOT pg_try_advisory_lock(7) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$"
            )
            // held open for as long as the test wants the file to run
            let gate = try await PostgresConnection.connect(
                PostgresConfiguration(
                    host: server.address, user: "pgadmin", database: "app", password: "secret", settings: [:]))
            _ = try await gate.query("SELECT pg_advisory_lock(7)")
            let patience = Duration.milliseconds(100)
            #expect(await world.start(server.run(file), patience: patience) == .done("under way"))
            _ = try await eventually("a look sees it") {
                try await server.history().running?.name == "001.sql" ? true : nil
            }
            // the same controller, and one that knows nothing of it
            #expect(await world.start(server.run(file), patience: patience) == .done("under way"))
            #expect(await server.apply("001.sql", file.sql).contains("could not obtain lock"))
            #expect(await server.apply("002.sql", "SELECT 1").contains("could not obtain lock"))
            #expect(try await server.app("SELECT count(*) FROM controller.migrations") == "0")
            await gate.close()
            _ = try await eventually("it is recorded") {
                try await server.history().applied.first?.name == "001.sql" ? true : nil
            }
            #expect(try await server.history().running == nil)
            #expect(await server.apply("001.sql", file.sql) == "applied")
            // one that fails later than the pass waits is told of at the next look
            let failing = Migration(name: "002.sql", sql: "SELECT pg_sleep(0.3); SELECT 1/0;")
            #expect(await world.start(server.run(failing), patience: patience) == .done("under way"))
            let told = try await eventually("the failure is known") {
                await world.migrations.failedMigration(of: [file, failing])
            }
            guard case .failed("002.sql", let words, 1, _) = told else {
                Issue.record("\(told)")
                return
            }
            #expect(words.contains("division by zero"))
            // and one that fails at once, at once
            let outcome = await world.start(server.run(Migration(name: "002.sql", sql: "SELECT 1/0;")))
            guard case .refused(let refusal) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(refusal.message.contains("division by zero"))
        }
    }
}
