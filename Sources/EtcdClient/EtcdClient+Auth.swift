/// What a role may do with keys.
public enum EtcdPermission: String, Sendable, Hashable {
    /// Read and watch.
    case read = "READ"
    /// Put and delete.
    case write = "WRITE"
    /// Both.
    case readWrite = "READWRITE"
}

extension EtcdClient {
    /// Whether authentication is on (`/v3/auth/status`).
    public func isAuthenticationEnabled(deadline: Duration? = nil) async throws(EtcdError) -> Bool {
        try await call("/v3/auth/status", [:], .repeatable, deadline: deadline).bool("enabled")
    }

    /// Switches authentication on (`/v3/auth/enable`); a user `root` with the role `root` must exist.
    public func enableAuthentication(deadline: Duration? = nil) async throws(EtcdError) {
        _ = try await call("/v3/auth/enable", [:], .repeatable, deadline: deadline)
    }

    /// Switches authentication off (`/v3/auth/disable`).
    public func disableAuthentication(deadline: Duration? = nil) async throws(EtcdError) {
        _ = try await call("/v3/auth/disable", [:], .repeatable, deadline: deadline)
    }

    /// Adds a user (`/v3/auth/user/add`). Errors: `alreadyExists`.
    public func addUser(_ name: String, password: String, deadline: Duration? = nil) async throws(EtcdError) {
        try await change("/v3/auth/user/add", ["name": name, "password": password], deadline)
    }

    /// Sets a user's password (`/v3/auth/user/changepw`). Errors: `notFound`.
    public func changePassword(of name: String, to password: String, deadline: Duration? = nil) async throws(EtcdError)
    {
        try await change("/v3/auth/user/changepw", ["name": name, "password": password], deadline)
    }

    /// The users' names (`/v3/auth/user/list`).
    public func users(deadline: Duration? = nil) async throws(EtcdError) -> [String] {
        try await call("/v3/auth/user/list", [:], .repeatable, deadline: deadline).strings("users")
    }

    /// Gives a user a role (`/v3/auth/user/grant`). Errors: `notFound`.
    public func grantRole(_ role: String, to user: String, deadline: Duration? = nil) async throws(EtcdError) {
        try await change("/v3/auth/user/grant", ["user": user, "role": role], deadline)
    }

    /// Adds a role (`/v3/auth/role/add`). Errors: `alreadyExists`.
    public func addRole(_ name: String, deadline: Duration? = nil) async throws(EtcdError) {
        try await change("/v3/auth/role/add", ["name": name], deadline)
    }

    /// The roles' names (`/v3/auth/role/list`).
    public func roles(deadline: Duration? = nil) async throws(EtcdError) -> [String] {
        try await call("/v3/auth/role/list", [:], .repeatable, deadline: deadline).strings("roles")
    }

    /// Lets a role do something with keys (`/v3/auth/role/grant`). Errors: `notFound`.
    public func grant(
        _ permission: EtcdPermission, on keys: EtcdKeys, to role: String, deadline: Duration? = nil
    ) async throws(EtcdError) {
        var perm = keys.fields
        perm["permType"] = .string(permission.rawValue)
        let body: [String: JSONNode] = ["name": .string(role), "perm": .object(perm)]
        _ = try await call("/v3/auth/role/grant", body, .repeatable, deadline: deadline)
    }

    private func change(_ path: String, _ words: [String: String], _ deadline: Duration?) async throws(EtcdError) {
        _ = try await call(path, words.mapValues { .string($0) }, .once, deadline: deadline)
    }
}
