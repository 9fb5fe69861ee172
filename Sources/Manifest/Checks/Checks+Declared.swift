internal import Model

extension Manifest {
    /// Roles and databases that the manifest declares: names that are free, owners and groups that are there, and
    /// nothing that only a superuser could do.
    static func checkDeclared(_ cluster: Cluster, _ log: Diagnostics) {
        let own = ownRoles(cluster)
        let present = cluster.roles.filter { $0.ensure == .present }.map(\.name)
        for (index, role) in cluster.roles.enumerated() {
            let path = "spec.roles[\(index)]"
            let rival = own.first { $0.role == role.name }
            log.require(
                rival == nil, at: path + ".name", "is the controller's own, from \(rival?.path ?? "")",
                got: role.name.text, expected: "another name")
            log.require(
                role.passwordFile == nil || role.login && role.ensure == .present, at: path + ".passwordFile",
                "a role that does not log in has no password", expected: "login: true beside it, or no such line")
            for (place, group) in (role.memberOf ?? []).enumerated() {
                check(group, of: role, at: path + ".memberOf[\(place)]", cluster, present: present, log)
            }
        }
        for (index, database) in cluster.databases.enumerated() {
            check(database, at: "spec.databases[\(index)]", cluster, present: present, log)
        }
    }

    private static func ownRoles(_ cluster: Cluster) -> [(path: String, role: RoleName)] {
        [
            ("spec.database.admin.user", cluster.accounts.admin.role),
            ("spec.database.replication.user", cluster.accounts.replication.role),
            ("spec.database.rewind.user", cluster.accounts.rewind.role),
            ("spec.console.user", cluster.console.account.role), ("spec.pooler", PoolerSettings.role),
            ("spec.pooler", PoolerSettings.consoleUser), ("the controller's looks", MonitorSettings.role),
        ]
    }

    /// Roles of PostgreSQL's that give away data at most; pg_execute_server_program and those that read or write the
    /// server's files are as good as a superuser.
    private static let predefined: [RoleName] = [
        "pg_checkpoint", "pg_create_subscription", "pg_maintain", "pg_monitor", "pg_read_all_data",
        "pg_read_all_settings", "pg_read_all_stats", "pg_signal_autovacuum_worker", "pg_signal_backend",
        "pg_stat_scan_tables", "pg_use_reserved_connections", "pg_write_all_data",
    ]

    private static func check(
        _ group: RoleName, of role: DeclaredRole, at path: String, _ cluster: Cluster, present: [RoleName],
        _ log: Diagnostics
    ) {
        let isServers = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"].contains(
            group.text)
        let isKnown = predefined.contains(group) || present.contains(group) || group == cluster.accounts.admin.role
        log.require(
            !isServers, at: path, "makes as much as a superuser, which no declared role is", got: group.text,
            expected: "another role")
        log.require(
            isServers || isKnown, at: path, "is no role that this manifest declares, and none of PostgreSQL's",
            got: group.text, expected: "a declared role, the admin role, or one such as pg_read_all_data")
        log.require(
            !isKnown || !reaches(role.name, from: group, cluster), at: path,
            "would make \(role.name) a member of itself", got: group.text, expected: "no circle")
    }

    private static func reaches(_ role: RoleName, from group: RoleName, _ cluster: Cluster) -> Bool {
        var seen: Set<RoleName> = [group]
        var ahead = [group]
        while let next = ahead.popLast() {
            if next == role { return true }
            for further in cluster.roles.first(where: { $0.name == next })?.memberOf ?? []
            where seen.insert(further).inserted {
                ahead.append(further)
            }
        }
        return false
    }

    private static func check(
        _ database: DeclaredDatabase, at path: String, _ cluster: Cluster, present: [RoleName], _ log: Diagnostics
    ) {
        let name = database.name
        log.require(
            name != cluster.accounts.database, at: path + ".name", with: ["spec.database.name"],
            "is the application's database, which spec.database and spec.schema describe", got: name.text,
            expected: "another name")
        log.require(
            name == cluster.accounts.database || name != "postgres", at: path + ".name",
            "is PostgreSQL's own, where the controller works", got: name.text, expected: "another name")
        log.require(
            name != "pgbouncer", at: path + ".name", "is the name of the poolers' admin console", got: name.text,
            expected: "another name")
        guard let owner = database.owner else { return }
        let isAbsent = cluster.roles.contains { $0.name == owner && $0.ensure == .absent }
        log.require(
            !isAbsent || database.ensure == .absent, at: path + ".owner", "is a role that shall be absent",
            got: owner.text, expected: "a role that stays")
        log.require(
            isAbsent || present.contains(owner) || owner == cluster.accounts.admin.role, at: path + ".owner",
            "is no role that this manifest declares", got: owner.text,
            expected: "a declared role, or the admin role \(cluster.accounts.admin.role)")
    }
}
