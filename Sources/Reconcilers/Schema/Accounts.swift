public import Model

/// Keeps the roles the cluster lives with: admin, console, replication, rewind. It never drops a role.
public struct Accounts: Reconciler {
    /// Its name in plans and events.
    public let name = "accounts"
    /// Creates the planner.
    public init() {}

    /// A role that the manifest asks for.
    struct Role {
        let name: RoleName
        let secret: SecretName
        let attributes: [String]
    }

    /// The roles and what each may do; none is a superuser.
    static func wanted(_ cluster: Cluster) -> [Role] {
        var roles = [
            Role(
                name: cluster.accounts.admin.role, secret: .admin,
                attributes: ["CREATEDB", "CREATEROLE", "IN pg_monitor", "LOGIN"]),
            Role(name: cluster.accounts.replication.role, secret: .replication, attributes: ["LOGIN", "REPLICATION"]),
            Role(name: cluster.accounts.rewind.role, secret: .rewind, attributes: ["LOGIN"]),
        ]
        if cluster.console.enabled {
            roles.append(
                Role(
                    name: cluster.console.account.role, secret: .console,
                    attributes: ["IN pg_read_all_data", "LOGIN"]))
        }
        return roles
    }

    /// One statement for each role that differs.
    public func propose(_ scene: Scene) -> Proposal {
        guard case .present(let database) = scene.observation.database, !database.isInRecovery else {
            return Proposal()
        }
        var proposal = Proposal()
        let subject = Subject.database(scene.cluster.accounts.database)
        for role in Accounts.wanted(scene.cluster) {
            let seen = database.roles.first { $0.name == role.name }
            let missing = role.attributes.filter { seen?.attributes.contains($0) != true }
            let surplus = (seen?.attributes ?? []).filter { !role.attributes.contains($0) }
                .filter { $0 == "SUPERUSER" || $0 == "BYPASSRLS" }
            if seen == nil || !missing.isEmpty || !surplus.isEmpty {
                let sql = statements(for: role, exists: seen != nil, surplus: surplus)
                let what = seen == nil ? ["missing"] : missing + surplus.map { "no longer \($0)" }
                proposal.actions.append(
                    Action(
                        .sql(database.node, .script("postgres", sql)), on: subject,
                        because: .roleDiffers(role.name, what)))
            } else if seen?.passwordMatches == false {
                proposal.actions.append(
                    Action(
                        .sql(database.node, .setPassword(role.name, role.secret)), on: subject,
                        because: .passwordDiffers(role.name)))
            }
        }
        if !proposal.actions.isEmpty { proposal.waiting.append("roles") }
        return proposal
    }

    private func statements(for role: Role, exists: Bool, surplus: [String]) -> String {
        let name = SQL.identifier(role.name.text)
        let flags = role.attributes.filter { !$0.hasPrefix("IN ") }
        let groups = role.attributes.filter { $0.hasPrefix("IN ") }.map { String($0.dropFirst(3)) }
        let all = (flags + surplus.map { "NO\($0)" }).joined(separator: " ")
        var lines = [exists ? "ALTER ROLE \(name) \(all);" : "CREATE ROLE \(name) \(all);"]
        lines += groups.map { "GRANT \($0) TO \(name);" }
        return lines.joined(separator: "\n")
    }
}

/// SQL text from our own names.
enum SQL {
    /// A quoted identifier.
    static func identifier(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
    /// A quoted literal; `standard_conforming_strings` is on for our sessions.
    static func literal(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
