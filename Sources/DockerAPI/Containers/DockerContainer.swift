/// A container in full: `GET /containers/{id}/json`.
public struct DockerContainer: Sendable, Hashable {
    /// The ID.
    public let id: String
    /// The name, without the slash that Docker puts in front.
    public let name: String
    /// When it was made.
    public let created: DockerTime?
    /// The ID of the image it was made of; `configuration.image` is the reference that was asked for.
    public let imageID: String
    /// Whether and how its process lives.
    public let state: DockerContainerState
    /// How often its restart policy started it.
    public let restartCount: Int
    /// What it was asked to be.
    public var configuration: DockerContainerConfiguration
    /// What it was asked to be on its host.
    public let hostConfiguration: DockerHostConfiguration
    /// What is mounted.
    public let mounts: [DockerMount]
    /// Its endpoints by network name.
    public let networks: [String: DockerEndpoint]
    /// Published ports by container port, `5432/tcp`; empty unless it runs.
    public let ports: [String: [DockerPortBinding]]
    /// Commands that run in it.
    public let execIDs: [String]
}

extension DockerContainer: Decodable {
    enum CodingKeys: String, CodingKey {
        case id = "Id", name = "Name", created = "Created", imageID = "Image", state = "State"
        case restartCount = "RestartCount", configuration = "Config", hostConfiguration = "HostConfig"
        case mounts = "Mounts", networkSettings = "NetworkSettings", execIDs = "ExecIDs"
    }

    private struct NetworkSettings: Decodable {
        var networks: [String: DockerEndpoint?]?
        var ports: [String: [DockerPortBinding]?]?
        enum CodingKeys: String, CodingKey { case networks = "Networks", ports = "Ports" }
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        let slashed = try values.decode(String.self, forKey: .name)
        name = slashed.hasPrefix("/") ? String(slashed.dropFirst()) : slashed
        created = DockerTime(try values.value(.created, or: ""))
        imageID = try values.value(.imageID, or: "")
        state = try values.decode(DockerContainerState.self, forKey: .state)
        restartCount = try values.value(.restartCount, or: 0)
        configuration = try values.decode(DockerContainerConfiguration.self, forKey: .configuration)
        hostConfiguration = try values.value(.hostConfiguration, or: DockerHostConfiguration())
        mounts = try values.value(.mounts, or: [])
        let network = try values.decodeIfPresent(NetworkSettings.self, forKey: .networkSettings)
        networks = network?.networks?.compactMapValues { $0 } ?? [:]
        ports = network?.ports?.mapValues { $0 ?? [] } ?? [:]
        execIDs = try values.value(.execIDs, or: [])
    }
}

/// What is mounted in a container.
public struct DockerMount: Sendable, Hashable {
    /// `volume`, `bind`, `tmpfs`.
    public let type: String
    /// The volume's name; empty for other types. Sixty-four hexadecimal digits are an anonymous volume.
    public let name: String
    /// The path on the host.
    public let source: String
    /// The path inside.
    public let destination: String
    /// Whether it can be written.
    public let isWritable: Bool
}

extension DockerMount: Decodable {
    enum CodingKeys: String, CodingKey {
        case type = "Type", name = "Name", source = "Source", destination = "Destination", isWritable = "RW"
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        type = try values.value(.type, or: "")
        name = try values.value(.name, or: "")
        source = try values.value(.source, or: "")
        destination = try values.value(.destination, or: "")
        isWritable = try values.value(.isWritable, or: true)
    }
}
