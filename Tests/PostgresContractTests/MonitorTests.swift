import Foundation
import Model
import PostgresClient
import TestSupport
import Testing

@testable import LiveWorld
@testable import PlanningFixtures
@testable import Reconcilers

/// The role as which the controller looks, made by the planners' own statements on a real PostgreSQL.
@Suite("The monitor")
struct MonitorTests {
    private static let stanza = "main"
    private static let body = MonitorSettings.body(stanza: stanza)

    @Test("sees all that the superuser's look sees, and can do nothing else")
    func looks() async throws {
        try await ContainerFixture.with { fixture in
            let server = try await PostgresServer.start(in: fixture)
            try await prepare(server)
            try await fill(server)
            for database in ["postgres", "app"] {
                let monitor = try await open(server, database, as: MonitorSettings.role.text)
                let superuser = try await open(server, database, as: "postgres")
                for (name, query, parameters) in questions(in: database) {
                    let seen = try await text(monitor, query, parameters)
                    #expect(try await text(superuser, query, parameters) == seen, "\(name) in \(database)")
                    #expect(seen.count >= 2, "\(name) in \(database)")
                }
                await superuser.close()
                await monitor.close()
            }
            try await activity(server)
            try await parts(server)
            try await refusals(server)
            try await setback(server)
            try await console(server)
        }
    }

    /// The monitor sees which session waits for which, and the dearest statements.
    private func activity(_ server: PostgresServer) async throws {
        let holder = try await open(server, "app", as: "postgres")
        let waiter = try await open(server, "app", as: "postgres")
        let monitor = try await open(server, "app", as: MonitorSettings.role.text)
        func pid(_ session: PostgresConnection) async throws -> Int? {
            try await session.query("SELECT pg_backend_pid() AS pid").rows.first?.int("pid")
        }
        let (first, second) = (try await pid(holder), try await pid(waiter))
        try await holder.execute(script: "CREATE TABLE public.held (n int)")
        try await holder.execute(script: "BEGIN; LOCK TABLE public.held")
        async let blocked = waiter.execute(script: "BEGIN; LOCK TABLE public.held; ROLLBACK")
        _ = try await eventually("the session that waits") { () -> Bool? in
            let seen = try await ServerActivity(from: monitor, limit: 20, deadline: .seconds(10))
            let waits = seen.sessions.first { $0.pid == second }
            let holds = seen.sessions.contains { $0.pid == first && $0.state == "idle in transaction" }
            let isSeen = waits?.blockedBy == [first].compactMap(\.self) && waits?.wait.hasPrefix("Lock:") == true
            return isSeen && holds ? true : nil
        }
        #expect(try await ServerActivity(from: monitor, limit: 1, deadline: .seconds(10)).sessions.count == 1)
        try await holder.execute(script: "ROLLBACK")
        _ = try await blocked
        for session in [holder, waiter, monitor] { await session.close() }
    }

