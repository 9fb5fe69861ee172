/// What one Docker Engine shows.
public struct EngineView: Sendable, Hashable {
    /// The engine's own ID (`GET /info`); another ID at the same address is another engine.
    public var id: String
    /// The engine's version, for people.
    public var version: String
    /// Every network, sorted by name and ID.
    public var networks: [NetworkView]
    /// Every volume, sorted by name.
    public var volumes: [VolumeView]
    /// Our containers in full, and foreign ones by name, sorted by name.
    public var containers: [ContainerView]
    /// The images the cluster asks for, sorted by reference.
    public var images: [ImageSighting]
    /// The file system that holds its local volumes; unknown is never "full", and never "enough".
    public var disk: Sighting<DiskView> = .unknown(.notLooked)

    /// An engine with nothing on it.
    public init(id: String, version: String = "") {
        self.id = id
        self.version = version
        networks = []
        volumes = []
        containers = []
        images = []
    }

    /// A container by name.
    public func container(_ name: ContainerName) -> ContainerView? { containers.first { $0.name == name } }
    /// A container by ID.
    public func container(id: ContainerID) -> ContainerView? { containers.first { $0.id == id } }
    /// A volume by name.
    public func volume(_ name: VolumeName) -> VolumeView? { volumes.first { $0.name == name } }
    /// Networks of a name: Docker allows several.
    public func networks(named name: NetworkName) -> [NetworkView] { networks.filter { $0.name == name } }
    /// An image by reference; unknown when it was not asked for.
    public func image(_ reference: ImageReference) -> Sighting<String> {
        images.first { $0.reference == reference }?.id ?? .unknown(.notLooked)
    }
}

/// A Docker network as seen.
public struct NetworkView: Sendable, Hashable {
    /// Its ID.
    public var id: NetworkID
    /// Its name.
    public var name: NetworkName
    /// Its driver.
    public var driver: String
    /// Its first IPv4 subnet.
    public var subnet: String?
    /// Its labels, sorted by key.
    public var labels: [LabelValue]
    /// Containers that have an endpoint on it now, sorted.
    public var endpoints: [ContainerID]
    /// When it was made, in a form that sorts; empty when Docker does not say.
    public var createdAt = ""
    /// A network as seen.
    public init(
        id: NetworkID, name: NetworkName, driver: String, subnet: String?, labels: [LabelValue],
        endpoints: [ContainerID]
    ) {
        self.id = id
        self.name = name
        self.driver = driver
        self.subnet = subnet
        self.labels = labels
        self.endpoints = endpoints
    }
}

/// A Docker volume as seen.
public struct VolumeView: Sendable, Hashable {
    /// Its name.
    public var name: VolumeName
    /// Its labels, sorted by key.
    public var labels: [LabelValue]
    /// When it was created, as Docker writes it.
    public var createdAt: String
    /// Whether it is on the file system of the engine's local volumes, and on none of its own (a device, NFS, another driver).
    public var isOnEngineDisk = true
    /// A volume as seen.
    public init(name: VolumeName, labels: [LabelValue], createdAt: String = "") {
        self.name = name
        self.labels = labels
        self.createdAt = createdAt
    }
}

/// A container as seen.
public struct ContainerView: Sendable, Hashable {
    /// Its ID.
    public var id: ContainerID
    /// Its name now.
    public var name: ContainerName
    /// The image reference it was created with.
    public var image: ImageReference
    /// The image's ID.
    public var imageID: String
    /// What the image's programs know.
    public var features: Set<ImageFeature> = []
    /// Its labels, sorted by key.
    public var labels: [LabelValue]
    /// Whether it lives.
    public var state: ContainerState
    /// When it was created, as Docker writes it; empty where that was not looked up.
    public var createdAt = ""
    /// Where it is attached, sorted by network.
    public var attachments: [Attachment]
    /// The settings an inspect shows.
    public var settings: ContainerSettings
    /// The files we placed in it, sorted by path.
    public var files: Sighting<[FileView]>
    /// What its data volume holds; looked at only while it does not run.
    public var data: Sighting<DataView>
    /// What a task that has ended left as its result.
    public var result: Sighting<JSONValue>
    /// Commands started in it that Docker still remembers.
    public var commands: [CommandView]
    /// How often it was started by Docker's restart policy.
    public var restartCount: Int
    /// The last lines that it wrote, without secrets; looked at only when it has ended or its PostgreSQL fails.
    public var lastLines: [String] = []
    /// Whether an orderly stop that the controller asked for is under way: it still runs, and will end.
    public var isBeingStopped = false
    /// When the kernel last killed a process of it for want of memory, by Docker's word; forgotten after a while.
    public var ranOutOfMemoryAt: String?

    /// A container as seen.
    public init(
        id: ContainerID, name: ContainerName, image: ImageReference, labels: [LabelValue], state: ContainerState
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.labels = labels
        self.state = state
        imageID = ""
        attachments = []
        settings = ContainerSettings()
        files = .unknown(.notLooked)
        data = .unknown(.notLooked)
        result = .unknown(.notLooked)
        commands = []
        restartCount = 0
    }

    /// Whether no process of it has ever run; one whose start has failed is such a one, too.
    public var wasNeverStarted: Bool {
        switch state {
        case .created: true
        case .exited(let exit): exit.startedAt.isEmpty
        case .running, .paused, .restarting, .removing, .dead: false
        }
    }

    /// Whether files may be written into it. One that has a volume and has ended takes none: Docker's archive endpoint
    /// would mount the volume where a removal could empty it.
    public var takesFiles: Bool {
        switch state {
        case .running: true
        case .created, .exited, .paused, .restarting:
            wasNeverStarted || settings.mounts.isEmpty && settings.foreignMounts.isEmpty
        case .removing, .dead: false
        }
    }

