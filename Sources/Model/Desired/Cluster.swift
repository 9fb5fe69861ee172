/// The desired state of one cluster: validated, every default filled in, immutable for a pass.
public struct Cluster: Sendable, Hashable {
    /// Patroni's scope and the owner named on every Docker object.
    public var name: ClusterName
    /// The Docker Engines; one, `local`, by default.
    public var engines: [EngineSettings]
    /// The Docker network all parts share.
    public var network: NetworkSettings
    /// The etcd store that holds Patroni's decisions.
    public var etcd: EtcdSettings
    /// How many PostgreSQL nodes, and what each container gets.
    public var nodes: NodeSettings
    /// PostgreSQL itself.
    public var postgres: PostgresSettings
    /// Patroni's timings.
    public var patroni: PatroniSettings
    /// The database and its accounts.
    public var accounts: AccountSettings
    /// Extensions and migrations.
    public var schema: SchemaSettings
    /// Roles beside the accounts.
    public var roles: [DeclaredRole]
    /// Databases beside the application's.
    public var databases: [DeclaredDatabase]
    /// pgBackRest.
    public var backups: BackupSettings
    /// PgBouncer in front of the nodes.
    public var pooler: PoolerSettings
    /// TLS between clients and the cluster.
    public var tls: ClientTLSSettings
    /// The web console.
    public var console: ConsoleSettings
    /// Metrics and health over HTTP.
    public var monitoring: MonitoringSettings
    /// From where on little free space is worth a warning.
    public var disk: DiskSettings
    /// Who is told when something happens.
    public var notifications: [NotificationReceiver]
    /// What a cluster that does not exist yet is bootstrapped from; nil for an empty database.
    public var recovery: Recovery?
    /// Nothing is changed while this is true (invariant I14).
    public var maintenance: Bool

    /// A cluster of this name with every default.
    public init(name: ClusterName) {
        self.name = name
        engines = [EngineSettings(name: .local)]
        network = NetworkSettings()
        etcd = EtcdSettings()
        nodes = NodeSettings()
        postgres = PostgresSettings()
        patroni = PatroniSettings()
        accounts = AccountSettings()
        schema = SchemaSettings()
        roles = []
        databases = []
        backups = BackupSettings()
        pooler = PoolerSettings()
        tls = ClientTLSSettings()
        console = ConsoleSettings()
        monitoring = MonitoringSettings()
        disk = DiskSettings()
        notifications = []
        maintenance = false
    }

    /// The node names in order: prefix and number.
    public var nodeNames: [NodeName] { (1...max(1, nodes.count)).map { NodeName("\(nodes.namePrefix)\($0)") } }
    /// The etcd members' container names in order.
    public var etcdNames: [ContainerName] {
        (1...max(1, etcd.members)).map { ContainerName("\(etcd.namePrefix)\($0)") }
    }
    /// A node's 0-based place, from its name's number; nil for a name of another shape.
    public func index(of node: NodeName) -> Int? {
        guard node.text.hasPrefix(nodes.namePrefix), let number = Int(node.text.dropFirst(nodes.namePrefix.count))
        else { return nil }
        return number - 1
    }
    /// The images that its containers are made from, each once.
    public var images: [ImageReference] {
        var images = [etcd.image, nodes.image]
        if pooler.enabled { images.append(pooler.image) }
        if console.enabled { images.append(console.image) }
        if monitoring.prometheus.enabled { images.append(monitoring.prometheus.image) }
        return Set(images).sorted()
    }
    /// Where Patroni keeps this cluster in etcd.
    public var dcsPrefix: String { "/service/\(name)/" }
    /// Where the controller keeps its own records and what it is asked for.
    public var ownPrefix: String { "/controller/\(name)/" }
}

/// One Docker Engine.
public struct EngineSettings: Sendable, Hashable {
    /// Its name in the manifest.
    public var name: EngineID
    /// `unix:///path` or `tcp://host:port`; nil means `DOCKER_HOST` or the default socket.
    public var endpoint: String?
    /// PEM files for a TCP engine: CA, certificate, key.
    public var caFile: String?, certificateFile: String?, keyFile: String?
    /// An engine of this name at the default endpoint.
    public init(name: EngineID, endpoint: String? = nil) {
        self.name = name
        self.endpoint = endpoint
    }
}

/// The two Docker networks: one for the cluster's own parts, and one for its clients.
public struct NetworkSettings: Sendable, Hashable {
    /// The internal network's name: etcd, the nodes, the poolers and the controller are on it.
    public var name: NetworkName = "pg-ha-network"
    /// Docker's network driver, of both.
    public var driver = "bridge"
    /// The internal network's CIDR block; nil lets Docker choose one.
    public var subnet: String?
    /// What the manifest says of the clients' network.
    public var clients = ClientNetworkSettings()
    /// Every default.
    public init() {}

    /// The clients' network's name: containers on it reach the poolers, the console and PostgreSQL, and nothing else.
    public var clientsName: NetworkName { clients.name ?? NetworkName("\(name)-clients") }
    /// Both as they are to be made, the internal one first.
    public var specs: [NetworkSpec] {
        [
            NetworkSpec(name: name, driver: driver, subnet: subnet),
            NetworkSpec(name: clientsName, driver: driver, subnet: clients.subnet),
        ]
    }
}

