/// What the primary's PostgreSQL shows over SQL: facts of the server, and those of archiving and of the application's
/// database as values of their own.
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
    /// What is in the application's database.
    public var application = ApplicationDatabaseView()
    /// The roles we keep that exist, sorted by name.
    public var roles: [RoleView]
    /// Whether the poolers' login function is there as it has to be; read in the database `postgres`.
    public var hasPoolerLogin: Bool
    /// Whether the monitor's function is there as it has to be; read in the database `postgres`.
    public var hasMonitorFunction: Bool
    /// The cluster's own roles that are not let into a database where they have to work.
    public var refusedConnections: [DatabaseConnection] = []
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
        roles = []
        hasPoolerLogin = false
        hasMonitorFunction = false
        hasDatabase = true
        pendingParameters = []
        archiver = ArchiverView()
    }
}

/// What is in the application's database.
public struct ApplicationDatabaseView: Sendable, Hashable {
    /// Extensions, sorted by name.
    public var extensions: [ExtensionView] = []
    /// Applied migrations in order; absent when there is no history table. Where the database could not be entered they
    /// are unknown, and so is everything else in it.
    public var migrations: Sighting<[AppliedMigration]> = .absent
    /// What is known of the latest try to apply one; nil where there is nothing to tell.
    public var migrationTry: MigrationTry?
    /// Whether the admin role may write into the history, as it has to for what it applies.
    public var mayRecord = true
    /// Whether the monitor may read the history; where it may not, the migrations are unknown.
    public var mayRead = true
    /// Schemas of applications in which the console's role cannot read everything, sorted.
    public var hiddenSchemas: [String] = []
    /// Grants on the database that are missing, in words (read together with the roles).
    public var missingGrants: [String] = []
    /// An empty database.
    public init() {}
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
    /// The roles that are members of it, whichever role granted that; sorted.
    public var members: [RoleName] = []
    /// The roles that may grant it to others and to themselves (`ADMIN`), superusers apart; sorted.
    public var administrators: [RoleName] = []
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
