/// If all comparisons hold then these operations, else those, as one step (`/v3/kv/txn`).
public struct EtcdTransaction: Sendable, Hashable {
    /// What must hold; nothing always holds.
    public var comparisons: [EtcdComparison]
    /// What is done when all hold.
    public var then: [EtcdOperation]
    /// What is done when one does not.
    public var otherwise: [EtcdOperation]

    /// A transaction.
    public init(if comparisons: [EtcdComparison], then: [EtcdOperation], otherwise: [EtcdOperation] = []) {
        self.comparisons = comparisons
        self.then = then
        self.otherwise = otherwise
    }

    var body: [String: JSONNode] {
        [
            "compare": .array(comparisons.map(\.node)), "success": .array(then.map(\.node)),
            "failure": .array(otherwise.map(\.node)),
        ]
    }
}

/// A comparison of one aspect of a key, or of every key of a range, with a fixed value.
public struct EtcdComparison: Sendable, Hashable {
    /// How the key's side compares with the given one.
    public enum Relation: String, Sendable, Hashable {
        /// The same.
        case equal = "EQUAL"
        /// Not the same.
        case notEqual = "NOT_EQUAL"
        /// The key's is larger.
        case greater = "GREATER"
        /// The key's is smaller.
        case less = "LESS"
    }
    /// The aspect and the value it is compared with. A missing key has zero in all but `value`, whose
    /// comparison fails.
    public enum Aspect: Sendable, Hashable {
        /// The value.
        case value(EtcdBytes)
        /// The number of changes since the key was made; 0 means that it does not exist.
        case version(Int64)
        /// The revision at which it was made.
        case createRevision(Int64)
        /// The revision of its last change.
        case modRevision(Int64)
        /// The lease (etcd ≥ 3.3).
        case lease(Int64)
    }

    /// Whose.
    public var keys: EtcdKeys
    /// How.
    public var relation: Relation
    /// With what.
    public var aspect: Aspect

    /// A comparison.
    public init(_ keys: EtcdKeys, _ relation: Relation, _ aspect: Aspect) {
        self.keys = keys
        self.relation = relation
        self.aspect = aspect
    }

    /// The key does not exist.
    public static func isAbsent(_ key: EtcdBytes) -> EtcdComparison { .init(.one(key), .equal, .version(0)) }
    /// The key exists.
    public static func exists(_ key: EtcdBytes) -> EtcdComparison { .init(.one(key), .greater, .version(0)) }
    /// The key has this value.
    public static func hasValue(_ key: EtcdBytes, _ value: EtcdBytes) -> EtcdComparison {
        .init(.one(key), .equal, .value(value))
    }
    /// The key is bound to this lease.
    public static func hasLease(_ key: EtcdBytes, _ lease: Int64) -> EtcdComparison {
        .init(.one(key), .equal, .lease(lease))
    }
    /// The key is the one made at this revision.
    public static func wasMade(_ key: EtcdBytes, at revision: Int64) -> EtcdComparison {
        .init(.one(key), .equal, .createRevision(revision))
    }

    var node: JSONNode {
        var body = keys.fields
        body["result"] = .string(relation.rawValue)
        switch aspect {
        case .value(let value): (body["target"], body["value"]) = (.string("VALUE"), .bytes(value))
        case .version(let value): (body["target"], body["version"]) = (.string("VERSION"), .int64(value))
        case .createRevision(let value):
            (body["target"], body["create_revision"]) = (.string("CREATE"), .int64(value))
        case .modRevision(let value): (body["target"], body["mod_revision"]) = (.string("MOD"), .int64(value))
        case .lease(let value): (body["target"], body["lease"]) = (.string("LEASE"), .int64(value))
        }
        return .object(body)
    }
}

/// The answer to a transaction.
public struct EtcdTransactionResult: Sendable, Hashable {
    /// The header.
    public let header: EtcdHeader
    /// Whether all comparisons held.
    public let succeeded: Bool
    /// The answers to the operations done, in their order.
    public let results: [EtcdOperationResult]

    init(_ fields: Fields) throws(EtcdError) {
        header = try EtcdHeader(in: fields)
        succeeded = try fields.bool("succeeded")
        var results: [EtcdOperationResult] = []
        for entry in try fields.objects("responses") { results.append(try EtcdOperationResult(entry)) }
        self.results = results
    }
}

/// The answer to one operation of a transaction.
public indirect enum EtcdOperationResult: Sendable, Hashable {
    /// To a read.
    case range(EtcdRangeResult)
    /// To a put.
    case put(EtcdPutResult)
    /// To a deletion.
    case delete(EtcdDeleteResult)
    /// To an inner transaction.
    case transaction(EtcdTransactionResult)

    init(_ fields: Fields) throws(EtcdError) {
        if let inner = try fields.object("response_range") {
            self = .range(try EtcdRangeResult(inner))
        } else if let inner = try fields.object("response_put") {
            self = .put(try EtcdPutResult(inner))
        } else if let inner = try fields.object("response_delete_range") {
            self = .delete(try EtcdDeleteResult(inner))
        } else if let inner = try fields.object("response_txn") {
            self = .transaction(try EtcdTransactionResult(inner))
        } else {
            throw EtcdError(.malformed, target: fields.target, message: "an unknown response in a transaction")
        }
    }
}
