/// A container in a list: `GET /containers/json`.
public struct DockerContainerSummary: Sendable, Hashable {
    /// The ID.
    public let id: String
    /// Its names without the slash in front; the first is the container's own, others come from links.
    public let names: [String]
    /// The image reference it was made of; an ID if the reference now means another image.
    public let image: String
    /// The image's ID.
    public let imageID: String
    /// When it was made, in seconds since 1970.
    public let createdSeconds: Int64
    /// The engine's one word.
    public let status: DockerContainerState.Status
    /// The state in words for a person: `Up 2 minutes (Paused)`.
    public let statusText: String
    /// Its labels, those of its image among them.
    public var labels: [String: String]
    /// Its endpoints by network name.
    public let networks: [String: DockerEndpoint]
    /// What is mounted.
    public let mounts: [DockerMount]

    /// The container's own name.
    public var name: String { names.first { !$0.contains("/") } ?? names.first ?? "" }
}

extension DockerContainerSummary: Decodable {
    enum CodingKeys: String, CodingKey {
        case id = "Id", names = "Names", image = "Image", imageID = "ImageID", created = "Created", state = "State"
        case statusText = "Status", labels = "Labels", networkSettings = "NetworkSettings", mounts = "Mounts"
    }

    private struct NetworkSettings: Decodable {
        var networks: [String: DockerEndpoint?]?
        enum CodingKeys: String, CodingKey { case networks = "Networks" }
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        names = try values.value(.names, or: [String]()).map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
        image = try values.value(.image, or: "")
        imageID = try values.value(.imageID, or: "")
        createdSeconds = try values.value(.created, or: 0)
        status = DockerContainerState.Status(rawValue: try values.value(.state, or: "")) ?? .unknown
        statusText = try values.value(.statusText, or: "")
        labels = try values.value(.labels, or: [:])
        let network = try values.decodeIfPresent(NetworkSettings.self, forKey: .networkSettings)
        networks = network?.networks?.compactMapValues { $0 } ?? [:]
        mounts = try values.value(.mounts, or: [])
    }
}
