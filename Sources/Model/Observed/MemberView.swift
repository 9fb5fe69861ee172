/// What a node's Patroni answers to `GET /health`.
public struct MemberView: Sendable, Hashable {
    /// What PostgreSQL is doing.
    public var state: PostgresState
    /// Its role.
    public var role: PostgresRole
    /// Its timeline.
    public var timeline: Int64?
    /// Its WAL position: written on a primary, received or replayed on a replica, whichever is further; bytes.
    public var walPosition: Int64?
    /// Whether a replica streams from its primary.
    public var isStreaming: Bool
    /// Whether a parameter waits for a restart.
    public var needsRestart: Bool
    /// The parameters that wait for it, sorted by name; empty where Patroni names none.
    public var pending: [PendingParameter] = []
    /// Whether the cluster is paused, as this node knows it.
    public var isPaused: Bool
    /// The database system identifier.
    public var systemIdentifier: String?
    /// PostgreSQL's version number, 180006 for 18.6.
    public var serverVersion: Int?
    /// A member as seen.
    public init(state: PostgresState, role: PostgresRole) {
        self.state = state
        self.role = role
        isStreaming = false
        needsRestart = false
        isPaused = false
    }
}

/// A parameter that waits for a restart, in the words of Patroni's `pending_restart_reason`.
public struct PendingParameter: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The value PostgreSQL runs with.
    public var current: String
    /// The value it would be started with.
    public var wanted: String
    /// A parameter that waits.
    public init(_ name: String, current: String, wanted: String) {
        self.name = name
        self.current = current
        self.wanted = wanted
    }

    /// The parameters that a standby must not have lower than its primary: it would not replay any further.
    public static let limits = [
        "max_connections", "max_locks_per_transaction", "max_prepared_transactions", "max_wal_senders",
        "max_worker_processes",
    ]

    /// Whether such a limit is to become lower. A standby takes that only after its primary has; until then Patroni
    /// starts it with the old value again.
    public var isLoweredLimit: Bool {
        guard PendingParameter.limits.contains(name), let old = Int(current), let new = Int(wanted) else {
            return false
        }
        return new < old
    }
}

/// What PostgreSQL is doing on a node, in Patroni's words.
public enum PostgresState: Sendable, Hashable {
    /// It runs.
    case running
    /// It starts or restarts.
    case starting
    /// It is stopping or stopped.
    case stopped
    /// The first cluster is being created.
    case initializing
    /// A base backup is being taken.
    case cloning
    /// A start, restart or stop failed.
    case failed
    /// Words that this version does not know.
    case other(String)
}

/// A node's role.
public enum PostgresRole: Sendable, Hashable {
    /// Takes writes.
    case primary
    /// Follows.
    case replica
    /// Patroni has not decided.
    case uninitialized
}

/// What the primary's database shows over SQL.
public struct DatabaseView: Sendable, Hashable {
    /// The node that was asked.
    public var node: NodeName
    /// `pg_is_in_recovery()`: a primary's answer is false.
    public var isInRecovery: Bool
    /// The system identifier.
    public var systemIdentifier: String
    /// The timeline that it writes now, which its control file tells only after the next checkpoint.
    public var timeline: Int64
    /// Connected standbys, sorted by name.
    public var standbys: [StandbyView]
    /// Extensions in the application's database, sorted by name.
    public var extensions: [ExtensionView]
    /// Applied migrations in order; absent when there is no history table. Where the application's database could not be
    /// entered they are unknown, and so is everything else in it.
    public var migrations: Sighting<[AppliedMigration]>
    /// What is known of the latest try to apply one; nil where there is nothing to tell.
    public var migrationTry: MigrationTry?
    /// Whether the admin role may write into the history, as it has to for what it applies.
    public var mayRecord = true
    /// Grants on the database that are missing, in words (read together with the roles).
    public var missingGrants: [String]
    /// The roles we keep that exist, sorted by name.
    public var roles: [RoleView]
    /// Whether the poolers' login function is there as it has to be; read in the database `postgres`.
    public var hasPoolerLogin: Bool
    /// Whether the application's database exists.
    public var hasDatabase: Bool
    /// The declared databases that exist, sorted by name.
    public var databases: [DeclaredDatabaseView] = []
    /// Parameters that wait for a restart, sorted.
    public var pendingParameters: [String]
    /// The limits that its standbys must not be below, as it runs with them; sorted by name.
    public var limits: [LabelValue] = []
    /// When its latest checkpoint began.
    public var checkpointedAt: Timestamp?
    /// For how long the oldest transaction that came through a pooler has been open.
    public var oldestTransaction: Duration = .zero
    /// WAL archiving.
    public var archiver: ArchiverView
    /// Databases whose collation has another version than the library's, sorted.
    public var staleCollations: [String] = []
    /// The built-in provider's locale that it was created with; nil where it has another provider's.
    public var locale: String?
    /// Whether pages carry checksums; nil where it was not said.
    public var checksums: Bool?
    /// The parts that could not be seen, and why; what they hold says nothing then.
    public var unseen: [UnseenPart] = []
    /// A database as seen.
    public init(node: NodeName, isInRecovery: Bool, systemIdentifier: String, timeline: Int64) {
        self.node = node
        self.isInRecovery = isInRecovery
        self.systemIdentifier = systemIdentifier
        self.timeline = timeline
        standbys = []
        extensions = []
        migrations = .absent
        missingGrants = []
        roles = []
        hasPoolerLogin = false
        hasDatabase = true
        pendingParameters = []
        archiver = ArchiverView()
    }
}

