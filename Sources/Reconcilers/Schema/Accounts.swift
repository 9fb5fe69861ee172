public import Model

/// Keeps the roles the cluster lives with: admin, console, replication, rewind, the poolers' and the monitor's. It never drops
/// a role.
public struct Accounts: Reconciler {
    /// Its name in plans and events.
    public let name = "accounts"
    /// Creates the planner.
    public init() {}

    /// A role that the manifest asks for.
    struct Role {
        let name: RoleName
        /// Nil for one that logs in without a password.
        let secret: SecretName?
        let attributes: [String]
        /// What its sessions in the database `postgres` have, whatever is set for the role or the database: PgBouncer and
        /// `pg_rewind` cannot be told to say so themselves.
        var settings: [LabelValue] = []
        /// Roles of which the controller once made it a member.
        var unwanted: [RoleName] = []

        /// All that must be seen of it.
        var marks: [String] { attributes + settings.map { "SET \($0.key)=\($0.value)" } }

        /// What it has and must not have. A role without a password is the controller's own tool: it has nothing but what it
        /// needs, and no member, who could do the same.
        func surplus(of seen: RoleView?) -> [String] {
            guard let seen else { return [] }
            let rights = ["SUPERUSER", "BYPASSRLS"] + (secret == nil ? ["CREATEDB", "CREATEROLE", "REPLICATION"] : [])
            let surplus =
                rights.filter { seen.attributes.contains($0) && !attributes.contains($0) }
                + unwanted.filter { seen.granted.contains($0) }.map { "IN \($0)" }
            guard secret == nil else { return surplus }
            let limit = seen.connectionLimit == -1 ? [] : ["CONNECTION LIMIT"]
            return surplus + limit + seen.members.map { "MEMBER \($0)" }
        }
    }

    private static let settings = [
        LabelValue("default_transaction_isolation", "read committed"),
        LabelValue("default_transaction_read_only", "off"),
        LabelValue("event_triggers", "off"), LabelValue("idle_session_timeout", "0"), LabelValue("lock_timeout", "0"),
        LabelValue("statement_timeout", "0"), LabelValue("transaction_timeout", "0"),
    ]

    /// The roles and what each may do; none is a superuser.
    static func wanted(_ cluster: Cluster) -> [Role] {
        var roles = [
            Role(
                name: cluster.accounts.admin.role, secret: .admin,
                attributes: ["CREATEDB", "CREATEROLE", "IN pg_monitor", "LOGIN"]),
            Role(name: cluster.accounts.replication.role, secret: .replication, attributes: ["LOGIN", "REPLICATION"]),
            Role(name: cluster.accounts.rewind.role, secret: .rewind, attributes: ["LOGIN"], settings: settings),
        ]
        if cluster.console.enabled {
            roles.append(
                Role(
                    name: cluster.console.account.role, secret: .console, attributes: ["LOGIN"],
                    unwanted: ["pg_read_all_data"]))
        }
        if cluster.pooler.enabled {
            roles.append(Role(name: PoolerSettings.role, secret: nil, attributes: ["LOGIN"], settings: settings))
        }
        roles.append(
            Role(
                name: MonitorSettings.role, secret: nil,
                attributes: ["IN \(MonitorSettings.group)", "LOGIN", "MAY SET \(MonitorSettings.parameter)"]))
        return roles
    }

