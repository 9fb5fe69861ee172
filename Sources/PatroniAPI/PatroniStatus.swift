/// What a node says about itself (`GET /health`).
public struct PatroniStatus: Sendable, Hashable {
    /// What PostgreSQL is doing, in Patroni's words: `running`, `starting`, `stopped`, `creating replica`, …
    public let state: String
    /// `primary`, `replica`, `standby_leader`, `demoted`, `uninitialized`, …; nil before Patroni knows.
    public let role: String?
    /// The timeline; while PostgreSQL runs.
    public let timeline: Int64?
    /// WAL positions; while PostgreSQL runs.
    public let wal: PatroniWAL?
    /// PostgreSQL's version number, 180006 for 18.6; while it runs.
    public let serverVersion: Int?
    /// When the postmaster started, `2026-11-23 01:02:03.456789+00:00`; while it runs.
    public let postmasterStartTime: String?
    /// The database system identifier; nil without data.
    public let systemIdentifier: String?
    /// Whether a changed parameter waits for a restart.
    public let isRestartPending: Bool
    /// The parameters that wait for it, sorted by name.
    public let pendingParameters: [PatroniPendingParameter]
    /// Whether the cluster is paused (maintenance mode), as this node knows it.
    public let isPaused: Bool
    /// Whether no node holds the leader key, as this node knows it.
    public let isClusterUnlocked: Bool
    /// Whether etcd is away and the members keep the primary by agreement.
    public let isFailsafeActive: Bool
    /// What a replica's WAL receiver does: `streaming`, `in archive recovery`, …
    public let replicationState: String?
    /// Whether commits wait for this replica.
    public let isSynchronous: Bool
    /// Who streams from this node.
    public let replication: [PatroniReplication]
    /// When Patroni last reached etcd, in seconds since 1970.
    public let storeLastSeen: Int64?
    /// The node's tags, values in JSON's words.
    public let tags: [String: String]
    /// The node's name (Patroni ≥ 3.3).
    public let name: String?
    /// The cluster's name in etcd.
    public let scope: String?
    /// Patroni's version.
    public let patroniVersion: String?
}

/// A parameter that waits for a restart (an entry of `pending_restart_reason`, Patroni ≥ 4.0).
public struct PatroniPendingParameter: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The value PostgreSQL runs with.
    public let oldValue: String
    /// The value it would be started with.
    public let newValue: String
}

/// WAL positions of a node, in bytes from the beginning.
public struct PatroniWAL: Sendable, Hashable {
    /// What a primary has flushed.
    public let location: Int64?
    /// What a replica has received.
    public let received: Int64?
    /// What a replica has replayed.
    public let replayed: Int64?
    /// When the last replayed transaction was committed on the primary.
    public let replayedTimestamp: String?
    /// Whether a replica's replay is paused.
    public let isPaused: Bool
}

/// One stream from a node.
public struct PatroniReplication: Sendable, Hashable {
    /// Who: the replica's Patroni name, or a base backup's.
    public let applicationName: String?
    /// From where.
    public let clientAddress: String?
    /// `streaming`, `catchup`, `startup`, `backup`.
    public let state: String?
    /// `sync`, `quorum`, `potential`, `async`.
    public let syncState: String?
    /// Its place among the synchronous ones; 0 for none.
    public let syncPriority: Int?
    /// The role it logs in as.
    public let user: String?
}
