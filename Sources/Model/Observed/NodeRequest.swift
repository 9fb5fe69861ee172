/// A restart or a fresh copy of one node that a person asked for by a command: the controller's own key in etcd, from the request
/// until it was done, was taken back, or could not be done for too long. A node has one at a time.
public struct NodeRequest: Sendable, Hashable {
    /// What can be asked for.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A restart of PostgreSQL.
        case restart
        /// A fresh copy of the data on a fresh volume; the old volume is kept.
        case reinit
    }

    /// What is asked for.
    public var kind: Kind
    /// The node that it is for.
    public var node: NodeName
    /// When it was asked for.
    public var at: Timestamp
    /// Who asked for it.
    public var by: String
    /// What was there when it was asked for, and is there until it was done: of a restart PostgreSQL's start
    /// (`mark(startedAt:)`), of a fresh copy the volume's name. So no clocks are compared.
    public var before: String
    /// The revision at which the key was last written.
    public var modRevision: Int64

    /// How long a request may wait until it is dropped.
    public static let patience: Duration = .seconds(600)

    /// A request.
    public init(_ kind: Kind, of node: NodeName, at: Timestamp, by: String, before: String, modRevision: Int64 = 0) {
        self.kind = kind
        self.node = node
        self.at = at
        self.by = by
        self.before = before
        self.modRevision = modRevision
    }

    /// The key below which the requests of a cluster are kept.
    public static func prefix(of cluster: ClusterName) -> String { "/controller/\(cluster)/node-requests/" }

    /// The key of a node's request.
    public static func key(of cluster: ClusterName, node: NodeName) -> String { prefix(of: cluster) + node.text }

    /// PostgreSQL's start as `before` has it.
    public static func mark(startedAt: Timestamp) -> String { String(startedAt.microseconds) }

    /// Reads a request from etcd; nil where it is not one of ours.
    /// - Parameter id: the node's name, which ends the key.
    public init?(id: String, value: JSONValue, modRevision: Int64) {
        guard let kind = value["kind"]?.string.flatMap(Kind.init(rawValue:)), let at = value["at"]?.integer,
            let before = value["before"]?.string
        else { return nil }
        // the key may have been written by hand, with any number
        let time = Timestamp(microseconds: min(max(at, 0), 4_000_000_000_000_000))
        self.init(
            kind, of: NodeName(id), at: time, by: value["by"]?.string ?? "", before: before, modRevision: modRevision)
    }

    /// The key's value.
    public var value: String {
        JSONValue.object([
            ("kind", .string(kind.rawValue)), ("at", .integer(at.microseconds)), ("by", .string(by)),
            ("before", .string(before)),
        ]).text
    }

    /// What is asked for: `a restart of pg-node-2`.
    public var what: String {
        switch kind {
        case .restart: "a restart of \(node)"
        case .reinit: "a fresh copy of the data for \(node)"
        }
    }

    /// The same with the person and the time: `a restart of pg-node-2, asked for by ann@host at 2026-11-23 09:00:00Z`.
    public var text: String { "\(what), asked for \(by.isEmpty ? "" : "by \(by) ")at \(at.brief)" }
}
