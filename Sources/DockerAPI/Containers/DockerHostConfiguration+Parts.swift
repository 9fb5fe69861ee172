extension DockerHostConfiguration {
    /// Whether names without a dot stay in Docker. Its resolver asks the host's for a name that no container has, unless `ndots` is set
    /// and the name has no dot (libnetwork, `resolver.go`); a search domain would give it one.
    public var keepsPlainNames: Bool {
        resolverOptions.contains { $0.hasPrefix("ndots:") } && searchDomains == ["."]
    }

    /// Keeps names without a dot in Docker.
    public mutating func keepPlainNames() {
        resolverOptions = ["ndots:1"]
        searchDomains = ["."]
    }
}

/// A published port's place on the host.
public struct DockerPortBinding: Sendable, Hashable {
    /// The address it listens on; empty means all.
    public var hostAddress: String
    /// The port; empty means that the engine chooses one.
    public var hostPort: String

    /// Makes a binding.
    public init(hostAddress: String, hostPort: String) {
        self.hostAddress = hostAddress
        self.hostPort = hostPort
    }
}

extension DockerPortBinding: Codable {
    enum CodingKeys: String, CodingKey { case hostAddress = "HostIp", hostPort = "HostPort" }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        hostAddress = try values.value(.hostAddress, or: "")
        hostPort = try values.value(.hostPort, or: "")
    }
}

/// What the engine does when a container's process ends.
public struct DockerRestartPolicy: Sendable, Hashable {
    /// `no`, `always`, `unless-stopped`, `on-failure`.
    public var name: String
    /// Attempts of `on-failure`; 0 means without end.
    public var maximumRetryCount: Int

    /// The engine leaves it stopped.
    public static let no = DockerRestartPolicy(name: "no")
    /// The engine starts it again, and at its own start unless it was stopped by hand.
    public static let unlessStopped = DockerRestartPolicy(name: "unless-stopped")

    /// Makes a policy.
    public init(name: String, maximumRetryCount: Int = 0) {
        self.name = name
        self.maximumRetryCount = maximumRetryCount
    }
}

extension DockerRestartPolicy: Codable {
    enum CodingKeys: String, CodingKey { case name = "Name", maximumRetryCount = "MaximumRetryCount" }

    /// Decodes Docker's JSON; an empty name is written for `no`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let given = try values.value(.name, or: "")
        name = given.isEmpty ? "no" : given
        maximumRetryCount = try values.value(.maximumRetryCount, or: 0)
    }
}

/// A mount in the longer form.
public struct DockerMountConfiguration: Sendable, Hashable {
    /// `volume`, `bind`, `tmpfs`.
    public var type: String
    /// The volume's name or the host's path.
    public var source: String
    /// The path inside.
    public var target: String
    /// Whether it is read-only.
    public var isReadOnly: Bool
    /// Labels for a volume that does not exist yet: Docker makes it together with the container
    /// (`VolumeOptions.Labels`). An existing one keeps its own.
    public var volumeLabels: [String: String]
    /// Whether an empty volume stays empty, where Docker would fill it with what the image has at `target`.
    public var staysEmpty: Bool

    /// Makes a mount.
    public init(
        type: String = "volume", source: String, target: String, isReadOnly: Bool = false,
        volumeLabels: [String: String] = [:], staysEmpty: Bool = false
    ) {
        self.type = type
        self.source = source
        self.target = target
        self.isReadOnly = isReadOnly
        self.volumeLabels = volumeLabels
        self.staysEmpty = staysEmpty
    }
}

extension DockerMountConfiguration: Codable {
    enum CodingKeys: String, CodingKey {
        case type = "Type", source = "Source", target = "Target", isReadOnly = "ReadOnly", options = "VolumeOptions"
    }
    private struct VolumeOptions: Codable {
        var Labels: [String: String]?
        var NoCopy: Bool?
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        type = try values.value(.type, or: "")
        source = try values.value(.source, or: "")
        target = try values.value(.target, or: "")
        isReadOnly = try values.value(.isReadOnly, or: false)
        let options = try values.decodeIfPresent(VolumeOptions.self, forKey: .options)
        volumeLabels = options?.Labels ?? [:]
        staysEmpty = options?.NoCopy ?? false
    }

    /// Encodes Docker's JSON.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(type, forKey: .type)
        try values.encode(source, forKey: .source)
        try values.encode(target, forKey: .target)
        try values.encode(isReadOnly, forKey: .isReadOnly)
        guard !volumeLabels.isEmpty || staysEmpty else { return }
        try values.encode(
            VolumeOptions(Labels: volumeLabels.isEmpty ? nil : volumeLabels, NoCopy: staysEmpty ? true : nil),
            forKey: .options)
    }
}

/// A limit of the shell's `ulimit`.
public struct DockerUlimit: Sendable, Hashable, Codable {
    /// `nofile`, `core`, `memlock`.
    public var name: String
    /// What the process gets.
    public var soft: Int64
    /// What it may raise it to.
    public var hard: Int64

    /// Makes a limit.
    public init(name: String, soft: Int64, hard: Int64) {
        self.name = name
        self.soft = soft
        self.hard = hard
    }

    enum CodingKeys: String, CodingKey { case name = "Name", soft = "Soft", hard = "Hard" }
}

/// A device of the host that a container has.
public struct DockerDevice: Sendable, Hashable {
    /// Its path on the host.
    public var hostPath: String
}

extension DockerDevice: Codable {
    enum CodingKeys: String, CodingKey { case hostPath = "PathOnHost" }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        hostPath = try decoder.container(keyedBy: CodingKeys.self).value(.hostPath, or: "")
    }
}

/// Where a container's logs go.
public struct DockerLogConfiguration: Sendable, Hashable {
    /// `json-file`, `local`, `none`.
    public var type: String
    /// The driver's options: `max-size`, `max-file`.
    public var options: [String: String]

    /// Makes a configuration.
    public init(type: String, options: [String: String] = [:]) {
        self.type = type
        self.options = options
    }
}

extension DockerLogConfiguration: Codable {
    enum CodingKeys: String, CodingKey { case type = "Type", options = "Config" }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        type = try values.value(.type, or: "")
        options = try values.value(.options, or: [:])
    }
}
