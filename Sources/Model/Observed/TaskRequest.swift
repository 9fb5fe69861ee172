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
        /// The deletion of one backup now.
        case expire
    }

    /// How long a deletion may wait until it is dropped: nobody expects it any more after that.
    public static let patience: Duration = .seconds(600)

    /// What is asked for.
    public var kind: Kind
    /// Of a backup: its type.
    public var type: BackupType
    /// Of a deletion: the backup's label.
    public var label: String?
    /// When it was asked for; with the kind it tells one request from another.
    public var at: Timestamp
    /// Who asked for it.
    public var by: String
    /// The revision at which the key was last written.
    public var modRevision: Int64

    /// A request.
    public init(
        _ kind: Kind, type: BackupType = .incremental, label: String? = nil, at: Timestamp, by: String = "",
        modRevision: Int64 = 0
    ) {
        self.kind = kind
        self.type = type
        self.label = label
        self.at = at
        self.by = by
        self.modRevision = modRevision
    }

    /// The key below which the requests of a cluster are kept.
    public static func prefix(of cluster: ClusterName) -> String { "/controller/\(cluster)/requests/" }

    /// Reads a request from etcd; nil where it is not one of ours.
    public init?(key: String, value: JSONValue, modRevision: Int64) {
        guard let kind = Kind(rawValue: key), let type = value["type"]?.string.flatMap(BackupType.init(rawValue:)),
            let at = value["at"]?.integer
        else { return nil }
        let label = value["label"]?.string
        if kind == .expire, label == nil { return nil }
        self.init(
            kind, type: type, label: label, at: Timestamp(microseconds: at), by: value["by"]?.string ?? "",
            modRevision: modRevision)
    }

    /// The key's value.
    public var value: String {
        var pairs: [(String, JSONValue)] = [
            ("type", .string(type.rawValue)), ("at", .integer(at.microseconds)), ("by", .string(by)),
        ]
        if let label { pairs.append(("label", .string(label))) }
        return JSONValue.object(pairs).text
    }

    /// What a person reads about it: `a full backup, asked for by ann@host at 2026-11-23 09:00:00Z`.
    public var text: String {
        let what =
            switch (kind, type) {
            case (.backup, .full): "a full backup"
            case (.backup, .differential): "a differential backup"
            case (.backup, .incremental): "an incremental backup"
            case (.drill, _): "a drill"
            case (.verify, _): "a verification"
            case (.expire, _): "the deletion of backup \(label ?? "?")"
            }
        return "\(what), asked for \(by.isEmpty ? "" : "by \(by) ")at \(at.brief)"
    }

    /// The backup that this request led to: the first one of its type, or a fuller one, that began after it.
    /// - Parameter known: the labels that were there before the request.
    public func backup(in backups: [BackupView], known: [String]) -> BackupView? {
        backups.filter { backup in
            !known.contains(backup.label) && BackupType(rawValue: backup.type).map { $0 >= type } == true
                && Timestamp(seconds: backup.startedAt + 1) > at
        }.min { $0.startedAt < $1.startedAt }
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
