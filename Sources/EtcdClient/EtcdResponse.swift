/// What every answer says about the cluster that gave it.
public struct EtcdHeader: Sendable, Hashable {
    /// The cluster's ID; another one than before means another cluster.
    public let clusterID: UInt64
    /// The member that answered.
    public let memberID: UInt64
    /// The store's revision; 0 where the method has none to tell.
    public let revision: Int64
    /// The raft term.
    public let raftTerm: UInt64

    init(in fields: Fields) throws(EtcdError) {
        let header = try fields.object("header") ?? Fields([:], target: fields.target)
        clusterID = try header.uint64("cluster_id")
        memberID = try header.uint64("member_id")
        revision = try header.int64("revision")
        raftTerm = try header.uint64("raft_term")
    }
}

/// A key with its value and history.
public struct EtcdKeyValue: Sendable, Hashable {
    /// The key.
    public let key: EtcdBytes
    /// The value; empty when only keys were asked for.
    public let value: EtcdBytes
    /// The revision at which the key was made last.
    public let createRevision: Int64
    /// The revision of its last change.
    public let modRevision: Int64
    /// The number of changes since it was made; 1 for a new key.
    public let version: Int64
    /// The lease it dies with; 0 for none.
    public let lease: Int64

    init(_ fields: Fields) throws(EtcdError) {
        key = try fields.bytes("key")
        value = try fields.bytes("value")
        createRevision = try fields.int64("create_revision")
        modRevision = try fields.int64("mod_revision")
        version = try fields.int64("version")
        lease = try fields.int64("lease")
    }

    static func list(_ fields: Fields, _ name: String) throws(EtcdError) -> [EtcdKeyValue] {
        var list: [EtcdKeyValue] = []
        for entry in try fields.objects(name) { list.append(try EtcdKeyValue(entry)) }
        return list
    }
}

/// The answer to a range.
public struct EtcdRangeResult: Sendable, Hashable {
    /// The header; inside a transaction, only its revision.
    public let header: EtcdHeader
    /// The keys, in order.
    public let keyValues: [EtcdKeyValue]
    /// How many keys there are, whatever the limit.
    public let count: Int64
    /// Whether the limit left some out.
    public let hasMore: Bool

    init(_ fields: Fields) throws(EtcdError) {
        header = try EtcdHeader(in: fields)
        keyValues = try EtcdKeyValue.list(fields, "kvs")
        count = try fields.int64("count")
        hasMore = try fields.bool("more")
    }
}

/// The answer to a put.
public struct EtcdPutResult: Sendable, Hashable {
    /// The header; its revision is the key's new `modRevision`.
    public let header: EtcdHeader
    /// What was there before, when asked for.
    public let previous: EtcdKeyValue?

    init(_ fields: Fields) throws(EtcdError) {
        header = try EtcdHeader(in: fields)
        if let entry = try fields.object("prev_kv") { previous = try EtcdKeyValue(entry) } else { previous = nil }
    }
}

/// The answer to a deletion.
public struct EtcdDeleteResult: Sendable, Hashable {
    /// The header.
    public let header: EtcdHeader
    /// How many keys were deleted.
    public let deleted: Int64
    /// What they were, when asked for.
    public let previous: [EtcdKeyValue]

    init(_ fields: Fields) throws(EtcdError) {
        header = try EtcdHeader(in: fields)
        deleted = try fields.int64("deleted")
        previous = try EtcdKeyValue.list(fields, "prev_kvs")
    }
}
