/// What became of one drill or verification: the controller's own key in etcd, because the container that knows it goes
/// when the next one comes.
public struct CheckRecord: Sendable, Hashable {
    /// What was checked: a drill or a verification.
    public var kind: TaskRequest.Kind
    /// When it ended.
    public var endedAt: Timestamp
    /// Whether nothing was wrong.
    public var passed: Bool
    /// What `task` said of it: seconds, rows, an error, …
    public var result: JSONValue
    /// The revision at which the key was written.
    public var modRevision: Int64

    /// A record.
    public init(_ kind: TaskRequest.Kind, endedAt: Timestamp, passed: Bool, result: JSONValue, modRevision: Int64 = 0) {
        self.kind = kind
        self.endedAt = endedAt
        self.passed = passed
        self.result = result
        self.modRevision = modRevision
    }

    /// The key below which the records of a cluster are kept.
    public static func prefix(of cluster: ClusterName) -> String { "/controller/\(cluster)/checks/" }

    /// The rest of its key: one for each end.
    public var id: String { "\(kind.rawValue)-\(endedAt.microseconds)" }

    /// Reads a record from etcd; nil where it is not one of ours.
    public init?(id: String, value: JSONValue, modRevision: Int64) {
        let parts = id.split(separator: "-")
        guard parts.count == 2, let kind = TaskRequest.Kind(rawValue: String(parts[0])), let end = Int64(parts[1]),
            let passed = value["passed"]?.bool, let result = value["result"]
        else { return nil }
        self.init(
            kind, endedAt: Timestamp(microseconds: end), passed: passed, result: result, modRevision: modRevision)
    }

    /// The key's value.
    public var value: String { JSONValue.object([("passed", .bool(passed)), ("result", result)]).text }
}
