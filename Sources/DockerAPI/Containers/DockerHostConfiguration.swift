/// The part of a container that concerns its host; the same value creates and is inspected.
public struct DockerHostConfiguration: Sendable, Hashable {
    /// `source:destination[:ro]`.
    public var binds: [String] = []
    /// Mounts in the longer form.
    public var mounts: [DockerMountConfiguration] = []
    /// A network's name or ID, `bridge`, `host`, `none`.
    public var networkMode = "default"
    /// Published ports by container port, `5432/tcp`.
    public var portBindings: [String: [DockerPortBinding]] = [:]
    /// What the engine does when the container's process ends.
    public var restartPolicy = DockerRestartPolicy.no
    /// Memory limit in bytes; 0 means none.
    public var memoryBytes: Int64 = 0
    /// Memory and swap together, in bytes; 0 means twice the memory, -1 unlimited swap.
    public var memorySwapBytes: Int64 = 0
    /// Soft memory limit in bytes; 0 means none.
    public var memoryReservationBytes: Int64 = 0
    /// CPUs in billionths; 0 means no limit.
    public var nanoCPUs: Int64 = 0
    /// Relative weight; 0 means the default 1024.
    public var cpuShares: Int64 = 0
    /// Size of /dev/shm in bytes; 0 means Docker's 64 MiB.
    public var shmSizeBytes: Int64 = 0
    /// Capabilities added; engines from 28 on write them with `CAP_` in front.
    public var capAdd: [String] = []
    /// Capabilities taken away.
    public var capDrop: [String] = []
    /// `no-new-privileges`, `seccomp=…`.
    public var securityOptions: [String] = []
    /// Whether the root file system is read-only.
    public var isRootReadOnly = false
    /// In-memory file systems: options by path.
    public var tmpfs: [String: String] = [:]
    /// Limit of processes; 0 means none.
    public var pidsLimit: Int64 = 0
    /// Limits of the shell's `ulimit`.
    public var ulimits: [DockerUlimit] = []
    /// Whether a small init reaps orphans as PID 1; `nil` means the engine's default.
    public var usesInit: Bool?
    /// Where logs go; `nil` means the engine's default.
    public var logging: DockerLogConfiguration?
    /// Addresses of the resolvers that Docker asks for names that no container has; empty means those of the host.
    public var resolvers: [String] = []
    /// Options of the resolver, as in resolv.conf: `ndots:1`.
    public var resolverOptions: [String] = []
    /// Domains in which names are looked up; empty means those of the host, `.` none.
    public var searchDomains: [String] = []
    /// `name:address` for /etc/hosts.
    public var extraHosts: [String] = []
    /// Further groups of the process.
    public var additionalGroups: [String] = []
    /// Whose processes it sees: `host`, `container:…`; `nil` means its own. The three below likewise.
    public var processNamespace: String?
    /// Whose shared memory it has: also `private`, `shareable`.
    public var sharedMemoryNamespace: String?
    /// Whose host name it has.
    public var nameNamespace: String?
    /// Whose user IDs it has.
    public var userNamespace: String?
    /// Devices of the host.
    public var devices: [DockerDevice] = []
    /// Whether it has every right on the host.
    public var isPrivileged = false
    /// Whether the engine removes it when it ends.
    public var removesItself = false
    /// Preference of the kernel's OOM killer, -1000…1000.
    public var oomScoreAdjustment = 0

    /// Makes a configuration with Docker's defaults.
    public init() {}
}

extension DockerHostConfiguration: Codable {
    enum CodingKeys: String, CodingKey {
        case binds = "Binds", mounts = "Mounts", networkMode = "NetworkMode", portBindings = "PortBindings"
        case restartPolicy = "RestartPolicy", memoryBytes = "Memory", memorySwapBytes = "MemorySwap"
        case memoryReservationBytes = "MemoryReservation", nanoCPUs = "NanoCpus", cpuShares = "CpuShares"
        case shmSizeBytes = "ShmSize", capAdd = "CapAdd", capDrop = "CapDrop", securityOptions = "SecurityOpt"
        case isRootReadOnly = "ReadonlyRootfs", tmpfs = "Tmpfs", pidsLimit = "PidsLimit", ulimits = "Ulimits"
        case processNamespace = "PidMode", sharedMemoryNamespace = "IpcMode", nameNamespace = "UTSMode"
        case userNamespace = "UsernsMode", devices = "Devices"
        case resolvers = "Dns", resolverOptions = "DnsOptions", searchDomains = "DnsSearch"
        case usesInit = "Init", logging = "LogConfig", extraHosts = "ExtraHosts", additionalGroups = "GroupAdd"
        case isPrivileged = "Privileged", removesItself = "AutoRemove", oomScoreAdjustment = "OomScoreAdj"
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        binds = try values.value(.binds, or: [])
        mounts = try values.value(.mounts, or: [])
        networkMode = try values.value(.networkMode, or: "default")
        portBindings = try values.value(.portBindings, or: [String: [DockerPortBinding]?]()).mapValues { $0 ?? [] }
        restartPolicy = try values.value(.restartPolicy, or: .no)
        memoryBytes = try values.value(.memoryBytes, or: 0)
        memorySwapBytes = try values.value(.memorySwapBytes, or: 0)
        memoryReservationBytes = try values.value(.memoryReservationBytes, or: 0)
        nanoCPUs = try values.value(.nanoCPUs, or: 0)
        cpuShares = try values.value(.cpuShares, or: 0)
        shmSizeBytes = try values.value(.shmSizeBytes, or: 0)
        capAdd = try values.value(.capAdd, or: [])
        capDrop = try values.value(.capDrop, or: [])
        securityOptions = try values.value(.securityOptions, or: [])
        isRootReadOnly = try values.value(.isRootReadOnly, or: false)
        tmpfs = try values.value(.tmpfs, or: [:])
        pidsLimit = try values.value(.pidsLimit, or: 0)
        ulimits = try values.value(.ulimits, or: [])
        usesInit = try values.decodeIfPresent(Bool.self, forKey: .usesInit)
        logging = try values.decodeIfPresent(DockerLogConfiguration.self, forKey: .logging)
        resolvers = try values.value(.resolvers, or: [])
        resolverOptions = try values.value(.resolverOptions, or: [])
        searchDomains = try values.value(.searchDomains, or: [])
        extraHosts = try values.value(.extraHosts, or: [])
        additionalGroups = try values.value(.additionalGroups, or: [])
        func namespace(_ key: CodingKeys) throws -> String? {
            let text = try values.value(key, or: "")
            return text.isEmpty ? nil : text
        }
        processNamespace = try namespace(.processNamespace)
        sharedMemoryNamespace = try namespace(.sharedMemoryNamespace)
        nameNamespace = try namespace(.nameNamespace)
        userNamespace = try namespace(.userNamespace)
        devices = try values.value(.devices, or: [])
        isPrivileged = try values.value(.isPrivileged, or: false)
        removesItself = try values.value(.removesItself, or: false)
        oomScoreAdjustment = try values.value(.oomScoreAdjustment, or: 0)
    }
}
