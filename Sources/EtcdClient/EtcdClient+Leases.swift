/// A lease as granted.
public struct EtcdLease: Sendable, Hashable {
    /// Its ID.
    public let id: Int64
    /// How long it lives without being kept alive, as the server granted it.
    public let timeToLive: Duration
}

/// A lease as it stands.
public struct EtcdLeaseStatus: Sendable, Hashable {
    /// Its ID.
    public let id: Int64
    /// What is left of it, in whole seconds.
    public let remaining: Duration
    /// What it was granted with.
    public let granted: Duration
    /// The keys that die with it, when asked for.
    public let keys: [EtcdBytes]
}

extension EtcdClient {
    /// Grants a lease (`/v3/lease/grant`); etcd counts whole seconds, parts are rounded up. `id` 0 lets the server
    /// choose. Errors: `alreadyExists`.
    public func grantLease(
        _ timeToLive: Duration, id: Int64 = 0, deadline: Duration? = nil
    ) async throws(EtcdError) -> EtcdLease {
        let (seconds, rest) = timeToLive.components
        let body: [String: JSONNode] = ["TTL": .int64(seconds + (rest > 0 ? 1 : 0)), "ID": .int64(id)]
        // With an ID of one's own, the second of two grants is refused.
        let fields = try await call("/v3/lease/grant", body, .once, deadline: deadline)
        let message = try fields.string("error")
        guard message.isEmpty else { throw EtcdError(grpcCode: 2, message: message, target: fields.target) }
        return EtcdLease(id: try fields.int64("ID"), timeToLive: .seconds(try fields.int64("TTL")))
    }

    /// Ends a lease and deletes its keys, also a lease of another client (`/v3/lease/revoke`). Errors: `leaseNotFound`.
    public func revokeLease(_ id: Int64, deadline: Duration? = nil) async throws(EtcdError) {
        _ = try await call("/v3/lease/revoke", ["ID": .int64(id)], .once, deadline: deadline)
    }

    /// Renews a lease once and returns its time to live (`/v3/lease/keepalive`). Errors: `leaseNotFound`.
    @discardableResult
    public func keepLeaseAliveOnce(_ id: Int64, deadline: Duration? = nil) async throws(EtcdError) -> Duration {
        let fields = try await call("/v3/lease/keepalive", ["ID": .int64(id)], .repeatable, deadline: deadline)
        let seconds = try fields.int64("TTL")
        guard seconds > 0 else { throw missing(id, fields) }
        return .seconds(seconds)
    }

    /// A lease's remaining life, and its keys if wanted (`/v3/lease/timetolive`). Errors: `leaseNotFound`.
    public func lease(
        _ id: Int64, withKeys: Bool = false, deadline: Duration? = nil
    ) async throws(EtcdError) -> EtcdLeaseStatus {
        let body: [String: JSONNode] = ["ID": .int64(id), "keys": .bool(withKeys)]
        let fields = try await call("/v3/lease/timetolive", body, .repeatable, deadline: deadline)
        let seconds = try fields.int64("TTL")
        guard seconds >= 0 else { throw missing(id, fields) }
        let keys = try fields.strings("keys").compactMap { Fields(["k": .string($0)], target: fields.target) }
        var decoded: [EtcdBytes] = []
        for key in keys { decoded.append(try key.bytes("k")) }
        return EtcdLeaseStatus(
            id: id, remaining: .seconds(seconds), granted: .seconds(try fields.int64("grantedTTL")), keys: decoded)
    }

    /// The IDs of all leases (`/v3/lease/leases`).
    public func leases(deadline: Duration? = nil) async throws(EtcdError) -> [Int64] {
        let fields = try await call("/v3/lease/leases", [:], .repeatable, deadline: deadline)
        var ids: [Int64] = []
        for entry in try fields.objects("leases") { ids.append(try entry.int64("ID")) }
        return ids
    }

    private func missing(_ id: Int64, _ fields: Fields) -> EtcdError {
        EtcdError(.leaseNotFound, target: fields.target, message: "no lease \(id)")
    }
}
