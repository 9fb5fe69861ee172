/// Whether something that the manifest names has to be there.
public enum Ensure: String, Sendable, Hashable, CaseIterable {
    /// It is made, and kept as it is described.
    case present
    /// It is dropped as soon as nothing depends on it.
    case absent
}

/// A role that the manifest declares. What is nil is left as somebody else made it.
public struct DeclaredRole: Sendable, Hashable {
    /// Its name.
    public var name: RoleName
    /// Whether it has to be there.
    public var ensure = Ensure.present
    /// Whether it may log in; then it has a password.
    public var login = false
    /// Whether it may create databases.
    public var createdb: Bool?
    /// Whether it may create roles.
    public var createrole: Bool?
    /// Whether it has what the roles have that it is a member of.
    public var inherit: Bool?
    /// How many sessions it may have at once; -1 for any number.
    public var connectionLimit: Int?
    /// Until when its password is good.
    public var validUntil: Timestamp?
    /// The roles that it is a member of.
    public var memberOf: [RoleName]?
    /// A file that holds its password, confined like those of the accounts; nil for a generated one.
    public var passwordFile: String?

    /// A role without any attribute.
    public init(name: RoleName) { self.name = name }

    /// The secret that is its password, for one that logs in.
    public var secret: SecretName? { ensure == .present && login ? SecretName("role-\(name)") : nil }
}

/// A database that the manifest declares beside the application's own. What is nil is left as somebody else made it.
public struct DeclaredDatabase: Sendable, Hashable {
    /// Its name.
    public var name: DatabaseName
    /// Whether it has to be there.
    public var ensure = Ensure.present
    /// Its owner; nil leaves the owner as it is, and gives a new one to the admin role.
    public var owner: RoleName?
    /// How many sessions it may have at once; -1 for any number.
    public var connectionLimit: Int?
    /// The extensions that must exist in it.
    public var extensions: [ExtensionSettings] = []

    /// A database without any setting.
    public init(name: DatabaseName) { self.name = name }
}

extension Cluster {
    /// The files that hold passwords, as the manifest names them.
    public var passwordFiles: [String] {
        let accounts = [accounts.admin, accounts.replication, accounts.rewind, console.account]
        return accounts.compactMap(\.passwordFile) + roles.compactMap(\.passwordFile)
            + ([monitoring.tokenFile] + notifications.flatMap { [$0.urlFile, $0.tokenFile] }).compactMap(\.self)
    }

    /// The accounts that people and applications log in with, and the secrets that hold their passwords. None is a
    /// superuser or one for replication.
    public var logins: [(role: RoleName, secret: SecretName)] {
        var logins: [(role: RoleName, secret: SecretName)] = [(accounts.admin.role, "postgres-admin")]
        if console.enabled { logins.append((console.account.role, "postgres-console")) }
        return logins + roles.compactMap { role in role.secret.map { (role.name, $0) } }
    }
}
