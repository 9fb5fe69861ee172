/// PgBouncer in front of the nodes.
public struct PoolerSettings: Sendable, Hashable {
    /// When a client gives its server connection back (`pool_mode`).
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// At the end of each transaction.
        case transaction
        /// When it disconnects.
        case session
        /// After each statement; transactions of several are refused.
        case statement
    }
    /// Whether there are any.
    public var enabled = true
    /// How many, 1…3, each with a read-write and a read-only address.
    public var count = 2
    /// Containers are this and a number, and for reading `-ro` behind it.
    public var namePrefix = "pgbouncer-"
    /// The image.
    public var image: ImageReference = "pg-controller/pgbouncer:1"
    /// Pooler n publishes its read-write address on this + n − 1.
    public var port = 6432
    /// Pooler n publishes its read-only address on this + n − 1.
    public var readOnlyPort = 6442
    /// The address published ports bind to.
    public var bindAddress = "127.0.0.1"
    /// When a client gives its server connection back.
    public var mode: Mode = .transaction
    /// Client connections that each accepts.
    public var maxClients = 1000
    /// Server connections for each database and role.
    public var poolSize = 25
    /// Server connections that are kept ready while clients are there.
    public var minimumPoolSize = 5
    /// Server connections more when clients have waited for `reserveTimeout`.
    public var reservePoolSize = 5
    /// How long a client waits before the reserve is used.
    public var reserveTimeout: Duration = .seconds(30)
    /// The age at which a server connection is replaced.
    public var serverLifetime: Duration = .seconds(3600)
    /// How long an unused server connection is kept.
    public var serverIdleTimeout: Duration = .seconds(600)
    /// How long connecting to a node may take.
    public var serverConnectTimeout: Duration = .seconds(15)
    /// How long a client waits for a server connection before it gets an error.
    public var queryWaitTimeout: Duration = .seconds(120)
    /// How long a silent client is kept.
    public var clientIdleTimeout: Duration = .seconds(900)
    /// Memory limit of each process's container.
    public var memory: ByteCount = .mebibytes(256)
    /// Every default.
    public init() {}

    /// The role that looks passwords up: it may log in, by certificate, and call one function.
    public static let role: RoleName = "pgbouncer"
    /// The user by which the controller reaches the admin consoles; no role of PostgreSQL.
    public static let consoleUser: RoleName = "pg-controller"
    /// Its function, in the database `postgres`.
    public static let function = "controller.pooler_login(text)"
    /// The body of `controller.pooler_login(name)`: a role's verifier, unless it is a superuser's or one for replication.
    public static let loginBody = """

        SELECT r.rolname::text, r.rolpassword FROM pg_catalog.pg_authid r
        WHERE r.rolname = name AND r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolreplication AND NOT r.rolbypassrls
          AND (r.rolvaliduntil IS NULL OR r.rolvaliduntil > pg_catalog.now())

        """
}

/// One PgBouncer process and what it is for; each has a container of its own.
public struct Pooler: Sendable, Hashable {
    /// Whom its connections go to.
    public enum Access: Sendable, Hashable {
        /// The primary.
        case readWrite
        /// The replicas that stream, or the primary where none does.
        case readOnly
    }
    /// Its container.
    public var name: ContainerName
    /// Whom its connections go to.
    public var access: Access
    /// The port on the host.
    public var port: Int
}

extension Cluster {
    /// The poolers that the manifest asks for, the read-write ones first.
    public var poolers: [Pooler] { pooler.enabled ? poolers(1...max(1, pooler.count)) : [] }

    /// The poolers of these numbers, whether the manifest asks for them or not.
    public func poolers(_ numbers: ClosedRange<Int>) -> [Pooler] {
        numbers.map { number in
            Pooler(
                name: ContainerName("\(pooler.namePrefix)\(number)"), access: .readWrite,
                port: pooler.port + number - 1)
        }
            + numbers.map { number in
                Pooler(
                    name: ContainerName("\(pooler.namePrefix)\(number)-ro"), access: .readOnly,
                    port: pooler.readOnlyPort + number - 1)
            }
    }
}

extension Cluster {
    /// Whether its poolers can pause clients: those must have moments without a transaction of their own, which one
    /// that has a session to itself does not give away.
    public var canPauseClients: Bool {
        pooler.mode != .session && poolers.contains { $0.access == .readWrite }
    }
}
