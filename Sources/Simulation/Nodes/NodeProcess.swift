package import Model

/// Patroni and the PostgreSQL it keeps, as they live in a node's container; all of it dies with the container.
package struct NodeProcess: Sendable {
    /// What PostgreSQL is doing.
    package enum Server: Sendable, Hashable {
        /// It does not run.
        case stopped
        /// It runs in recovery, with or without a node to follow.
        case replica
        /// It takes writes.
        case primary
        /// It could not be started.
        case failed
    }

    /// Something that takes time and that Patroni waits for.
    package enum Job: Sendable, Hashable {
        /// `initdb`.
        case initializing
        /// A base backup from a node.
        case cloning(from: NodeName)
        /// Starting PostgreSQL.
        case starting
        /// `pg_rewind` against a node.
        case rewinding(from: NodeName)
        /// Promoting.
        case promoting
        /// Stopping to become a replica.
        case demoting
        /// Restarting in the same role.
        case restarting(wasPrimary: Bool)
        /// A clean stop for a switchover.
        case handingOver(HandingOver)
    }

    /// A primary that shuts down for a switchover.
    package struct HandingOver: Sendable, Hashable {
        /// What was asked for.
        package var request: Handover
        /// When PostgreSQL was told to stop.
        package var since: Duration
    }

    /// The member's name.
    package var name: NodeName
    /// From when on Patroni runs (its imports take a while).
    package var awakeAt: Duration
    /// Whether Patroni is stopped while PostgreSQL goes on.
    package var isHung = false
    /// Whether it ends without Patroni, which keeps its keys.
    package var isShuttingDown = false
    /// When its latest checkpoint began.
    package var checkpointedAt: Duration?
    /// What a rewound copy waits for: WAL of a node beyond a position.
    package var consistentBeyond: (source: NodeName, lsn: Int64)?
    /// Whether SIGTERM has come.
    package var isTerminating = false
    /// The lease that backs its keys.
    package var lease: Int64?
    /// When its HA loop runs next.
    package var nextLoop: Duration
    /// What PostgreSQL is doing.
    package var server: Server = .stopped
    /// What takes time now.
    package var job: Job?
    /// When it ends.
    package var jobEnds: Duration = .zero
    /// The node it follows.
    package var upstream: NodeName?
    /// Standbys that are to be written to the sync key once they have confirmed, and when.
    package var pendingStandbys: [NodeName]?
    /// When they are written.
    package var standbysAt: Duration = .zero
    /// Whether the rules of synchronous commits were in force when it took the leader key.
    package var wasElectedSynchronously = true
    /// When it last reached etcd.
    package var reachedStoreAt: Duration
    /// The dynamic configuration it last read.
    package var configuration: PatroniConfiguration?
    /// The parameters in its own file, which win over those.
    package var localParameters: JSONValue = .members([])
    /// The parameters that PostgreSQL is to run with; nil while it knows none.
    package var parameters: JSONValue? { configuration?.parameters?.merged(with: localParameters) }
    /// The parameters its PostgreSQL was started with.
    package var started: JSONValue?
    /// When PostgreSQL was started, by the wall clock.
    package var startedAt: Timestamp?
    /// Parameters that wait for a restart, sorted by name.
    package var pendingParameters: [PendingParameter] = []
    /// The migration that a session of its PostgreSQL applies, since when, and when it is done.
    package var migration: (file: Migration, since: Duration, until: Duration)?
    /// Whether it speaks TLS with etcd, by its file as it was at the start.
    package var usesTLS = false
    /// Which version of its secret it shows to etcd as its password.
    package var storePassword = ""
    /// Patroni's tags, from its file.
    package var tags: [LabelValue] = []
    /// Whether a restart was asked for.
    package var wantsRestart = false
    /// Whether Patroni has stopped PostgreSQL to start it again as a replica.
    package var isDemoted = false
    /// The switchover that was asked for.
    package var handsOver: Handover?
    /// Whether it never runs in an election, and other Patronis know it: its watchdog cannot be used
    /// (`failover_limitation`).
    package var isShy = false
    /// Until when WAL reaches it late.
    package var lagsUntil: Duration = .zero
    /// When it was last thawed after a pause.
    package var thawedAt: Duration?

    /// Reads its own file, as at its start and when it is told to reload.
    mutating func read(_ file: PlacedFile) {
        tags = Universe.tags(in: file)
        localParameters = Universe.parameters(in: file)
        storePassword = file.storePassword
    }

    /// A Patroni that has just been started.
    package init(name: NodeName, now: Duration, awakeAt: Duration) {
        self.name = name
        self.awakeAt = awakeAt
        nextLoop = awakeAt
        reachedStoreAt = now
    }

    /// Whether its file keeps it from something.
    func isKept(from what: String) -> Bool { tags.value(of: what) == "true" }
    /// Whether its REST API answers, given that its container's network does.
    package func answers(at now: Duration) -> Bool { !isHung && awakeAt <= now && !isTerminating }
    /// Whether PostgreSQL takes writes.
    package var isWritable: Bool { server == .primary }

    /// Begins something that takes time.
    package mutating func begin(_ job: Job, until end: Duration) {
        self.job = job
        jobEnds = end
    }

    /// Goes on after a freeze: the loop runs at once.
    package mutating func thaw(at now: Duration) {
        nextLoop = min(nextLoop, now + .milliseconds(50))
        thawedAt = now
    }

    private var inForce: PatroniConfiguration { configuration ?? .object([]) }
    /// The pause between two loops.
    package var loopWait: Duration { inForce.loopWait }
    /// The lease's time to live.
    package var ttl: Duration { inForce.ttl }
    /// How long etcd may be away.
    package var retryTimeout: Duration { inForce.retryTimeout }
    /// Whether Patroni is paused.
    package var isPaused: Bool { inForce.isPaused }
    /// Whether commits wait for standbys that Patroni chooses.
    package var isSynchronous: Bool { inForce.isSynchronous }
    /// Whether any quorum of standbys will do.
    package var isQuorum: Bool { inForce.isQuorum }
    /// Whether commits wait even when no standby is there.
    package var isStrict: Bool { inForce.isStrict }
    /// How many standbys must confirm.
    package var synchronousCount: Int { inForce.synchronousCount }
    /// Whether a failover may lose no more than this.
    package var maximumLag: Int64 { inForce.maximumLag }
    /// Whether the primary stays one while etcd is away and every member answers.
    package var isFailsafe: Bool { inForce.isFailsafe }
}