    /// Its address on a network, while it has one.
    public func address(on network: NetworkID) -> String? {
        attachments.first { $0.network == network }?.address
    }
}

/// Whether a container lives (`State` of an inspect).
public enum ContainerState: Sendable, Hashable {
    /// Created and never started.
    case created
    /// Its first process lives; `startedAt` tells incarnations apart.
    case running(startedAt: String)
    /// Frozen by `docker pause`: alive, and never a proof of death.
    case paused(startedAt: String)
    /// Docker is restarting it by itself.
    case restarting
    /// Its first process is gone.
    case exited(Exit)
    /// Docker is removing it.
    case removing
    /// Docker could not remove it.
    case dead

    /// Running and not paused.
    public var isRunning: Bool {
        if case .running = self { true } else { false }
    }
}

/// How a container ended.
public struct Exit: Sendable, Hashable {
    /// The exit code; 255 means that Docker does not know (fault C03).
    public var code: Int
    /// When, as Docker writes it (RFC 3339).
    public var finishedAt: String
    /// When that incarnation had been started.
    public var startedAt: String
    /// Whether Docker saw the kernel's OOM killer.
    public var outOfMemory: Bool
    /// Docker's own error, a port conflict for example.
    public var error: String
    /// How a container ended.
    public init(
        code: Int, startedAt: String = "", finishedAt: String = "", outOfMemory: Bool = false, error: String = ""
    ) {
        self.code = code
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.outOfMemory = outOfMemory
        self.error = error
    }
}

/// A container's endpoint on a network.
public struct Attachment: Sendable, Hashable {
    /// The network.
    public var network: NetworkID
    /// The network's name.
    public var networkName: NetworkName
    /// Its IPv4 address while it runs.
    public var address: String?
    /// The names that were asked for in the network's DNS.
    public var aliases: [ContainerName]
    /// An endpoint.
    public init(network: NetworkID, networkName: NetworkName, address: String?, aliases: [ContainerName] = []) {
        self.network = network
        self.networkName = networkName
        self.address = address
        self.aliases = aliases
    }
}

/// A file of ours as seen inside a container.
public struct FileView: Sendable, Hashable {
    /// Its absolute path.
    public var path: String
    /// What became of it.
    public var content: Content
    /// A file as seen.
    public init(path: String, content: Content) {
        self.path = path
        self.content = content
    }
    /// What became of a file.
    public enum Content: Sendable, Hashable {
        /// As we wrote it, from a template with this digest.
        case asWritten(template: Digest)
        /// Somebody edited it, or changed its owner or mode.
        case edited
    }
}

/// What a stopped container's data volume holds, read through the archive endpoint.
public enum DataView: Sendable, Hashable {
    /// Nothing yet.
    case empty
    /// An etcd member's data.
    case etcd
    /// A PostgreSQL data directory.
    case postgres(PostgresData)
    /// Files that are neither, for example a half-finished clone or restore.
    case incomplete
}

/// What `PG_VERSION` and `global/pg_control` of a data directory say.
public struct PostgresData: Sendable, Hashable {
    /// The database system identifier.
    public var systemIdentifier: String
    /// The major version.
    public var majorVersion: Int
    /// The newest timeline that it is known to be on.
    public var timeline: Int64
    /// Whether it was a primary when it stopped (in production, or shut down as one).
    public var wasPrimary: Bool
    /// How far its WAL reaches for certain, in bytes. The end of its last record while no node of the cluster runs; else
    /// what `pg_control` says: the latest checkpoint or the end of recovery, which is behind after a crash.
    public var walPosition: Int64
    /// A data directory.
    public init(
        systemIdentifier: String, majorVersion: Int, timeline: Int64, wasPrimary: Bool, walPosition: Int64 = 0
    ) {
        self.systemIdentifier = systemIdentifier
        self.majorVersion = majorVersion
        self.timeline = timeline
        self.wasPrimary = wasPrimary
        self.walPosition = walPosition
    }
}

/// A command that was started inside a container (`docker exec`).
public struct CommandView: Sendable, Hashable {
    /// Its arguments.
    public var arguments: [String]
    /// Nil while it runs.
    public var exitCode: Int?
    /// A command as seen.
    public init(arguments: [String], exitCode: Int?) {
        self.arguments = arguments
        self.exitCode = exitCode
    }
}

/// An image the cluster asks for.
public struct ImageSighting: Sendable, Hashable {
    /// The reference that was looked up.
    public var reference: ImageReference
    /// The image's ID.
    public var id: Sighting<String>
    /// Whether it is being pulled now, and how far that is.
    public var pulling: String?
    /// PostgreSQL's major version in it, where it says so.
    public var postgresMajor: Int?
    /// What its programs know.
    public var features: Set<ImageFeature> = []
    /// Of when its packages are, or when it was built, where it does not say so.
    public var builtAt: Timestamp?
    /// What it holds, as `package version`, where it says so.
    public var packages: [String] = []
    /// An image as seen.
    public init(reference: ImageReference, id: Sighting<String>, pulling: String? = nil) {
        self.reference = reference
        self.id = id
        self.pulling = pulling
    }
}

extension [LabelValue] {
    /// A label's value.
    public func value(of key: String) -> String? { first { $0.key == key }?.value }
}

extension ContainerView {
    /// Whether it has run since before a network was made: then every address that it remembers from there is wrong.
    public func hasOutlived(_ network: NetworkView) -> Bool {
        guard case .running(let startedAt) = state, !startedAt.isEmpty else { return false }
        return startedAt < network.createdAt
    }
}
