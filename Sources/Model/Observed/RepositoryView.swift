/// The pgBackRest repository as `pgbackrest info` shows it.
public struct RepositoryView: Sendable, Hashable {
    /// The stanza's state.
    public var stanza: StanzaState
    /// Backups, oldest first.
    public var backups: [BackupView]
    /// A repository as seen.
    public init(stanza: StanzaState, backups: [BackupView] = []) {
        self.stanza = stanza
        self.backups = backups
    }
}

/// A stanza's state.
public enum StanzaState: Sendable, Hashable {
    /// Not created yet.
    case missing
    /// Usable, for this system identifier.
    case ok(systemIdentifier: String)
    /// pgBackRest's own words about what is wrong.
    case broken(String)
}

/// One backup.
public struct BackupView: Sendable, Hashable {
    /// pgBackRest's label.
    public var label: String
    /// `full`, `diff` or `incr`.
    public var type: String
    /// Seconds since 1970 at which it began.
    public var startedAt: Int64
    /// Seconds since 1970 at which it ended.
    public var stoppedAt: Int64
    /// Bytes of the database it covers.
    public var size: Int64
    /// Bytes it added to the repository.
    public var repositorySize: Int64
    /// The backup it builds on; nil for a full one.
    public var prior: String?
    /// The first and the last WAL segment it needs to be consistent.
    public var firstSegment: String, lastSegment: String
    /// The WAL position at which it is consistent, as PostgreSQL writes it.
    public var consistentAt: String
    /// Whether pgBackRest recorded an error: a page with a wrong checksum.
    public var hasError: Bool
    /// A backup.
    public init(label: String, type: String, stoppedAt: Int64, size: Int64, hasError: Bool = false) {
        self.label = label
        self.type = type
        self.stoppedAt = stoppedAt
        self.size = size
        self.hasError = hasError
        startedAt = stoppedAt
        repositorySize = 0
        firstSegment = ""
        lastSegment = ""
        consistentAt = ""
    }
}