extension DatabaseView {
    /// Why a part could not be seen; nil where it was seen.
    public func unknownReason(of part: DatabasePart) -> UnknownReason? {
        unseen.first { $0.part == part }?.unknownReason
    }
}

/// What of a database is asked for by itself: where it cannot be answered, the rest is seen none the less.
public enum DatabasePart: String, Sendable, Hashable, CaseIterable {
    /// Roles, databases, and the poolers' login function.
    case accounts
    /// WAL archiving.
    case archiver
    /// Databases whose collation has another version than the library's.
    case collations
}

/// A part of a database that could not be seen.
public struct UnseenPart: Sendable, Hashable {
    /// The part.
    public var part: DatabasePart
    /// Why.
    public var unknownReason: UnknownReason
    /// A part that could not be seen.
    public init(_ part: DatabasePart, _ unknownReason: UnknownReason) {
        self.part = part
        self.unknownReason = unknownReason
    }
}

/// One row of `pg_stat_replication`.
public struct StandbyView: Sendable, Hashable {
    /// The standby.
    public var node: NodeName
    /// `streaming`, `catchup`, …
    public var state: String
    /// Whether commits wait for it (`sync` or `quorum`).
    public var isSynchronous: Bool
    /// Bytes it is behind in replay.
    public var lagBytes: Int64
    /// A standby as seen.
    public init(node: NodeName, state: String, isSynchronous: Bool, lagBytes: Int64) {
        self.node = node
        self.state = state
        self.isSynchronous = isSynchronous
        self.lagBytes = lagBytes
    }
}

/// An extension in a database.
public struct ExtensionView: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The installed version; nil when it is only available.
    public var installed: String?
    /// The version the image would install.
    public var available: String?
    /// An extension as seen.
    public init(name: String, installed: String?, available: String?) {
        self.name = name
        self.installed = installed
        self.available = available
    }
}

/// A row of the migration history.
public struct AppliedMigration: Sendable, Hashable {
    /// The file's base name.
    public var name: String
    /// The checksum it was applied with.
    public var checksum: Digest
    /// Objects it made that are missing now, sorted.
    public var missingObjects: [String]
    /// A row.
    public init(name: String, checksum: Digest, missingObjects: [String] = []) {
        self.name = name
        self.checksum = checksum
        self.missingObjects = missingObjects
    }
}

/// A migration that is being applied, or that could not be.
public enum MigrationTry: Sendable, Hashable {
    /// A session of the primary applies it, whichever controller has started it.
    case running(name: String, since: Timestamp)
    /// It failed so many times in a row, for the last time when the controller had been up for so long; in PostgreSQL's
    /// words.
    case failed(name: String, words: String, times: Int, at: Duration)
}

/// A role of ours as seen.
public struct RoleView: Sendable, Hashable {
    /// The role.
    public var name: RoleName
    /// Attributes in PostgreSQL's words (`LOGIN`, `SUPERUSER`, …) and memberships (`IN pg_monitor`), sorted.
    public var attributes: [String]
    /// Whether the stored verifier belongs to the secret we hold.
    public var passwordMatches: Bool
    /// Whether it is known to have a password.
    public var hasPassword = false
    /// The roles that it was made a member of by the superuser, as the controller does it; sorted.
    public var granted: [RoleName] = []
    /// How many sessions it may have; -1 for any number.
    public var connectionLimit = -1
    /// Until when its password is good; nil for ever.
    public var validUntil: Timestamp?
    /// What keeps a role that shall go: what it owns or has privileges on, and its sessions; in words, sorted.
    public var holds: [String] = []
    /// A role.
    public init(name: RoleName, attributes: [String], passwordMatches: Bool) {
        self.name = name
        self.attributes = attributes
        self.passwordMatches = passwordMatches
    }
}

/// `pg_stat_archiver`.
public struct ArchiverView: Sendable, Hashable {
    /// The last segment that was archived.
    public var lastArchived: String?
    /// When that was.
    public var lastArchivedAt: Timestamp?
    /// Whether the newest attempt failed.
    public var isFailing = false
    /// The segment it failed at.
    public var lastFailed: String?
    /// Why, in pgBackRest's words; nil where it left none.
    public var failure: String?
    /// Bytes of WAL that the primary keeps.
    public var walBytes: Int64 = 0
    /// What it keeps at most while everything is well: checkpoints and standbys need so much.
    public var expectedWALBytes: Int64 = .max
    /// What slots can hold back at most (`max_slot_wal_keep_size`); nil for no limit.
    public var slotLimitBytes: Int64?
    /// Histories in the archive of timelines that are newer than the primary's, by name, sorted.
    public var strayHistories: [String] = []
    /// The replication slot that needs the oldest WAL; nil where there is none.
    public var oldestSlot: SlotRetention?
    /// Nothing archived, nothing failed.
    public init() {}
}

/// What a replication slot holds back.
public struct SlotRetention: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Whether somebody reads from it.
    public var isActive: Bool
    /// Bytes of WAL from what it needs to what is written now.
    public var bytes: Int64
    /// A slot and its WAL.
    public init(name: String, isActive: Bool, bytes: Int64) {
        self.name = name
        self.isActive = isActive
        self.bytes = bytes
    }
}

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
