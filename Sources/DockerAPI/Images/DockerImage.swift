/// An image in full: `GET /images/{reference}/json`.
public struct DockerImage: Sendable, Hashable {
    /// The ID, `sha256:…`: the content itself.
    public let id: String
    /// References that mean it, `postgres:18`.
    public let tags: [String]
    /// References by the digest of a registry.
    public let digests: [String]
    /// When it was made.
    public let created: DockerTime?
    /// `amd64`, `arm64`.
    public let architecture: String
    /// All its layers together, in bytes.
    public let sizeBytes: Int64
    /// Labels.
    public let labels: [String: String]
    /// `NAME=value`.
    public let environment: [String]
    /// The command.
    public let command: [String]
    /// The entry point.
    public let entrypoint: [String]
    /// The user.
    public let user: String
    /// The working directory.
    public let workingDirectory: String
    /// Paths that get an anonymous volume where nothing is mounted.
    public let volumes: [String]
}

extension DockerImage: Decodable {
    enum CodingKeys: String, CodingKey {
        case id = "Id", tags = "RepoTags", digests = "RepoDigests", created = "Created", architecture = "Architecture"
        case sizeBytes = "Size", configuration = "Config"
    }

    private struct Configuration: Decodable {
        var Labels: [String: String]?
        var Env: [String]?
        var Cmd: [String]?
        var Entrypoint: [String]?
        var User: String?
        var WorkingDir: String?
        var Volumes: [String: EmptyObject]?
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        tags = try values.value(.tags, or: [])
        digests = try values.value(.digests, or: [])
        created = DockerTime(try values.value(.created, or: ""))
        architecture = try values.value(.architecture, or: "")
        sizeBytes = try values.value(.sizeBytes, or: 0)
        let configuration = try values.decodeIfPresent(Configuration.self, forKey: .configuration)
        labels = configuration?.Labels ?? [:]
        environment = configuration?.Env ?? []
        command = configuration?.Cmd ?? []
        entrypoint = configuration?.Entrypoint ?? []
        user = configuration?.User ?? ""
        workingDirectory = configuration?.WorkingDir ?? ""
        volumes = (configuration?.Volumes ?? [:]).keys.sorted()
    }
}

/// An image in a list: `GET /images/json`.
public struct DockerImageSummary: Sendable, Hashable {
    /// The ID, `sha256:…`.
    public let id: String
    /// References that mean it.
    public let tags: [String]
    /// Labels.
    public let labels: [String: String]
    /// All its layers together, in bytes.
    public let sizeBytes: Int64
    /// When it was made, in seconds since 1970.
    public let createdSeconds: Int64
}

extension DockerImageSummary: Decodable {
    enum CodingKeys: String, CodingKey {
        case id = "Id", tags = "RepoTags", labels = "Labels", sizeBytes = "Size", created = "Created"
    }

    /// Decodes Docker's JSON; 20.10 writes `<none>:<none>` where newer engines have an empty list.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        tags = try values.value(.tags, or: [String]()).filter { $0 != "<none>:<none>" }
        labels = try values.value(.labels, or: [:])
        sizeBytes = try values.value(.sizeBytes, or: 0)
        createdSeconds = try values.value(.created, or: 0)
    }
}
