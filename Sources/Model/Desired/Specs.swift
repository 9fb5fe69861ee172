/// What is wanted of one container.
public struct ContainerSpec: Sendable, Hashable {
    /// Its name.
    public var name: ContainerName
    /// What it is for.
    public var component: Component
    /// The image reference.
    public var image: ImageReference
    /// Arguments after the entry point; empty keeps the image's own.
    public var command: [String] = []
    /// Everything Docker can show again in an inspect; drift is a difference here.
    public var settings: ContainerSettings
    /// The networks it is attached to. It is made with the first, and cut off without it.
    public var networks: [NetworkName]
    /// The names that it has in the DNS of the first network alone, beside its own name, which it has in each.
    public var aliases: [ContainerName] = []
    /// Extra labels besides cluster and component.
    public var labels: [LabelValue] = []
    /// Files placed through the archive endpoint before the first start.
    public var files: [FileSpec] = []
    /// The volumes it mounts as they would be made: Docker makes one that vanished in between when it creates the
    /// container, and without these labels that would not be ours.
    public var volumes: [VolumeSpec] = []

    /// A container with these settings.
    public init(
        name: ContainerName, component: Component, image: ImageReference, settings: ContainerSettings,
        networks: [NetworkName]
    ) {
        self.name = name
        self.component = component
        self.image = image
        self.settings = settings
        self.networks = networks
    }
}

/// One label.
public struct LabelValue: Sendable, Hashable {
    /// The label's key.
    public var key: String
    /// Its value.
    public var value: String
    /// Joins key and value.
    public init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// The settings of a container that an inspect shows again, desired and observed side by side.
public struct ContainerSettings: Sendable, Hashable {
    /// Memory limit in bytes; 0 for none.
    public var memory: Int64 = 0
    /// CPU limit in thousandths of a core; 0 for none.
    public var milliCPUs: Int64 = 0
    /// `/dev/shm` in bytes.
    public var sharedMemory: Int64 = 64 << 20
    /// The most processes it may have; 0 for no limit.
    public var pidsLimit: Int64 = 0
    /// Published ports, sorted.
    public var ports: [PortBinding] = []
    /// Named volumes, sorted by destination.
    public var mounts: [VolumeMount] = []
    /// Docker's restart policy; `no` for nodes, because the controller is the only one who restarts them.
    public var restartPolicy = "no"
    /// Dropped capabilities.
    public var dropsAllCapabilities = true
    /// Whether processes may gain privileges (false sets `no-new-privileges`).
    public var mayGainPrivileges = false
    /// Whether the container is privileged.
    public var isPrivileged = false
    /// Capabilities added, sorted.
    public var addedCapabilities: [String] = []
    /// The user of its processes, by number; empty for what the image says. The group is the image's.
    public var user = ""
    /// Whether a process that crashes may write its memory into a file: it holds data and passwords.
    public var mayDumpCore = false
    /// Bind mounts and other mounts we never ask for, as text; anything here is drift.
    public var foreignMounts: [String] = []
    /// What weakens its isolation from the host, in Docker's words and sorted: namespaces of others, devices, security options, further
    /// groups and hosts. We never ask for any of these, so anything here is drift.
    public var foreignOptions: [String] = []
    /// Whether Docker asks the host's resolvers for a name without a dot that no container has. Those of our containers that are gone
    /// are such names, and a resolver that does not answer delays a failover by 10 to 20 s. Names with a dot are asked for as ever.
    public var asksOutsideForPlainNames = false
    /// Environment variables beyond the image's own, sorted; we never set any.
    public var environment: [String] = []
    /// Seconds Docker waits at a stop before it kills.
    public var stopTimeoutSeconds = 30

    /// An unprivileged container with Docker's defaults.
    public init() {}
}

/// A published port.
public struct PortBinding: Sendable, Hashable, Comparable {
    /// The port inside.
    public var containerPort: Int
    /// The address on the host.
    public var hostAddress: String
    /// The port on the host.
    public var hostPort: Int
    /// Publishes one TCP port.
    public init(containerPort: Int, hostAddress: String, hostPort: Int) {
        self.containerPort = containerPort
        self.hostAddress = hostAddress
        self.hostPort = hostPort
    }
    /// Orders by the inner port, then the outer.
    public static func < (left: PortBinding, right: PortBinding) -> Bool {
        (left.containerPort, left.hostPort, left.hostAddress) < (right.containerPort, right.hostPort, right.hostAddress)
    }
}

/// A named volume mounted somewhere.
public struct VolumeMount: Sendable, Hashable, Comparable {
    /// The volume.
    public var volume: VolumeName
    /// Where.
    public var destination: String
    /// Whether it can be written.
    public var isWritable: Bool
    /// Mounts a volume for reading and writing.
    public init(volume: VolumeName, destination: String, isWritable: Bool = true) {
        self.volume = volume
        self.destination = destination
        self.isWritable = isWritable
    }
    /// Orders by destination.
    public static func < (left: VolumeMount, right: VolumeMount) -> Bool { left.destination < right.destination }
}

/// A file placed in a container.
public struct FileSpec: Sendable, Hashable {
    /// Absolute path; every file of a container lies directly in `FileSpec.directory`.
    public var path: String
    /// What is in it.
    public var content: Template
    /// The part of the content whose change matters; settings that only count at a first start are left out of it.
    public var identity: Template
    /// Numeric owner and group.
    public var owner: Int
    /// Permission bits.
    public var mode: Int
    /// A file readable by its owner only.
    public init(path: String, content: Template, identity: Template? = nil, owner: Int, mode: Int = 0o400) {
        self.path = path
        self.content = content
        self.identity = identity ?? content
        self.owner = owner
        self.mode = mode
    }
    /// Where containers keep the files that the controller gives them.
    public static let directory = "/etc/controller"
}

/// What is wanted of a volume.
public struct VolumeSpec: Sendable, Hashable {
    /// Its name.
    public var name: VolumeName
    /// What it is for.
    public var component: Component
    /// Extra labels.
    public var labels: [LabelValue]
    /// Whether a node turns to it from the volume that holds its data now.
    public var takesOver: Bool { labels.value(of: Label.replaces) != nil }
    /// A volume of the local driver.
    public init(name: VolumeName, component: Component, labels: [LabelValue] = []) {
        self.name = name
        self.component = component
        self.labels = labels
    }
}

/// What is wanted of a network.
public struct NetworkSpec: Sendable, Hashable {
    /// Its name.
    public var name: NetworkName
    /// Docker's driver.
    public var driver: String
    /// A CIDR block, or Docker's choice.
    public var subnet: String?
    /// A network of this driver.
    public init(name: NetworkName, driver: String, subnet: String?) {
        self.name = name
        self.driver = driver
        self.subnet = subnet
    }
}
