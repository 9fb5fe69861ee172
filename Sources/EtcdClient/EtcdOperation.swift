/// One operation, alone or inside a transaction.
public indirect enum EtcdOperation: Sendable, Hashable {
    /// Reads keys.
    case range(EtcdRange)
    /// Sets a key; `lease` 0 means that it lives on its own.
    case put(EtcdBytes, EtcdBytes, lease: Int64 = 0, returnsPrevious: Bool = false)
    /// Deletes keys.
    case delete(EtcdKeys, returnsPrevious: Bool = false)
    /// A transaction inside another.
    case transaction(EtcdTransaction)

    /// The request's fields (rpc.proto: RangeRequest, PutRequest, DeleteRangeRequest, TxnRequest).
    var body: [String: JSONNode] {
        switch self {
        case .range(let range): return range.body
        case .put(let key, let value, let lease, let returnsPrevious):
            return [
                "key": .bytes(key), "value": .bytes(value), "lease": .int64(lease),
                "prev_kv": .bool(returnsPrevious),
            ]
        case .delete(let keys, let returnsPrevious):
            var body: [String: JSONNode] = ["prev_kv": .bool(returnsPrevious)]
            body.merge(keys.fields) { first, _ in first }
            return body
        case .transaction(let transaction): return transaction.body
        }
    }

    /// The same as a RequestOp.
    var node: JSONNode {
        let name =
            switch self {
            case .range: "request_range"
            case .put: "request_put"
            case .delete: "request_delete_range"
            case .transaction: "request_txn"
            }
        return .object([name: .object(body)])
    }
}

/// A read.
public struct EtcdRange: Sendable, Hashable {
    /// Which keys.
    public var keys: EtcdKeys
    /// As of which revision; 0 means now.
    public var revision: Int64
    /// How many at most; 0 means all.
    public var limit: Int64
    /// Whether the asked member may answer from its own, possibly old, copy. Without quorum only that works.
    public var isSerializable: Bool
    /// Whether values are left out.
    public var keysOnly: Bool
    /// Whether only the number of keys is wanted.
    public var countOnly: Bool

    /// A read; linearizable unless told otherwise.
    public init(
        _ keys: EtcdKeys, revision: Int64 = 0, limit: Int64 = 0, isSerializable: Bool = false,
        keysOnly: Bool = false, countOnly: Bool = false
    ) {
        self.keys = keys
        self.revision = revision
        self.limit = limit
        self.isSerializable = isSerializable
        self.keysOnly = keysOnly
        self.countOnly = countOnly
    }

    var body: [String: JSONNode] {
        var body: [String: JSONNode] = [
            "revision": .int64(revision), "limit": .int64(limit), "serializable": .bool(isSerializable),
            "keys_only": .bool(keysOnly), "count_only": .bool(countOnly),
        ]
        body.merge(keys.fields) { first, _ in first }
        return body
    }
}

extension EtcdKeys {
    /// `key` and `range_end`.
    var fields: [String: JSONNode] {
        let (key, end) = bounds
        var fields: [String: JSONNode] = ["key": .bytes(key)]
        if let end { fields["range_end"] = .bytes(end) }
        return fields
    }
}