/// The network of the containers that use the cluster (`spec.network.clients`).
public struct ClientNetworkSettings: Sendable, Hashable {
    /// Its name; nil for the internal network's with `-clients`.
    public var name: NetworkName?
    /// A CIDR block; nil lets Docker choose one.
    public var subnet: String?
    /// Every default.
    public init() {}
}

/// The etcd store.
public struct EtcdSettings: Sendable, Hashable {
    /// 1, 3 or 5.
    public var members = 3
    /// Containers are this and a number.
    public var namePrefix = "etcd-"
    /// The image.
    public var image: ImageReference = "pg-controller/etcd:3.5"
    /// Member n publishes its client port on this + n − 1.
    public var clientPort = 2379
    /// Whether client ports are published on the host at all.
    public var publish = false
    /// The address published ports bind to.
    public var bindAddress = "127.0.0.1"
    /// Whether it may be reached from other hosts.
    public var remoteAccess = false
    /// Memory limit of each member.
    public var memory: ByteCount = .mebibytes(512)
    /// History kept by automatic compaction.
    public var autoCompaction: Duration = .seconds(3600)
    /// Size of the backend at which etcd raises NOSPACE.
    public var quota: ByteCount = .gibibytes(2)
    /// Every default.
    public init() {}
}

/// The PostgreSQL node containers.
public struct NodeSettings: Sendable, Hashable {
    /// 1…9.
    public var count = 3
    /// Containers are this and a number.
    public var namePrefix = "pg-node-"
    /// The image with PostgreSQL, pgvector, Patroni and pgBackRest.
    public var image: ImageReference = "pg-controller/postgres:18"
    /// Node n publishes PostgreSQL on this + n − 1.
    public var postgresPort = 5432
    /// Node n publishes Patroni's REST API on this + n − 1.
    public var patroniPort = 8008
    /// The address that PostgreSQL's published ports bind to.
    public var bindAddress = "127.0.0.1"
    /// The address that the published ports of Patroni's REST API bind to.
    public var patroniBindAddress = "127.0.0.1"
    /// Whether Patroni's REST API may be reached from other hosts.
    public var patroniRemoteAccess = false
    /// Memory limit of each node.
    public var memory: ByteCount = .gibibytes(4)
    /// CPU limit in thousandths of a core; nil for none.
    public var milliCPUs: Int?
    /// `/dev/shm`; Docker's 64 MiB breaks parallel vector index builds.
    public var sharedMemory: ByteCount = .gibibytes(1)
    /// How long an orderly stop may take before Docker kills.
    public var stopTimeout: Duration = .seconds(30)
    /// The most that a new replica may copy from the primary in a second; nil for no limit.
    public var cloneRate: ByteCount?
    /// Nodes whose containers are left alone (invariant I14), sorted.
    public var maintenance: [NodeName] = []
    /// What nodes are kept from; those of which nothing is said are kept from nothing. Sorted by name.
    public var tags: [NodeTags] = []
    /// Every default.
    public init() {}
}

/// PostgreSQL's own settings.
public struct PostgresSettings: Sendable, Hashable {
    /// The major version.
    public var version = 18
    /// `postgresql.conf` parameters in the manifest's order, merged over the defaults.
    public var parameters: [Parameter] = []
    /// `pg_hba.conf` lines that come before our closing ones.
    public var hba: [String] = []
    /// Synchronous replication.
    public var synchronous = SynchronousSettings()
    /// The built-in provider's locale the cluster is created with; cannot change later.
    public var locale = "C.UTF-8"
    /// Whether data checksums are on; cannot change later.
    public var checksums = true
    /// Every default.
    public init() {}

    /// One parameter; the value is text, as in `postgresql.conf`.
    public struct Parameter: Sendable, Hashable, Codable {
        /// The parameter's name, lower case.
        public var name: String
        /// Its value without quotes.
        public var value: String
        /// Joins name and value.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// Synchronous replication as Patroni manages it.
public struct SynchronousSettings: Sendable, Hashable {
    /// How strictly a commit waits.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Commits never wait; a failover may lose the last ones.
        case off
        /// Commits wait for a standby while one is there (`synchronous_mode: true`).
        case on
        /// Commits wait for any quorum of standbys (`synchronous_mode: quorum`).
        case quorum
        /// Commits wait even when no standby is there (`synchronous_mode_strict`).
        case strict
    }
    /// The mode.
    public var mode: Mode = .on
    /// How many standbys must confirm (`synchronous_node_count`).
    public var number = 1
    /// Every default.
    public init() {}

