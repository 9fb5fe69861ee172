/// What a role may do with keys.
public enum EtcdPermission: String, Sendable, Hashable {
    /// Read and watch.
    case read = "READ"
    /// Put and delete.
    case write = "WRITE"
    /// Both.
    case readWrite = "READWRITE"
}

/// One permission of a role.
public struct EtcdRoleGrant: Sendable, Hashable {
    /// What it allows.
    public let permission: EtcdPermission
    /// The first key.
    public let key: EtcdBytes
    /// The first key behind the last one; nil for the one key.
    public let end: EtcdBytes?
    /// Joins the parts.
    public init(permission: EtcdPermission, key: EtcdBytes, end: EtcdBytes?) {
        self.permission = permission
        self.key = key
        self.end = end
    }
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

    /// What a role may do (`/v3/auth/role/get`). Errors: `notFound`.
    public func grants(of role: String, deadline: Duration? = nil) async throws(EtcdError) -> [EtcdRoleGrant] {
        let body: [String: JSONNode] = ["role": .string(role)]
        let fields = try await call("/v3/auth/role/get", body, .repeatable, deadline: deadline)
        var grants: [EtcdRoleGrant] = []
        for entry in try fields.objects("perm") {
            // the first of the enumeration is left out
            let type = entry.has("permType") ? try entry.string("permType") : EtcdPermission.read.rawValue
            grants.append(
                EtcdRoleGrant(
                    permission: EtcdPermission(rawValue: type) ?? .readWrite, key: try entry.bytes("key"),
                    end: entry.has("range_end") ? try entry.bytes("range_end") : nil))
        }
        return grants
    }

    /// Takes a grant from a role (`/v3/auth/role/revoke`). Errors: `notFound`.
    public func revoke(_ grant: EtcdRoleGrant, from role: String, deadline: Duration? = nil) async throws(EtcdError) {
        var body: [String: JSONNode] = ["role": .string(role), "key": .bytes(grant.key)]
        if let end = grant.end { body["range_end"] = .bytes(end) }
        _ = try await call("/v3/auth/role/revoke", body, .repeatable, deadline: deadline)
    }

    /// The roles of a user (`/v3/auth/user/get`). Errors: `notFound`.
    public func roles(of user: String, deadline: Duration? = nil) async throws(EtcdError) -> [String] {
        try await call("/v3/auth/user/get", ["name": .string(user)], .repeatable, deadline: deadline).strings("roles")
    }

    /// Takes a role from a user (`/v3/auth/user/revoke`). Errors: `notFound`.
    public func revokeRole(_ role: String, from user: String, deadline: Duration? = nil) async throws(EtcdError) {
        try await change("/v3/auth/user/revoke", ["name": user, "role": role], deadline)
    }

    /// Removes a user (`/v3/auth/user/delete`). Errors: `notFound`.
    public func deleteUser(_ name: String, deadline: Duration? = nil) async throws(EtcdError) {
        try await change("/v3/auth/user/delete", ["name": name], deadline)
    }

    /// Whether a password opens a user (`/v3/auth/authenticate`); nil while authentication is off.
    public func accepts(_ credentials: EtcdCredentials, deadline: Duration? = nil) async throws(EtcdError) -> Bool? {
        var configuration = configuration
        configuration.credentials = credentials
        do throws(EtcdError) {
            let end = ContinuousClock.now + (deadline ?? configuration.deadline)
            return try await EtcdClient(configuration).token(until: end) == nil ? nil : true
        } catch {
            guard error.code == .unauthenticated else { throw error }
            return false
        }
    }

    private func change(_ path: String, _ words: [String: String], _ deadline: Duration?) async throws(EtcdError) {
        _ = try await call(path, words.mapValues { .string($0) }, .once, deadline: deadline)
    }
}
