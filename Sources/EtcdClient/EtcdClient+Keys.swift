extension EtcdClient {
    /// Reads keys (`/v3/kv/range`). Errors: `compacted`, `futureRevision`, `noLeader` for a linearizable read
    /// without quorum, and the transport's.
    public func range(_ range: EtcdRange, deadline: Duration? = nil) async throws(EtcdError) -> EtcdRangeResult {
        try EtcdRangeResult(await call("/v3/kv/range", range.body, .repeatable, deadline: deadline))
    }

    /// One key, linearizable; nil when it does not exist.
    public func get(_ key: EtcdBytes) async throws(EtcdError) -> EtcdKeyValue? {
        try await range(EtcdRange(.one(key))).keyValues.first
    }

    /// Sets a key (`/v3/kv/put`); `lease` 0 means that it lives on its own. Errors: `leaseNotFound`, `noSpace`.
    @discardableResult
    public func put(
        _ key: EtcdBytes, _ value: EtcdBytes, lease: Int64 = 0, returnsPrevious: Bool = false,
        deadline: Duration? = nil
    ) async throws(EtcdError) -> EtcdPutResult {
        let operation = EtcdOperation.put(key, value, lease: lease, returnsPrevious: returnsPrevious)
        return try EtcdPutResult(await call("/v3/kv/put", operation.body, .once, deadline: deadline))
    }

    /// Deletes keys (`/v3/kv/deleterange`).
    @discardableResult
    public func delete(
        _ keys: EtcdKeys, returnsPrevious: Bool = false, deadline: Duration? = nil
    ) async throws(EtcdError) -> EtcdDeleteResult {
        let operation = EtcdOperation.delete(keys, returnsPrevious: returnsPrevious)
        return try EtcdDeleteResult(await call("/v3/kv/deleterange", operation.body, .once, deadline: deadline))
    }

    /// Compares and acts as one step (`/v3/kv/txn`). A comparison that fails is no error: see `succeeded`.
    @discardableResult
    public func transact(
        _ transaction: EtcdTransaction, deadline: Duration? = nil
    ) async throws(EtcdError) -> EtcdTransactionResult {
        try EtcdTransactionResult(await call("/v3/kv/txn", transaction.body, .once, deadline: deadline))
    }

    /// Forgets what was before this revision (`/v3/kv/compaction`); `waits` for it to be done on disk.
    /// Errors: `compacted` when it is already, `futureRevision`.
    public func compact(
        to revision: Int64, waits: Bool = false, deadline: Duration? = nil
    ) async throws(EtcdError) {
        let body: [String: JSONNode] = ["revision": .int64(revision), "physical": .bool(waits)]
        _ = try await call("/v3/kv/compaction", body, .once, deadline: deadline)
    }
}
