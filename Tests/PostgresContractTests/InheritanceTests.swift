import Foundation
import Model
import PostgresClient
import TestSupport
import Testing

@testable import LiveWorld

/// What people set and make in a database does not reach the controller's sessions, and is never run by them.
@Suite("Sessions that inherit nothing")
struct InheritanceTests {
    @Test("settings, login triggers, functions and operators of others have no effect on them")
    func nothing() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await PostgresServer.start(in: fixture)
            try await settings(server)
            try await plantedCode(server)
            try await foreignHistory(server)
            try await vanishedSchema(server)
            try await unreadablePart(server)
            try await implicitMembership(server)
        }
    }

    /// As the controller opens its sessions.
    private func open(
        _ server: PostgresServer, _ database: String = "postgres", as user: String = "postgres",
        settings: [String: String] = SessionSettings.superuser
    ) async throws -> PostgresConnection {
        var configuration = server.configuration
        configuration.database = database
        configuration.user = user
        if user != "postgres" { configuration.password = user }
        configuration.settings = settings
        return try await PostgresConnection.connect(configuration)
    }

    /// The look's own questions.
    private func look(_ connection: PostgresConnection) async throws -> DatabaseQuery.Inside {
        func ask<Answer: Decodable>(
            _ type: Answer.Type, _ query: String, _ parameters: [PostgresValue]
        ) async throws -> Answer {
            try DatabaseQuery.decode(type, from: try await connection.query(query, parameters).rows)
        }
        let basics = try await ask(
            DatabaseQuery.Basics.self, DatabaseQuery.basics,
            [PostgresValue(array: ["n"]), PostgresValue(array: []), PostgresValue(array: ["max_connections"])])
        #expect(!basics.recovery && basics.limits?["max_connections"] != nil)
        let accounts = try await ask(
            DatabaseQuery.Accounts.self, DatabaseQuery.accounts,
            [
                PostgresValue(array: ["pgadmin"]), PostgresValue(array: ["pgadmin"]), PostgresValue(array: ["app"]),
                "app", PostgresValue(PoolerSettings.loginBody), PostgresValue(MonitorSettings.body(stanza: "x")),
                PostgresValue(array: ["pgadmin"]), PostgresValue(array: ["app"]),
            ])
        #expect(accounts.roles.map(\.name) == ["pgadmin"] && accounts.database)
        _ = try await ask(DatabaseQuery.Archiver.self, DatabaseQuery.archiver, [])
        #expect(try await ask([String].self, DatabaseQuery.collations, []) == [])
        let names = PostgresValue(array: ["plpgsql"])
        #expect(try await ask([DatabaseQuery.Extension].self, DatabaseQuery.extensions, [names]).count == 1)
        return try await ask(DatabaseQuery.Inside.self, DatabaseQuery.inside, [names, "pgadmin", .null])
    }

    private func settings(_ server: PostgresServer) async throws {
        let admin = try await server.connect()
        let planted = [
            "default_transaction_read_only": "on", "default_transaction_isolation": "serializable",
            "statement_timeout": "3ms", "idle_session_timeout": "1s", "transaction_timeout": "5ms",
            "role": "pg_monitor",
            "search_path": "public", "exit_on_error": "on", "array_nulls": "off", "DateStyle": "German",
            "standard_conforming_strings": "off", "row_security": "on", "session_replication_role": "replica",
        ]
        for (name, value) in planted {
            _ = try await admin.query("ALTER ROLE postgres SET \(name) TO \(SQL.literal(value))")
            _ = try await admin.query("ALTER DATABASE postgres SET \(name) TO \(SQL.literal(value))")
        }
        try await admin.execute(
            script: """
                CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'nobody logs in here'; END $$;
                CREATE EVENT TRIGGER refuse ON login EXECUTE FUNCTION public.refuse();
                ALTER EVENT TRIGGER refuse ENABLE ALWAYS;
                """)
        await admin.close()
        await #expect(throws: PostgresError.self) { try await server.connect() }
        let session = try await open(server)
        let name = try await session.query("SELECT current_user::text AS name, session_user::text AS login").rows[0]
        #expect(try name.string("name") == "postgres" && name.string("login") == "postgres")
        for (name, value) in SessionSettings.superuser {
            let rows = try await session.query(
                "SELECT setting, unit, source FROM pg_settings WHERE name = $1", [PostgresValue(name)]
            ).rows
            if name == "role" { continue }
            let seen = try #require(rows.first, "\(name)")
            let setting = try #require(try seen.string("setting"))
            #expect(try seen.string("unit") == "ms" || setting == value, "\(name) is \(setting)")
            #expect(try seen.string("source") == "client", "\(name)")
        }
        try await session.execute(
            script: "DROP EVENT TRIGGER refuse; ALTER ROLE postgres RESET ALL; ALTER DATABASE postgres RESET ALL;")
        await session.close()
    }

    /// A function and an operator that suit the look's own statements better than the server's, and note who runs them.
    private func plantedCode(_ server: PostgresServer) async throws {
        let admin = try await server.connect()
        try await admin.execute(
            script: """
                CREATE ROLE pgadmin LOGIN CREATEROLE CREATEDB PASSWORD 'pgadmin';
                GRANT CREATE ON SCHEMA public TO pgadmin;
                CREATE TABLE public.caught (who text, what text);
                GRANT INSERT ON public.caught TO PUBLIC;
                """)
        _ = try await admin.query("CREATE DATABASE app OWNER pgadmin")
        try await plant(server, "postgres", in: "public")
        try await inDatabase(server, "app") { session in
            try await session.execute(
                script: """
                    CREATE TABLE public.caught (who text, what text);
                    GRANT INSERT ON public.caught TO PUBLIC;
                    """)
        }
        try await plant(server, "app", in: "mine")
        let owner = try await open(server, "app", as: "pgadmin", settings: [:])
        _ = try await owner.query("ALTER DATABASE app SET search_path = mine, pg_catalog, public")
        await owner.close()
        for database in ["postgres", "app"] {
            let session = try await open(server, database)
            _ = try await look(session)
            let caught = try await session.query("SELECT who || ' ran ' || what AS deed FROM public.caught").rows
            #expect(try caught.map { try $0.string("deed") } == [], "\(database)")
            await session.close()
            // the trap does snap: a session without the settings runs into it
            let inherits = try await open(server, database, settings: [:])
            _ = try? await look(inherits)
            let snapped = try await inherits.query("SELECT count(*) AS n FROM public.caught WHERE who = 'postgres'")
            #expect(try snapped.rows[0].int("n") ?? 0 > 0, "\(database)")
            _ = try await inherits.query("TRUNCATE public.caught")
            await inherits.close()
        }
        _ = try await admin.query("ALTER DATABASE app RESET search_path")
        await admin.close()
    }

    private func plant(_ server: PostgresServer, _ database: String, in schema: String) async throws {
        let session = try await open(server, database, as: "pgadmin", settings: ["search_path": "public"])
        try await session.execute(
            script: """
                CREATE SCHEMA IF NOT EXISTS \(schema);
                CREATE FUNCTION \(schema).array_remove(text[], text) RETURNS text[] LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO public.caught VALUES (current_user, 'array_remove');
                    RETURN pg_catalog.array_remove($1, $2); END $$;
                CREATE FUNCTION \(schema).joined(name, name) RETURNS text LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO public.caught VALUES (current_user, '||'); RETURN ''; END $$;
                CREATE OPERATOR \(schema).|| (FUNCTION = \(schema).joined, LEFTARG = name, RIGHTARG = name);
                CREATE FUNCTION \(schema).same(name, text) RETURNS boolean LANGUAGE plpgsql AS
                    $$ BEGIN INSERT INTO public.caught VALUES (current_user, '=');
                    RETURN pg_catalog.texteq($1::text, $2); END $$;
                CREATE OPERATOR \(schema).= (FUNCTION = \(schema).same, LEFTARG = name, RIGHTARG = text);
                """.replacingOccurrences(of: "CREATE SCHEMA IF NOT EXISTS public;", with: ""))
        await session.close()
    }

    private func inDatabase(
        _ server: PostgresServer, _ database: String, _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        let session = try await open(server, database)
        try await body(session)
        await session.close()
    }

    /// A database's owner makes a view where the controller's history belongs: its functions run as who reads it.
    private func foreignHistory(_ server: PostgresServer) async throws {
        try await inDatabase(server, "app") { session in
            #expect(try await look(session).history == nil)
            let owner = try await open(server, "app", as: "pgadmin", settings: ["search_path": "public"])
            try await owner.execute(
                script: """
                    CREATE SCHEMA controller;
                    CREATE VIEW controller.migrations AS SELECT 'a'::text AS name, 'b'::text AS checksum, '{}'::text[] AS objects;
                    """)
            await owner.close()
            #expect(try await look(session).history == "foreign schema")
            _ = try await session.query("ALTER SCHEMA controller OWNER TO postgres")
            #expect(try await look(session).history == "foreign table")
            try await session.execute(
                script: """
                    DROP VIEW controller.migrations;
                    CREATE TABLE controller.migrations (name text, checksum text, objects text[]);
                    """)
            #expect(try await look(session).history == "own")
            let rows = try await session.query(DatabaseQuery.history, [PostgresValue("pgadmin")]).rows
            #expect(try DatabaseQuery.decode(DatabaseQuery.History.self, from: rows).applied.isEmpty)
        }
    }

    private func vanishedSchema(_ server: PostgresServer) async throws {
        for statement in ["ALTER SCHEMA public RENAME TO legacy", "DROP SCHEMA legacy CASCADE"] {
            try await inDatabase(server, "app") { session in
                _ = try await session.query(statement)
                #expect(try await look(session).grant == false)
            }
        }
    }

    /// A question that the server refuses leaves the session as it is: the next ones are answered.
    private func unreadablePart(_ server: PostgresServer) async throws {
        try await inDatabase(server, "postgres") { session in
            let error = await #expect(throws: PostgresError.self) {
                try await session.query(DatabaseQuery.accounts, [])
            }
            #expect(error?.sqlstate != nil)
            _ = try await look(session)
        }
    }

    /// PostgreSQL makes whoever creates a role its administrator (createrole, 16 and later); nobody granted that.
    private func implicitMembership(_ server: PostgresServer) async throws {
        let creator = try await open(server, as: "pgadmin", settings: [:])
        _ = try await creator.query("CREATE ROLE made_by_pgadmin")
        await creator.close()
        try await inDatabase(server, "postgres") { session in
            _ = try await session.query("GRANT pg_monitor TO pgadmin")
            let rows = try await session.query(
                DatabaseQuery.accounts,
                [
                    PostgresValue(array: ["pgadmin"]), PostgresValue(array: []), PostgresValue(array: []), "app", "",
                    "", PostgresValue(array: []), PostgresValue(array: []),
                ]
            ).rows
            let role = try #require(try DatabaseQuery.decode(DatabaseQuery.Accounts.self, from: rows).roles.first)
            #expect(role.granted == ["pg_monitor"])
            #expect(role.attributes.contains("IN made_by_pgadmin"))
        }
    }
}