    /// Whether one standby may be named as the next leader. Patroni does not compare a named standby with the others
    /// (`ha.py`, `manual_failover_process_no_leader`), and where a quorum confirms commits, one standby may lack some.
    public var mayNameCandidate: Bool { mode != .quorum }
}

/// Patroni's timings; `loopWait + 2 · retryTimeout ≤ ttl`.
public struct PatroniSettings: Sendable, Hashable {
    /// The leader lease.
    public var ttl: Duration = .seconds(30)
    /// The pause between two looks.
    public var loopWait: Duration = .seconds(10)
    /// How long etcd and PostgreSQL may fail before it counts.
    public var retryTimeout: Duration = .seconds(10)
    /// A replica further behind than this is not promoted in asynchronous mode.
    public var maximumLagOnFailover: ByteCount = .mebibytes(1)
    /// The primary stays one while etcd is away as long as it reaches every member.
    public var failsafe = true
    /// Every default.
    public init() {}
}

/// A role the cluster starts with; its password is generated unless a file is named.
public struct Account: Sendable, Hashable {
    /// The role's name.
    public var role: RoleName
    /// A file that holds its password, confined to the manifest's directory or the secrets directory.
    public var passwordFile: String?
    /// A role with a generated password.
    public init(role: RoleName, passwordFile: String? = nil) {
        self.role = role
        self.passwordFile = passwordFile
    }
}

/// The application's database and the accounts around it.
public struct AccountSettings: Sendable, Hashable {
    /// The application's database.
    public var database: DatabaseName = "postgres"
    /// Owner of the application's objects; no superuser.
    public var admin = Account(role: "pgadmin")
    /// Streams WAL.
    public var replication = Account(role: "replicator")
    /// Runs `pg_rewind`.
    public var rewind = Account(role: "rewinder")
    /// Every default.
    public init() {}
}

/// Extensions and ordered migrations.
public struct SchemaSettings: Sendable, Hashable {
    /// Extensions that must exist in the application's database.
    public var extensions: [ExtensionSettings] = [ExtensionSettings(name: "vector")]
    /// SQL files in the order in which they are applied.
    public var migrations: [Migration] = []
    /// Every default.
    public init() {}
}

/// One extension.
public struct ExtensionSettings: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// A version to hold it at; nil takes what the image installs.
    public var version: String?
    /// An extension at any version.
    public init(name: String, version: String? = nil) {
        self.name = name
        self.version = version
    }
}

/// One migration file.
public struct Migration: Sendable, Hashable {
    /// The file's base name, which is its identity in the history table.
    public var name: String
    /// SHA-256 of the file.
    public var checksum: Digest
    /// The SQL text.
    public var sql: String
    /// Where the manifest names the file, relative to its own directory.
    public var path: String
    /// A migration with its checksum; without a path the file lies beside the manifest.
    public init(name: String, sql: String, path: String? = nil) {
        self.name = name
        self.sql = sql
        self.path = path ?? name
        checksum = Digest(of: sql)
    }
}

/// pgBackRest.
public struct BackupSettings: Sendable, Hashable {
    /// Whether there is archiving and backup at all.
    public var enabled = true
    /// The stanza.
    public var stanza = "pg-ha"
    /// The repository's volume, shared by all nodes; without a meaning where the repository lies in S3.
    public var volume: VolumeName = "pgbackrest-repo"
    /// Where the repository lies instead of in a volume.
    public var s3: ObjectStore?
    /// How the repository is encrypted.
    public var encryption = RepositoryEncryption()
    /// Full backups to keep.
    public var retainFull = 7
    /// Differential backups, with the incrementals that hang on them, to keep.
    public var retainIncremental = 3
    /// Whether `retainFull` counts backups or days.
    public var retention: RetentionUnit = .count
    /// When backups, verifications and drills are due.
    public var schedules = Schedules()
    /// `process-max`.
    public var processes = 4
    /// The compression.
    public var compression: Compression = .zstd
    /// Whether `archive-push` runs asynchronously.
    public var asynchronousArchiving = true
    /// Every default.
    public init() {}

    /// The volume that the repository lies in, if it lies in one.
    public var repositoryVolume: VolumeName? { s3 == nil ? volume : nil }
    /// Whether the repository can be read as files of a container, by everybody who may ask the engine for them.
    public var isPlain: Bool { s3 == nil && encryption.cipher == .none }

    /// `repo1-retention-full-type`.
    public enum RetentionUnit: String, Sendable, Hashable, CaseIterable {
        /// A number of backups.
        case count
        /// A number of days.
        case time
    }
    /// `compress-type`.
    public enum Compression: String, Sendable, Hashable, CaseIterable {
        /// None.
        case none
        /// gzip.
        case gz
        /// LZ4.
        case lz4
        /// Zstandard.
        case zstd = "zst"
    }
}

/// The web console.
public struct ConsoleSettings: Sendable, Hashable {
    /// Whether it runs.
    public var enabled = true
    /// `bytebase/dbhub…`, or the image that is built here from Debian's adminer.
    public var image: ImageReference = "pg-controller/console:1"
    /// The container's name.
    public var name: ContainerName = "dbhub"
    /// The published port; the container listens on 8080.
    public var port = 9090
    /// The address the port binds to.
    public var bindAddress = "127.0.0.1"
    /// Whether it may be reached from other hosts.
    public var remoteAccess = false
    /// Its role: login and read, no superuser.
    public var account = Account(role: "console")
    /// Memory limit.
    public var memory: ByteCount = .mebibytes(256)
    /// Every default.
    public init() {}
}
