/// Something that somebody asked for by a command: the controller's own key in etcd, deleted when it was done.
public struct TaskRequest: Sendable, Hashable {
    /// What can be asked for.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A backup now.
        case backup
        /// A restore drill now.
        case drill
        /// A verification of the repository now.
        case verify
    }

    /// What is asked for.
    public var kind: Kind
    /// Of a backup: its type.
    public var type: BackupType
    /// When it was asked for.
    public var at: Timestamp
    /// The revision at which the key was last written.
    public var modRevision: Int64

    /// A request.
    public init(_ kind: Kind, type: BackupType = .incremental, at: Timestamp, modRevision: Int64 = 0) {
        self.kind = kind
        self.type = type
        self.at = at
        self.modRevision = modRevision
    }

    /// The key below which the requests of a cluster are kept.
    public static func prefix(of cluster: ClusterName) -> String { "/controller/\(cluster)/requests/" }

    /// Reads a request from etcd; nil where it is not one of ours.
    public init?(key: String, value: JSONValue, modRevision: Int64) {
        guard let kind = Kind(rawValue: key), let type = value["type"]?.string.flatMap(BackupType.init(rawValue:)),
            let at = value["at"]?.integer
        else { return nil }
        self.init(kind, type: type, at: Timestamp(microseconds: at), modRevision: modRevision)
    }

    /// The key's value.
    public var value: String {
        JSONValue.object([("type", .string(type.rawValue)), ("at", .integer(at.microseconds))]).text
    }
}

/// How much a backup copies, in pgBackRest's words; the later one is the fuller.
public enum BackupType: String, Sendable, Hashable, CaseIterable, Comparable {
    /// What has changed since the newest backup.
    case incremental = "incr"
    /// What has changed since the newest full one.
    case differential = "diff"
    /// Everything.
    case full

    /// Orders by how much is copied.
    public static func < (left: BackupType, right: BackupType) -> Bool {
        switch (left, right) {
        case (.incremental, .differential), (.incremental, .full), (.differential, .full): true
        case (_, _): false
        }
    }
}
