/// A pause that somebody asked for by a command: the controller's own key in etcd, from `pause` to `resume`.
public struct PauseRecord: Sendable, Hashable {
    /// The node that is left alone; nil for the whole cluster.
    public var node: NodeName?
    /// Since when, RFC 3339.
    public var since: String
    /// Who asked for it.
    public var author: String
    /// The reason; empty where none was given.
    public var reason: String
    /// The revision at which the key was written.
    public var modRevision: Int64

    /// A pause.
    public init(node: NodeName? = nil, since: String, author: String, reason: String = "", modRevision: Int64 = 0) {
        self.node = node
        self.since = since
        self.author = author
        self.reason = reason
        self.modRevision = modRevision
    }

    /// How long a pause stays in force while etcd, in which it lies, cannot be read.
    public static let memory: Duration = .seconds(120)

    /// What the key of the whole cluster's pause is called; no node is, because a node's name ends with its number.
    private static let whole = "cluster"

    /// The key below which the pauses of a cluster are kept.
    public static func prefix(of cluster: ClusterName) -> String { "/controller/\(cluster)/pauses/" }

    /// The key of a pause.
    public static func key(of cluster: ClusterName, node: NodeName?) -> String {
        prefix(of: cluster) + (node?.text ?? whole)
    }

    /// Reads a pause from etcd. A key that cannot be understood is a pause all the same: somebody wants things left alone.
    public init(id: String, value: JSONValue?, modRevision: Int64) {
        self.init(
            node: id == PauseRecord.whole ? nil : NodeName(id), since: value?["since"]?.string ?? "?",
            author: value?["by"]?.string ?? "?", reason: value?["reason"]?.string ?? "", modRevision: modRevision)
    }

    /// The key's value.
    public var value: String {
        JSONValue.object([("since", .string(since)), ("by", .string(author)), ("reason", .string(reason))]).text
    }

    /// Since when, by whom and why, in words.
    public var text: String { "since \(since) by \(author)" + (reason.isEmpty ? "" : ": \(reason)") }
}

extension PlanningInput {
    /// The pauses that were asked for by a command; while etcd cannot be read, those that it told of last.
    public var pauses: [PauseRecord] { observation.dcs.value?.pauses ?? observation.rememberedPauses }

    /// Whether a person wants nothing changed at all (invariant I14).
    public var isInMaintenance: Bool { cluster.maintenance || pauses.contains { $0.node == nil } }

    /// Whether a person wants this node's container left alone (invariant I14).
    public func isInMaintenance(_ node: NodeName) -> Bool {
        cluster.nodes.maintenance.contains(node) || pauses.contains { $0.node == node }
    }
}
