/// `GET /info`: the engine and its host.
public struct DockerEngineInformation: Sendable, Hashable {
    /// The engine's own ID; stays the same over restarts.
    public let id: String
    /// The host's name.
    public let name: String
    /// The engine's version, `20.10.24+dfsg1`.
    public let serverVersion: String
    /// The host's operating system, for a person.
    public let operatingSystem: String
    /// The host's kernel.
    public let kernelVersion: String
    /// `x86_64`, `aarch64`.
    public let architecture: String
    /// The storage driver, `overlay2`.
    public let storageDriver: String
    /// Where the engine keeps its data, on its host.
    public let rootDirectory: String
    /// `1` or `2`.
    public let cgroupVersion: String
    /// CPUs of the host.
    public let cpuCount: Int
    /// Memory of the host, in bytes.
    public let memoryBytes: Int64
    /// Containers, whatever their state.
    public let containerCount: Int
    /// Containers that run.
    public let runningCount: Int
    /// What isolates containers, `name=seccomp,profile=default`, `name=rootless`, `name=userns`.
    public let securityOptions: [String]
    /// What the engine complains about.
    public let warnings: [String]
}

extension DockerEngineInformation: Decodable {
    enum CodingKeys: String, CodingKey {
        case id = "ID", name = "Name", serverVersion = "ServerVersion", operatingSystem = "OperatingSystem"
        case kernelVersion = "KernelVersion", architecture = "Architecture", storageDriver = "Driver"
        case rootDirectory = "DockerRootDir", cgroupVersion = "CgroupVersion", cpuCount = "NCPU"
        case memoryBytes = "MemTotal", containerCount = "Containers", runningCount = "ContainersRunning"
        case securityOptions = "SecurityOptions", warnings = "Warnings"
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        name = try values.value(.name, or: "")
        serverVersion = try values.value(.serverVersion, or: "")
        operatingSystem = try values.value(.operatingSystem, or: "")
        kernelVersion = try values.value(.kernelVersion, or: "")
        architecture = try values.value(.architecture, or: "")
        storageDriver = try values.value(.storageDriver, or: "")
        rootDirectory = try values.value(.rootDirectory, or: "")
        cgroupVersion = try values.value(.cgroupVersion, or: "1")
        cpuCount = try values.value(.cpuCount, or: 0)
        memoryBytes = try values.value(.memoryBytes, or: 0)
        containerCount = try values.value(.containerCount, or: 0)
        runningCount = try values.value(.runningCount, or: 0)
        securityOptions = try values.value(.securityOptions, or: [])
        warnings = try values.value(.warnings, or: [])
    }
}
