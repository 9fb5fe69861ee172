import Foundation
import PostgresClient
import TestSupport
import Testing

/// Roles and databases that the manifest declares, from their creation to their end, on one cluster.
@Suite("Declared roles and databases")
struct DeclaredTests {
    private static let declared = """
          roles:
            - name: readers
            - name: app
              login: true
              connectionLimit: 20
              memberOf: [readers, pg_monitor]
              passwordFile: app-password
            - name: temporary
              login: true
          databases:
            - name: appdb
              owner: app
              extensions: [{name: vector}]
            - name: scratch
              owner: temporary

        """

    @Test("are made, kept, rotated under a connected application, and dropped only when that costs nothing")
    func life() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1, poolers: 1) { cluster in
            try write("first-password", cluster)
            try cluster.append(DeclaredTests.declared)
            try cluster.edit("max_connections: 100", "max_connections: 100\n      log_statement: all")
            // the pooler has to open connections all the time
            try cluster.edit(
                "    count: 1\n    namePrefix: \(cluster.id)-pgb-",
                "    count: 1\n    serverLifetime: 1s\n    namePrefix: \(cluster.id)-pgb-")
            try cluster.run()
            try await cluster.ready()
            try await made(cluster)
            try await altered(cluster)
            try await repaired(cluster)
            try await foreignMemberships(cluster)
            try await blindInside(cluster)
            try await rotated(cluster)
            try await rotatedByCommand(cluster)
            try await keepsVerifiersToItself(cluster)
            try await dropped(cluster)
        }
    }

    private func write(_ password: String, _ cluster: ClusterFixture) throws {
        let path = cluster.directory + "/app-password"
        try (password + "\n").write(toFile: path + ".new", atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path + ".new")
        guard rename(path + ".new", path) == 0 else { throw ShellError(description: "rename \(path)") }
    }

    private func login(
        _ cluster: ClusterFixture, _ port: Int, _ user: String, _ database: String, _ password: String
    ) -> PostgresConfiguration {
        PostgresConfiguration(
            host: "127.0.0.1", port: cluster.ports + port, user: user, database: database, password: password,
            applicationName: "e2e", settings: [:])
    }

    private func made(_ cluster: ClusterFixture) async throws {
        let node = cluster.node(1)
        let roles = try await cluster.psql(
            node,
            "select rolname, rolcanlogin, rolconnlimit from pg_roles where rolname in ('app','readers') order by 1")
        #expect(roles == "app|t|20\nreaders|f|-1")
        let groups = try await cluster.psql(
            node,
            "select string_agg(rolname, ',' order by rolname) from pg_auth_members join pg_roles r on r.oid = roleid "
                + "where member = 'app'::regrole")
        #expect(groups == "pg_monitor,readers")
        let owners = try await cluster.psql(
            node, "select datname, datdba::regrole from pg_database where datname in ('appdb','scratch') order by 1")
        #expect(owners == "appdb|app\nscratch|temporary")
        let application = try await PostgresConnection.connect(login(cluster, 0, "app", "appdb", "first-password"))
        try await application.execute(script: "create table t (v vector(3)); insert into t values ('[1,2,3]')")
        await application.close()
    }

    private func altered(_ cluster: ClusterFixture) async throws {
        try cluster.edit("connectionLimit: 20", "connectionLimit: 30\n      createdb: true")
        try cluster.edit("memberOf: [readers, pg_monitor]", "memberOf: [readers]")
        _ = try await eventually("the role to be altered") { () -> Bool? in
            let row = try await cluster.psql(
                cluster.node(1),
                "select rolconnlimit, rolcreatedb, pg_has_role('app', 'pg_monitor', 'member') from pg_roles where rolname = 'app'"
            )
            return row == "30|t|f" ? true : nil
        }
        try await cluster.ready()
    }

    /// U07: what somebody changed by hand is put back; nothing tells of it, so it is found at the next look.
    private func repaired(_ cluster: ClusterFixture) async throws {
        try await cluster.psql(
            cluster.node(1),
            "alter role app nologin superuser password 'by hand'; revoke readers from app; "
                + "alter database appdb owner to postgres; drop role readers")
        _ = try await eventually("everything to be repaired") { () -> Bool? in
            let row = try await cluster.psql(
                cluster.node(1),
                "select rolcanlogin, rolsuper, pg_has_role('app', 'readers', 'member'), datdba::regrole from pg_roles, "
                    + "pg_database where rolname = 'app' and datname = 'appdb'")
            return row == "t|f|t|app" ? true : nil
        }
        let application = try await eventually("the password to be back") {
            try await PostgresConnection.connect(login(cluster, 0, "app", "appdb", "first-password"))
        }
        await application.close()
        try await cluster.ready()
    }

    /// A role that creates another one administers it by a membership that PostgreSQL grants; a membership may also come
    /// from another role than the superuser. Neither is the controller's to revoke.
    private func foreignMemberships(_ cluster: ClusterFixture) async throws {
        try cluster.edit("      createdb: true", "      createdb: true\n      createrole: true")
        _ = try await eventually("the role to be altered") { () -> Bool? in
            try await cluster.psql(
                cluster.node(1), "select rolcreaterole from pg_roles where rolname = 'app'") == "t" ? true : nil
        }
        try await cluster.ready()
        try await cluster.psql(
            cluster.node(1),
            "set role app; create role child; set role pgadmin; create role team; grant team to app; reset role")
        let plan = try await cluster.command("plan")
        #expect(plan.hasPrefix("No changes"), "\(plan)")
        // the superuser's own is as if it came from the controller
        try await cluster.psql(cluster.node(1), "grant pg_monitor to app")
        _ = try await eventually("the membership to be revoked") { () -> Bool? in
            try await cluster.psql(cluster.node(1), "select pg_has_role('app', 'pg_monitor', 'member')") == "f"
                ? true : nil
        }
        let left = try await cluster.psql(
            cluster.node(1),
            "select string_agg(rolname, ',' order by rolname) from pg_auth_members join pg_roles r on r.oid = roleid "
                + "where member = 'app'::regrole")
        #expect(left == "child,readers,team")
        try await cluster.psql(cluster.node(1), "drop role child, team")
        try await cluster.ready()
    }

    /// A database that cannot be entered is its own planner's trouble and nobody else's.
    private func blindInside(_ cluster: ClusterFixture) async throws {
        try await cluster.psql(cluster.node(1), "alter database appdb allow_connections false")
        try await cluster.psql(
            cluster.node(1), "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'appdb'")
        try await told(cluster, "DatabasesCurrent", "it cannot be entered")
        let status = try await cluster.status()
        #expect(status.has("PrimaryAvailable") && status.has("SchemaCurrent") && status.has("RolesCurrent"))
        try await cluster.psql(cluster.node(1), "alter database appdb allow_connections true")
        try await cluster.ready()
    }

    /// K09: a connected application notices nothing, neither direct nor through the pooler, though the pooler opens
    /// connections in its name after the change.
    private func rotated(_ cluster: ClusterFixture) async throws {
        let direct = try await Application(login(cluster, 0, "app", "appdb", "first-password"))
        let pooled = try await Application(login(cluster, 60, "app", "appdb", "first-password"))
        let tasks = [direct, pooled].map { application in Task { await application.work() } }
        for application in [direct, pooled] {
            _ = try await eventually("the application to work") { await application.answers > 20 ? true : nil }
        }
        let mark = cluster.mark
        try write("second-password", cluster)
        try await cluster.event(after: mark, "set the password of app")
        let now = try await cluster.psql(
            cluster.node(1), "select (extract(epoch from clock_timestamp()) * 1000)::bigint")
        let changed = try #require(Int(now))
        _ = try await eventually("connections that the pooler opened since") {
            await pooled.servers(after: changed) > 2 ? true : nil
        }
        for port in [0, 60] {
            let new = try await PostgresConnection.connect(login(cluster, port, "app", "appdb", "second-password"))
            await new.close()
            await #expect(throws: PostgresError.self) {
                _ = try await PostgresConnection.connect(login(cluster, port, "app", "appdb", "first-password"))
            }
        }
        await direct.stop()
        await pooled.stop()
        for task in tasks { await task.value }
        let errors = await direct.errors + pooled.errors
        let answers = (await direct.answers, await pooled.answers)
        #expect(errors.isEmpty, "\(errors)")
        print("rotation: \(answers.0) answers direct, \(answers.1) through the pooler, \(errors.count) errors")
        try await cluster.ready()
    }

    private func rotatedByCommand(_ cluster: ClusterFixture) async throws {
        let before = try await cluster.command("password", "temporary")
        let mark = cluster.mark
        try await cluster.command("password", "temporary", "--rotate")
        try await cluster.event(after: mark, "set the password of temporary")
        let after = try await cluster.command("password", "temporary")
        #expect(before != after)
        let session = try await PostgresConnection.connect(login(cluster, 60, "temporary", "scratch", after))
        await session.close()
    }

    /// S4: with `log_statement = all`, and by a statistic that keeps every statement's text.
    private func keepsVerifiersToItself(_ cluster: ClusterFixture) async throws {
        let log = try await Shell.run(["bash", "-c", "docker logs \(cluster.node(1)) 2>&1"])
        #expect(log.contains("statement: ALTER ROLE"))
        #expect(!log.contains("SCRAM-SHA-256$"))
        let seen = try await cluster.psql(
            cluster.node(1),
            "select count(*) from (select query from pg_stat_statements union all select query from pg_stat_activity "
                + "where pid <> pg_backend_pid()) q where query like '%SCRAM-SHA-256$%'")
        #expect(seen == "0")
    }

    private func dropped(_ cluster: ClusterFixture) async throws {
        // one node that comes back leads on a timeline of its own, of which there is no backup yet
        _ = try await cluster.docker("restart", cluster.node(1))
        let status = try await cluster.ready()
        #expect(status.nodes.first?.timeline == 2)
        let password = try await cluster.command("password", "temporary")
        let session = try await PostgresConnection.connect(login(cluster, 0, "temporary", "scratch", password))
        try cluster.edit("- name: temporary\n      login: true", "- name: temporary\n      ensure: absent")
        try cluster.edit("- name: scratch\n      owner: temporary", "- name: scratch\n      ensure: absent")
        try await told(cluster, "DatabasesCurrent", "temporary (e2e)")
        try await told(cluster, "RolesCurrent", "database scratch")
        await session.close()
        try await told(cluster, "DatabasesCurrent", "no error-free backup of the primary's own timeline")
        #expect(try await databases(cluster).contains("scratch"))
        try await cluster.command("backup")
        _ = try await eventually("the database to go") { () -> Bool? in
            try await databases(cluster).contains("scratch") ? nil : true
        }
        _ = try await eventually("the role to go") { () -> Bool? in
            let count = try await cluster.psql(
                cluster.node(1), "select count(*) from pg_roles where rolname = 'temporary'")
            return count == "0" ? true : nil
        }
        // what is not named any more is nobody's business
        let text = try String(contentsOfFile: cluster.manifest, encoding: .utf8)
        let start = try #require(text.range(of: "  roles:\n"))
        try String(text[..<start.lowerBound]).write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
        try await cluster.ready()
        #expect(try await databases(cluster).contains("appdb"))
        let rows = try await cluster.psql(cluster.node(1), "select count(*) from pg_roles where rolname = 'app'")
        #expect(rows == "1")
    }

    private func databases(_ cluster: ClusterFixture) async throws -> [String] {
        try await cluster.psql(cluster.node(1), "select datname from pg_database").split(separator: "\n").map(
            String.init)
    }

    private func told(_ cluster: ClusterFixture, _ type: String, _ words: String) async throws {
        _ = try await eventually("\(type) with \(words)") { () -> Bool? in
            let status = try await cluster.status()
            return status.conditions.contains { $0.type == type && $0.bad && $0.message.contains(words) } ? true : nil
        }
    }
}