    /// What the planner runs lets the console's role read the applications' tables, in every schema, and no stored password.
    private func console(_ server: PostgresServer) async throws {
        let superuser = try await open(server, "app", as: "postgres")
        let main = try await open(server, "postgres", as: "postgres")
        try await superuser.execute(
            script: """
                GRANT pg_read_all_data TO console; CREATE SCHEMA "a""b" AUTHORIZATION pgadmin;
                CREATE TABLE "a""b".t (n int); CREATE VIEW "a""b".v AS SELECT 1 AS n; CREATE SCHEMA empty;
                """)
        func inside() async throws -> DatabaseQuery.Inside {
            let (_, query, parameters) = questions(in: "app")[0]
            return try DatabaseQuery.decode(
                DatabaseQuery.Inside.self, from: try await superuser.query(query, parameters).rows)
        }
        func reads(_ statement: String) async throws -> Bool {
            try await superuser.execute(script: "SET SESSION AUTHORIZATION console")
            let answer = try? await superuser.query(statement)
            try await superuser.execute(script: "RESET SESSION AUTHORIZATION")
            return answer != nil
        }
        #expect(try await reads("SELECT rolpassword FROM pg_authid"))
        for step in 1...2 {
            var fixture = fixture
            var view = try #require(fixture.observation.database.value)
            DatabaseQuery.fill(&view, try await accounts(main), verifiers: [:], matching: view.roles.map(\.name))
            view.application.hiddenSchemas = try await inside().hidden
            #expect(step == 1 ? view.application.hiddenSchemas == [] : view.application.hiddenSchemas.contains("a\"b"))
            fixture.observation.database = .present(view)
            for action in Accounts().propose(fixture.input).actions
                + Schema().propose(fixture.input).backgroundActions
            {
                guard case .sql(_, .script(let database, let sql)) = action.effect, !sql.contains("EXTENSION") else {
                    continue
                }
                try await (database == "postgres" ? main : superuser).execute(script: sql)
            }
        }
        await main.close()
        #expect(try await inside().hidden == [])
        for statement in [#"SELECT * FROM "a""b".t"#, #"SELECT * FROM "a""b".v"#, "SELECT * FROM public.secret"] {
            #expect(try await reads(statement), "\(statement)")
        }
        for statement in [
            "SELECT rolpassword FROM pg_authid", "SELECT * FROM controller.migrations",
            #"INSERT INTO "a""b".t VALUES (1)"#,
        ] {
            #expect(try await !reads(statement), "\(statement)")
        }
        // a table that another role than the admin makes is seen as hidden, and then shown
        try await superuser.execute(script: #"CREATE TABLE "a""b".later ()"#)
        #expect(try await inside().hidden == ["a\"b"])
        try await superuser.execute(
            script: #"SET SESSION AUTHORIZATION pgadmin; CREATE TABLE "a""b".own (); RESET SESSION AUTHORIZATION"#)
        #expect(try await reads(#"SELECT * FROM "a""b".own"#))
        await superuser.close()
    }

    func open(_ server: PostgresServer, _ database: String, as user: String) async throws -> PostgresConnection {
        var configuration = server.configuration
        configuration.database = database
        configuration.user = user
        let isMonitor = user == MonitorSettings.role.text
        configuration.settings = isMonitor ? SessionSettings.monitor : SessionSettings.superuser
        return try await PostgresConnection.connect(configuration)
    }

    private func text(
        _ session: PostgresConnection, _ query: String, _ parameters: [PostgresValue]
    ) async throws -> String {
        try await session.query(query, parameters).rows.first?.string("view") ?? ""
    }

    private var fixture: PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.accounts.database = "app"
        fixture.cluster.backups.stanza = MonitorTests.stanza
        return fixture
    }

    /// What the planner runs where none of the cluster's roles is there yet, then the history in the application's database.
    func prepare(_ server: PostgresServer) async throws {
        var fixture = fixture
        fixture.database { view in
            view.roles = []
            view.hasPoolerLogin = false
            view.hasMonitorFunction = false
        }
        let superuser = try await open(server, "postgres", as: "postgres")
        for action in Accounts().propose(fixture.input).actions {
            guard case .sql(_, .script("postgres", let sql)) = action.effect else { continue }
            try await superuser.execute(script: sql)
        }
        let verifier = try await superuser.scramVerifier(
            password: PostgresServer.password, user: MonitorSettings.role.text)
        // only this server asks for a password: it has no certificates
        try await superuser.execute(
            script: "ALTER ROLE controller_monitor PASSWORD \(SQL.literal(verifier)); ALTER ROLE pgadmin PASSWORD 'x'")
        _ = try await superuser.query("CREATE DATABASE app OWNER pgadmin")
        _ = try await superuser.query("REVOKE CONNECT ON DATABASE app, postgres FROM PUBLIC")
        let refused = try await accounts(superuser).refused
        #expect(
            Set(refused.map { "\($0.role) \($0.database)" }) == [
                "controller_monitor postgres", "controller_monitor app", "rewinder postgres", "pgbouncer postgres",
                "console app",
            ])
        fixture.observation.database = .present(try #require(PlanningFixture().observation.database.value))
        fixture.database {
            $0.refusedConnections = refused.map { DatabaseConnection(RoleName($0.role), DatabaseName($0.database)) }
        }
        for action in Accounts().propose(fixture.input).actions {
            guard case .sql(_, .script("postgres", let sql)) = action.effect else { continue }
            try await superuser.execute(script: sql)
        }
        let seen = try await accounts(superuser)
        #expect(seen.refused.isEmpty && seen.monitor && seen.login)
        _ = try await superuser.query("GRANT CONNECT ON DATABASE postgres TO PUBLIC")
        for wanted in Accounts.wanted(fixture.cluster) {
            let role = seen.roles.first { $0.name == wanted.name.text }
            #expect(Set(wanted.marks).isSubset(of: role?.attributes ?? []), "\(wanted.name)")
        }
        await superuser.close()
    }

    private func accounts(_ session: PostgresConnection) async throws -> DatabaseQuery.Accounts {
        let (_, query, parameters) = questions(in: "postgres")[1]
        return try DatabaseQuery.decode(
            DatabaseQuery.Accounts.self, from: try await session.query(query, parameters).rows)
    }

    private func fill(_ server: PostgresServer) async throws {
        try await Shell.run([
            "docker", "exec", "-u", "0", server.container, "bash", "-c",
            """
            mkdir -p /var/spool/pgbackrest/archive/main/out /var/lib/pgbackrest/archive/main/18-1
            printf '103\\nno space' > /var/spool/pgbackrest/archive/main/out/000000010000000000000006.error
            touch /var/lib/pgbackrest/archive/main/18-1/00000002.history /var/lib/pgbackrest/archive/main/18-1/other
            chmod -R a+rX /var/spool/pgbackrest /var/lib/pgbackrest
            """,
        ])
        let superuser = try await open(server, "app", as: "postgres")
        var view = try #require(fixture.observation.database.value)
        view.application.migrations = .absent
        for step in SchemaStep.due(database: view, cluster: fixture.cluster, mayUpdate: true) {
            guard !step.sql.contains("EXTENSION") else { continue }
            try await superuser.execute(script: step.sql)
        }
        try await superuser.execute(
            script: """
                CREATE TABLE public.secret (a int); INSERT INTO public.secret VALUES (1);
                INSERT INTO controller.migrations VALUES ('001.sql', 'abc');
                """)
        await superuser.close()
    }

    private func questions(in database: String) -> [(String, String, [PostgresValue])] {
        guard database == "postgres" else {
            let names = PostgresValue(array: ["plpgsql"])
            return [
                ("inside", DatabaseQuery.inside, [names, "pgadmin", "console"]),
                ("history", DatabaseQuery.history, ["pgadmin"]),
                ("extensions", DatabaseQuery.extensions, [names]),
            ]
        }
        let roles = Accounts.wanted(fixture.cluster).map(\.name.text)
        return [
            (
                "basics", DatabaseQuery.basics,
                [PostgresValue(array: ["n"]), PostgresValue(array: []), PostgresValue(array: ["max_connections"])]
            ),
            (
                "accounts", DatabaseQuery.accounts,
                [
                    PostgresValue(array: roles), PostgresValue(array: roles), PostgresValue(array: ["app"]), "app",
                    PostgresValue(PoolerSettings.loginBody), PostgresValue(MonitorTests.body),
                    PostgresValue(array: fixture.cluster.ownConnections.map(\.role.text)),
                    PostgresValue(array: fixture.cluster.ownConnections.map(\.database.text)),
                ]
            ),
            ("archiver", DatabaseQuery.archiver, []), ("collations", DatabaseQuery.collations, []),
        ]
    }

    /// Through its function the monitor sees what a superuser sees directly, and nothing that was not meant.
    private func parts(_ server: PostgresServer) async throws {
        let monitor = try await open(server, "postgres", as: MonitorSettings.role.text)
        let superuser = try await open(server, "postgres", as: "postgres")
        func seen(_ part: String, _ names: [String]) async throws -> String {
            let parameters = [PostgresValue(part), PostgresValue(array: names)]
            let answer = try await text(
                monitor, "SELECT coalesce(controller.monitor($1, $2)::text, 'null') AS view", parameters)
            let direct = "SELECT coalesce((\(MonitorTests.body))::text, 'null') AS view"
            #expect(try await text(superuser, direct, parameters) == answer, "\(part) \(names)")
            return answer
        }
        #expect(
            try await seen("verifiers", ["pgadmin", "postgres", "absent"]).contains(#""pgadmin" : "SCRAM-SHA-256$"#))
        #expect(try await !seen("verifiers", ["pgadmin", "postgres"]).contains(#""postgres""#))
        #expect(try await seen("verifiers", ["postgres"]) == "null")
        #expect(try await seen("archive error", ["000000010000000000000006"]) == #""103\nno space""#)
        #expect(try await seen("archive error", ["000000010000000000000007"]) == "null")
        #expect(try await seen("archives", []) == #"["18-1"]"#)
        #expect(try await seen("histories", ["18-1"]) == #"["00000002.history"]"#)
        for name in ["..", "18-1/..", "/etc", "../../../../../etc/passwd", ""] {
            #expect(try await seen("histories", [name]) == "null", "\(name)")
            #expect(try await seen("archive error", [name]) == "null", "\(name)")
        }
        #expect(try await seen("anything else", ["pgadmin"]) == "null")
        await superuser.close()
        await monitor.close()
    }

    private func refusals(_ server: PostgresServer) async throws {
        let statements = [
            "SELECT rolpassword FROM pg_authid", "SELECT pg_read_file('/etc/passwd')", "SELECT pg_ls_dir('/')",
            "SELECT * FROM public.secret", "INSERT INTO controller.migrations VALUES ('002.sql', 'x')",
            "DELETE FROM controller.migrations", "CREATE TABLE public.mine ()", "CREATE SCHEMA mine",
            "CREATE ROLE mine", "CREATE DATABASE mine", "ALTER ROLE pgadmin SUPERUSER",
            "ALTER ROLE pgadmin PASSWORD 'x'",
            "COPY public.secret TO PROGRAM 'true'", "COPY (SELECT 1) TO '/tmp/mine'", "SELECT pg_switch_wal()",
            "SELECT lo_export(1, '/tmp/mine')", "SET session_replication_role = replica", "SET ROLE pgadmin",
            "ALTER SYSTEM SET work_mem = '1MB'", "CREATE EXTENSION dblink", "CHECKPOINT",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        ]
        let superuser = try await open(server, "app", as: "postgres")
        for statement in statements {
            let monitor = try await open(server, "app", as: MonitorSettings.role.text)
            // it may take back what keeps its sessions from writing; what it may do has to be enough
            _ = try await monitor.query("SET default_transaction_read_only = off")
            let error = await #expect(throws: PostgresError.self, "\(statement)") {
                try await monitor.query(statement)
            }
            #expect(error?.sqlstate == "42501", "\(statement): \(String(describing: error))")
            await monitor.close()
        }
        await superuser.close()
        let monitor = try await open(server, "app", as: MonitorSettings.role.text)
        let error = await #expect(throws: PostgresError.self) {
            try await monitor.query("CREATE TEMP TABLE mine ()")
        }
        #expect(error?.sqlstate == "25006")
        await monitor.close()
        // others do not see what it sees
        var configuration = server.configuration
        (configuration.user, configuration.password) = ("pgadmin", "x")
        let admin = try await PostgresConnection.connect(configuration)
        let refused = await #expect(throws: PostgresError.self) {
            try await admin.query("SELECT controller.monitor('verifiers', '{pgadmin}')")
        }
        #expect(refused?.sqlstate == "42501")
        await admin.close()
    }

    /// A role that was there before, made by another role and changed since: what the planner does makes it the monitor.
    private func setback(_ server: PostgresServer) async throws {
        let superuser = try await open(server, "postgres", as: "postgres")
        try await superuser.execute(
            script: """
                GRANT controller_monitor TO pgadmin WITH ADMIN OPTION; CREATE ROLE "o""ther";
                REVOKE pg_monitor FROM controller_monitor; GRANT pg_monitor TO controller_monitor WITH INHERIT FALSE;
                REVOKE SET ON PARAMETER event_triggers FROM controller_monitor;
                ALTER ROLE controller_monitor NOLOGIN CREATEROLE REPLICATION CONNECTION LIMIT 0;
                SET SESSION AUTHORIZATION pgadmin; GRANT controller_monitor TO "o""ther"; RESET SESSION AUTHORIZATION;
                CREATE OR REPLACE FUNCTION controller.monitor(part text, names text[]) RETURNS json
                    LANGUAGE sql SECURITY DEFINER AS $$ SELECT '{}'::json $$;
                """)
        let answer = try await accounts(superuser)
        #expect(!answer.monitor)
        let administered = answer.roles.first { $0.name == MonitorSettings.role.text }
        #expect(administered?.administrators == ["pgadmin"] && administered?.members == [#"o"ther"#, "pgadmin"])
        var view = try #require(fixture.observation.database.value)
        DatabaseQuery.fill(&view, answer, verifiers: [:], matching: answer.roles.map { RoleName($0.name) })
        var fixture = fixture
        fixture.observation.database = .present(view)
        for action in Accounts().propose(fixture.input).actions {
            guard case .sql(_, .script("postgres", let sql)) = action.effect else { continue }
            try await superuser.execute(script: sql)
        }
        let mended = try await accounts(superuser)
        let role = try #require(mended.roles.first { $0.name == MonitorSettings.role.text })
        #expect(mended.monitor && role.members == [] && role.limit == -1)
        let rights = role.attributes.filter { $0 != "INHERIT" }.sorted()
        #expect(rights == ["IN pg_monitor", "LOGIN", "MAY SET event_triggers"])
        await superuser.close()
    }
}
