/// A volume: `GET /volumes`, `GET /volumes/{name}`.
public struct DockerVolume: Sendable, Hashable {
    /// The name, which is its only identity: a volume has no ID.
    public let name: String
    /// `local`.
    public let driver: String
    /// Its directory on the engine's host.
    public let mountPoint: String
    /// When it was made, to the second: with the name it tells a volume from its successor.
    public let created: DockerTime?
    /// Labels, those it was first made with.
    public let labels: [String: String]
    /// The driver's options.
    public let options: [String: String]
}

extension DockerVolume: Decodable {
    enum CodingKeys: String, CodingKey {
        case name = "Name", driver = "Driver", mountPoint = "Mountpoint", created = "CreatedAt", labels = "Labels"
        case options = "Options"
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        driver = try values.value(.driver, or: "")
        mountPoint = try values.value(.mountPoint, or: "")
        created = DockerTime(try values.value(.created, or: ""))
        labels = try values.value(.labels, or: [:])
        options = try values.value(.options, or: [:])
    }
}

/// What a volume is made of: the body of `POST /volumes/create`.
public struct DockerVolumeConfiguration: Sendable, Hashable, Encodable {
    /// The name.
    public var name: String
    /// The driver.
    public var driver: String
    /// Labels.
    public var labels: [String: String]
    /// The driver's options.
    public var options: [String: String]

    /// Makes a configuration.
    public init(
        name: String, driver: String = "local", labels: [String: String] = [:], options: [String: String] = [:]
    ) {
        self.name = name
        self.driver = driver
        self.labels = labels
        self.options = options
    }

    enum CodingKeys: String, CodingKey {
        case name = "Name", driver = "Driver", labels = "Labels", options = "DriverOpts"
    }
}
