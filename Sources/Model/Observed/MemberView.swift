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
    /// When PostgreSQL was started (`postmaster_start_time`); nil while it does not run.
    public var startedAt: Timestamp?
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