    /// The statements for each role that differs; those of a new one in their order, because they run so.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard case .present(let database) = input.observation.database(seeing: .accounts), !database.isInRecovery else {
            return Proposal()
        }
        var proposal = Proposal()
        let subject = Subject.database(input.cluster.accounts.database)
        for role in Accounts.wanted(input.cluster) {
            let seen = database.roles.first { $0.name == role.name }
            let missing = role.marks.filter { seen?.attributes.contains($0) != true }
            let surplus = role.surplus(of: seen)
            if let seen, let refusal = Accounts.refusal(of: role, seen, isComplete: missing.isEmpty) {
                proposal.conditions.append(refusal)
                proposal.waiting.append("role \(role.name) of the cluster's own")
                continue
            }
            if seen == nil || !missing.isEmpty || !surplus.isEmpty {
                let sql = statements(for: role, exists: seen != nil, surplus: surplus)
                let what = seen == nil ? ["missing"] : missing + surplus.map(Accounts.undone)
                proposal.actions.append(
                    Action(
                        .sql(database.node, .script("postgres", sql)), on: subject,
                        because: .roleDiffers(role.name, what)))
                if seen == nil, let secret = role.secret {
                    proposal.actions.append(
                        Action(
                            .sql(database.node, .setPassword(role.name, secret)), on: subject,
                            because: .passwordDiffers(role.name)))
                }
            } else if let lost = input.lostPassword(of: seen, secret: role.secret) {
                proposal.conditions.append(lost)
            } else if seen?.passwordMatches == false, let secret = role.secret {
                guard PoolerAccess.isGranted(input) else {
                    proposal.waiting.append("the poolers' access, before the password of \(role.name) changes")
                    continue
                }
                proposal.actions.append(
                    Action(
                        .sql(database.node, .setPassword(role.name, secret)), on: subject,
                        because: .passwordDiffers(role.name)))
            }
        }
        func script(_ sql: String, for role: RoleName, _ what: String) {
            proposal.actions.append(
                Action(
                    .sql(database.node, .script("postgres", sql)), on: subject, because: .roleDiffers(role, [what])))
        }
        if input.cluster.pooler.enabled, !database.hasPoolerLogin {
            script(Accounts.poolerLogin, for: PoolerSettings.role, "its function to look passwords up")
        }
        if !database.hasMonitorFunction {
            script(
                Accounts.monitorFunction(input.cluster), for: MonitorSettings.role,
                "its function for what only a superuser sees")
        }
        for need in database.refusedConnections {
            script(
                "GRANT CONNECT ON DATABASE \(SQL.identifier(need.database.text)) TO \(SQL.identifier(need.role.text));",
                for: need.role, "CONNECT on database \(need.database)")
        }
        if !proposal.actions.isEmpty { proposal.waiting.append("roles") }
        return proposal
    }

    /// A role that was there before is not made the cluster's own while another role may grant it to itself: that one would
    /// have all that the controller gives to it.
    private static func refusal(of role: Role, _ seen: RoleView, isComplete: Bool) -> Condition? {
        guard role.secret != nil, !seen.administrators.isEmpty, !isComplete || !seen.passwordMatches else { return nil }
        let names = seen.administrators.map { SQL.identifier($0.text) }.joined(separator: ", ")
        return Condition(
            .rolesCurrent, .false, reason: "Administered",
            message:
                "it exists already, and other roles have ADMIN on it (\(names)), so they could use its rights. It is left as it is. As "
                + "the superuser: `REVOKE \(SQL.identifier(role.name.text)) FROM \(names) CASCADE`, or drop it",
            subject: .role(role.name))
    }

    private static func undone(_ surplus: String) -> String {
        guard surplus.hasPrefix("MEMBER ") else { return "no longer \(surplus)" }
        return "no longer granted to \(surplus.dropFirst("MEMBER ".count))"
    }

    /// How a pooler looks up the password that a client has to know: only its own role may ask, and only for roles that
    /// could not do more than work with data (PgBouncer's `auth_query`).
    static let poolerLogin = """
        CREATE SCHEMA IF NOT EXISTS controller;
        DROP FUNCTION IF EXISTS controller.pooler_login(text);
        CREATE FUNCTION controller.pooler_login(name text, OUT role text, OUT verifier text)
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
            AS $login$\(PoolerSettings.loginBody)$login$;
        REVOKE ALL ON FUNCTION controller.pooler_login(text) FROM PUBLIC;
        GRANT USAGE ON SCHEMA controller TO \(SQL.identifier(PoolerSettings.role.text));
        GRANT EXECUTE ON FUNCTION controller.pooler_login(text) TO \(SQL.identifier(PoolerSettings.role.text));
        """

    /// How the controller sees, without being superuser, what only a superuser sees (`MonitorSettings.Part`).
    static func monitorFunction(_ cluster: Cluster) -> String {
        let role = SQL.identifier(MonitorSettings.role.text)
        return """
            CREATE SCHEMA IF NOT EXISTS controller;
            DROP FUNCTION IF EXISTS \(MonitorSettings.function);
            CREATE FUNCTION controller.monitor(part text, names text[]) RETURNS json
                LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
                AS $monitor$\(MonitorSettings.body(stanza: cluster.backups.stanza))$monitor$;
            REVOKE ALL ON FUNCTION \(MonitorSettings.function) FROM PUBLIC;
            GRANT USAGE ON SCHEMA controller TO \(role);
            GRANT EXECUTE ON FUNCTION \(MonitorSettings.function) TO \(role);
            """
    }

    private func statements(for role: Role, exists: Bool, surplus: [String]) -> String {
        let name = SQL.identifier(role.name.text)
        func rest(_ marks: [String], after word: String) -> [String] {
            marks.filter { $0.hasPrefix(word) }.map { String($0.dropFirst(word.count)) }
        }
        let (groups, parameters) = (
            rest(role.attributes, after: "IN "), rest(role.attributes, after: "MAY SET ")
        )
        let flags =
            role.attributes.filter { !$0.contains(" ") } + surplus.filter { !$0.contains(" ") }.map { "NO\($0)" }
        let limit = surplus.contains("CONNECTION LIMIT") ? ["CONNECTION LIMIT -1"] : []
        let all = (flags + limit).joined(separator: " ")
        var lines = [exists ? "ALTER ROLE \(name) \(all);" : "CREATE ROLE \(name) \(all);"]
        lines += role.settings.map { setting in
            "ALTER ROLE \(name) IN DATABASE postgres SET \(setting.key) TO \(SQL.literal(setting.value));"
        }
        lines += groups.map { "GRANT \($0) TO \(name) WITH INHERIT TRUE;" }
        lines += parameters.map { "GRANT SET ON PARAMETER \($0) TO \(name);" }
        lines += rest(surplus, after: "IN ").map { "REVOKE \($0) FROM \(name);" }
        lines += rest(surplus, after: "MEMBER ").map { "REVOKE \(name) FROM \(SQL.identifier($0)) CASCADE;" }
        return lines.joined(separator: "\n")
    }
}

extension PlanningInput {
    /// That a role's password is known to PostgreSQL alone: it stays as it is, because those who log in with it have it.
    func lostPassword(of role: RoleView?, secret: SecretName?) -> Condition? {
        guard let role, let secret, role.hasPassword, !role.passwordMatches,
            !observation.secrets.contains(where: { $0.name == secret })
        else { return nil }
        return Condition(
            .secretLost, .true, reason: "PasswordLost",
            message:
                "the state directory lacks the password of \(role.name) (secrets/\(secret)). PostgreSQL keeps it, and "
                + "logins with it go on. Put the file back, or make a new password with "
                + "`controller password --rotate \(role.name)`", subject: .role(role.name))
    }
}
