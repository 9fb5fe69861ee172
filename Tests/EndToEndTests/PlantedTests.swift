import Foundation
import PostgresClient
import TestSupport
import Testing

/// What pgadmin, a database's owner and a DBA set and make in the databases, and a superuser's sessions must not inherit.
@Suite("Planted code and settings")
struct PlantedTests {
    private static let declared = """
          roles:
            - name: app
              login: true
              passwordFile: app-password
          databases:
            - name: appdb
              owner: app
              extensions: [{name: vector}]

        """

    @Test("are run and obeyed by no superuser's session: of the controller, Patroni, a backup or a drill")
    func neverRun() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1, poolers: 1) { cluster in
            let path = cluster.directory + "/app-password"
            try "app's password\n".write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try cluster.append(PlantedTests.declared)
            try cluster.run()
            try await cluster.ready()
            let primary = try await cluster.primary()
            try await plant(cluster, on: primary)
            // the look goes by the planted code's statements, and changes something
            try cluster.edit("    - name: app\n", "    - name: app\n      connectionLimit: 20\n")
            _ = try await eventually("the role to be altered") { () -> Bool? in
                try await sql(cluster, primary, "select rolconnlimit from pg_roles where rolname = 'app'") == "20"
                    ? true : nil
            }
            try await cluster.ready()
            try await looksAsMonitor(cluster, on: primary)
            try await cluster.command("backup", "--type", "full")
            try await failOver(cluster, from: primary)
            try await cluster.command("backup", "--type", "incr")
            let drill = try await cluster.command("drill")
            #expect(drill.contains("drill: passed") && drill.contains("3 vector searches"), "\(drill)")
            let leader = try await cluster.primary()
            for database in ["postgres", "appdb"] {
                let caught = try await sql(cluster, leader, in: database, "select * from public.caught")
                #expect(caught == "", "\(database)")
            }
        }
    }

    /// As a superuser who inherits nothing either: others are refused by the trigger.
    private func sql(
        _ cluster: ClusterFixture, _ node: String, in database: String = "postgres", _ statement: String
    ) async throws -> String {
        let options =
            "PGOPTIONS=-c event_triggers=off -c role=none -c search_path=pg_catalog -c statement_timeout=0 "
            + "-c default_transaction_read_only=off -c default_transaction_isolation=read\\ committed"
        return try await cluster.docker(
            "exec", "-e", options, node, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "dbname='\(database)'", "-c",
            statement)
    }

    private func login(
        _ cluster: ClusterFixture, _ port: Int, _ user: String, _ database: String, _ password: String
    ) async throws -> PostgresConnection {
        try await PostgresConnection.connect(
            PostgresConfiguration(
                host: "127.0.0.1", port: cluster.ports + port, user: user, database: database, password: password,
                settings: [:]))
    }

    private func number(of node: String) -> Int { (node.last.flatMap { Int(String($0)) } ?? 1) - 1 }

    private func plant(_ cluster: ClusterFixture, on primary: String) async throws {
        let caught = "create table public.caught (who text, what text); grant insert on public.caught to public"
        for database in ["postgres", "appdb"] { _ = try await sql(cluster, primary, in: database, caught) }
        let password = try await cluster.command("password", "pgadmin")
        let secret = password.split(separator: "\n").last.map(String.init) ?? ""
        let port = number(of: primary)
        let admin = try await login(cluster, port, "pgadmin", "postgres", secret)
        try await admin.execute(script: traps("public"))
        await admin.close()
        let owner = try await login(cluster, port, "app", "appdb", "app's password")
        try await owner.execute(
            script: """
                create schema mine;
                \(traps("mine"))
                create function mine.far(public.vector, public.vector) returns float8 language plpgsql as
                    $$ begin perform mine.snap('<->'); return 1; end $$;
                create operator mine.<-> (function = mine.far, leftarg = public.vector, rightarg = public.vector);
                create function mine.odd(integer) returns integer language plpgsql immutable as
                    $$ begin perform mine.snap('an index'); return 1; end $$;
                create table public.items (id int, v public.vector(2));
                insert into public.items values (1, '[1,2]'), (2, '[3,4]');
                alter database appdb set search_path = mine, pg_catalog, public;
                """)
        await owner.close()
        // a DBA's: pgvector where it is kept apart, names that a tool could take for something else, and settings
        for statement in ["create database \"a=b\"", "create database kept"] {
            _ = try await sql(cluster, primary, statement)
        }
        _ = try await sql(
            cluster, primary, in: "kept",
            "create schema ext; create extension vector schema ext; create table public.\"p|q\" (e ext.vector(2)); "
                + "insert into public.\"p|q\" values ('[1,2]')")
        _ = try await sql(
            cluster, primary,
            """
            create function public.refuse() returns event_trigger language plpgsql as
                $$ begin if session_user in ('postgres', 'controller_monitor') then
                raise exception 'no superuser and no monitor logs in here'; end if; end $$;
            create event trigger refuse on login execute function public.refuse();
            alter role postgres set statement_timeout = '3ms';
            alter role postgres set default_transaction_read_only = on;
            alter role postgres set default_transaction_isolation = 'serializable';
            alter role postgres set idle_session_timeout = '1s';
            alter role postgres set role = 'pg_monitor';
            alter role controller_monitor set search_path = public;
            alter role controller_monitor nologin connection limit 0 createrole;
            revoke pg_monitor from controller_monitor;
            revoke set on parameter event_triggers from controller_monitor;
            revoke connect on database appdb, postgres from public;
            """)
        // what was open before goes, and comes back with what is set now
        _ = try await sql(
            cluster, primary,
            "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('postgres', 'controller_monitor') "
                + "and pid <> pg_backend_pid()")
    }

    /// The monitor has back what it needs, and no session of the superuser's looks any more.
    private func looksAsMonitor(_ cluster: ClusterFixture, on primary: String) async throws {
        let needs = """
            select rolcanlogin and not rolcreaterole and rolconnlimit = -1
              and pg_has_role(oid, 'pg_monitor', 'USAGE') and has_database_privilege(oid, 'appdb', 'CONNECT')
              and has_database_privilege(oid, 'postgres', 'CONNECT')
              and has_parameter_privilege(oid, 'event_triggers', 'SET')
            from pg_roles where rolname = 'controller_monitor'
            """
        _ = try await eventually("the monitor to be as it was") { () -> Bool? in
            try await sql(cluster, primary, needs) == "t" ? true : nil
        }
        _ = try await sql(
            cluster, primary,
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'controller'")
        let looks = """
            select string_agg(distinct usename || ' in ' || datname, ', ' order by usename || ' in ' || datname)
            from pg_stat_activity where application_name = 'controller' and query like '%json%'
            """
        _ = try await eventually("looks as the monitor alone") { () -> Bool? in
            try await sql(cluster, primary, looks) == "controller_monitor in appdb, controller_monitor in postgres"
                ? true : nil
        }
    }

    /// Functions and operators that suit the look's and the drill's own statements better than the server's. In a drill,
    /// whose data nobody sees afterwards, they make it fail.
    private func traps(_ schema: String) -> String {
        """
        create function \(schema).snap(text) returns void language plpgsql as
            $$ begin if current_setting('cluster_name') = 'task' then raise exception 'a drill ran %', $1; end if;
            insert into public.caught values (current_user, $1); end $$;
        grant execute on function \(schema).snap(text) to public;
        create function \(schema).array_remove(text[], text) returns text[] language plpgsql as
            $$ begin perform \(schema).snap('array_remove'); return pg_catalog.array_remove($1, $2); end $$;
        create function \(schema).joined(name, name) returns text language plpgsql as
            $$ begin perform \(schema).snap('||'); return ''; end $$;
        create operator \(schema).|| (function = \(schema).joined, leftarg = name, rightarg = name);
        create function \(schema).same(name, text) returns boolean language plpgsql as
            $$ begin perform \(schema).snap('='); return pg_catalog.texteq($1::text, $2); end $$;
        create operator \(schema).= (function = \(schema).same, leftarg = name, rightarg = text);

        """
    }

    /// The death of a primary, and a write through the pooler to the next one.
    private func failOver(_ cluster: ClusterFixture, from primary: String) async throws {
        _ = try await cluster.docker("kill", primary)
        _ = try await eventually("a write through the pooler") { () -> Bool? in
            let session = try await login(cluster, 60, "app", "appdb", "app's password")
            defer { Task { await session.close() } }
            let result = try await session.query("insert into public.items values (3, '[5,6]')")
            return result.affectedRows == 1 ? true : nil
        }
        try await cluster.ready()
        #expect(try await cluster.primary() != primary)
    }
}
