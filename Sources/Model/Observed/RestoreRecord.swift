/// A restore in place that somebody asked for: the controller's own key in etcd, from the request to its end.
public struct RestoreRecord: Sendable, Hashable {
    /// How far it has come.
    public enum Stage: String, Sendable, Hashable, CaseIterable {
        /// Asked for; the data is being restored beside the cluster, which goes on.
        case requested
        /// The restored data is complete; the cluster changes over to it.
        case switching
        /// The cluster lives on the restored data.
        case done
        /// Given up; nothing of it is in force.
        case cancelled
    }

    /// What the volumes made for it are labelled with.
    public var id: String
    /// Up to where.
    public var target: RecoveryTarget
    /// The backup to start from; nil for the newest before the target.
    public var backup: String?
    /// How far it has come.
    public var stage: Stage
    /// When it was asked for.
    public var requestedAt: String
    /// The revision at which the key was last written.
    public var modRevision: Int64

    /// A request.
    public init(
        id: String, target: RecoveryTarget, backup: String? = nil, stage: Stage = .requested, requestedAt: String,
        modRevision: Int64 = 0
    ) {
        self.id = id
        self.target = target
        self.backup = backup
        self.stage = stage
        self.requestedAt = requestedAt
        self.modRevision = modRevision
    }

    /// The key below which the records of a cluster are kept.
    public static func prefix(of cluster: ClusterName) -> String { "/controller/\(cluster)/restores/" }

    /// Reads a record from etcd; nil where it is not one of ours.
    public init?(id: String, value: JSONValue, modRevision: Int64) {
        guard let stage = value["stage"]?.string.flatMap(Stage.init(rawValue:)),
            let field = value["target"]?.string, let text = value["value"]?.string,
            let target = RecoveryTarget(field: field, value: text)
        else { return nil }
        self.init(
            id: id, target: target, backup: value["backup"]?.string, stage: stage,
            requestedAt: value["requestedAt"]?.string ?? "?", modRevision: modRevision)
    }

    /// The key's value, at another stage.
    public func value(at stage: Stage) -> String {
        var pairs: [(String, JSONValue)] = [
            ("stage", .string(stage.rawValue)), ("target", .string(target.field.name)),
            ("value", .string(target.field.value)), ("requestedAt", .string(requestedAt)),
        ]
        if let backup { pairs.append(("backup", .string(backup))) }
        return JSONValue.object(pairs).text
    }
}
