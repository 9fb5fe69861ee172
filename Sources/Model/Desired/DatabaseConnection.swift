/// A role that has to be let into a database (`CONNECT`).
public struct DatabaseConnection: Sendable, Hashable {
    /// The role.
    public var role: RoleName
    /// The database.
    public var database: DatabaseName
    /// A pair.
    public init(_ role: RoleName, _ database: DatabaseName) {
        self.role = role
        self.database = database
    }
}

extension Cluster {
    /// What the cluster's own roles need, also where a person has taken `CONNECT` away from all roles: the monitor looks,
    /// PgBouncer looks passwords up, Patroni's `pg_rewind` reads the primary, migrations and the console work.
    public var ownConnections: [DatabaseConnection] {
        let present = databases.filter { $0.ensure == .present }.map(\.name)
        let looked = (["postgres", accounts.database] + present).reduce(into: [DatabaseName]()) { names, name in
            if !names.contains(name) { names.append(name) }
        }
        var needs = looked.map { DatabaseConnection(MonitorSettings.role, $0) }
        needs.append(DatabaseConnection(accounts.rewind.role, "postgres"))
        if pooler.enabled { needs.append(DatabaseConnection(PoolerSettings.role, "postgres")) }
        needs.append(DatabaseConnection(accounts.admin.role, accounts.database))
        if console.enabled { needs.append(DatabaseConnection(console.account.role, accounts.database)) }
        return needs
    }
}
