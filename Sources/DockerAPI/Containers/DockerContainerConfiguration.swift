/// The part of a container that does not depend on its host; the same value creates and is inspected.
public struct DockerContainerConfiguration: Sendable, Hashable {
    /// The image, as it was asked for.
    public var image: String
    /// The command; `nil` means the image's.
    public var command: [String]?
    /// The entry point; `nil` means the image's.
    public var entrypoint: [String]?
    /// `NAME=value`; an inspected container also has the image's.
    public var environment: [String]
    /// `name`, `uid`, `uid:gid`; empty means the image's.
    public var user: String
    /// The host's name inside; empty means the container's short ID.
    public var hostname: String
    /// The working directory; empty means the image's.
    public var workingDirectory: String
    /// Labels; an inspected container also has the image's.
    public var labels: [String: String]
    /// Ports the container listens on, `5432/tcp`; needed in addition to their bindings.
    public var exposedPorts: [String]
    /// The signal that stops it; `nil` means the image's, or SIGTERM.
    public var stopSignal: String?
    /// Seconds until a stop becomes a kill; `nil` means 10.
    public var stopTimeoutSeconds: Int?
    /// Whether it has a terminal; its logs are then no frames.
    public var hasTerminal: Bool
    /// Docker's own health check; `nil` means the image's.
    public var healthcheck: DockerHealthcheck?
    /// Whether the process has a standard input, which ends with the first connection that is attached to it.
    public var hasInput: Bool

    /// Makes a configuration.
    public init(
        image: String, command: [String]? = nil, entrypoint: [String]? = nil, environment: [String] = [],
        user: String = "", hostname: String = "", workingDirectory: String = "", labels: [String: String] = [:],
        exposedPorts: [String] = [], stopSignal: String? = nil, stopTimeoutSeconds: Int? = nil,
        hasTerminal: Bool = false, healthcheck: DockerHealthcheck? = nil, hasInput: Bool = false
    ) {
        self.image = image
        self.command = command
        self.entrypoint = entrypoint
        self.environment = environment
        self.user = user
        self.hostname = hostname
        self.workingDirectory = workingDirectory
        self.labels = labels
        self.exposedPorts = exposedPorts
        self.stopSignal = stopSignal
        self.stopTimeoutSeconds = stopTimeoutSeconds
        self.hasTerminal = hasTerminal
        self.healthcheck = healthcheck
        self.hasInput = hasInput
    }
}

/// Docker's own health check.
public struct DockerHealthcheck: Sendable, Hashable, Codable {
    /// `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", …]`.
    public var test: [String]
    /// Nanoseconds between checks; 0 means the default.
    public var intervalNanoseconds: Int64?
    /// Nanoseconds one check may take.
    public var timeoutNanoseconds: Int64?
    /// Failures in a row that make it unhealthy.
    public var retries: Int?

    /// No health check, whatever the image says.
    public static let none = DockerHealthcheck(test: ["NONE"])

    /// Makes a check with Docker's default times.
    public init(test: [String]) { self.test = test }

    enum CodingKeys: String, CodingKey {
        case test = "Test", intervalNanoseconds = "Interval", timeoutNanoseconds = "Timeout", retries = "Retries"
    }
}

extension DockerContainerConfiguration: Codable {
    enum CodingKeys: String, CodingKey {
        case image = "Image", command = "Cmd", entrypoint = "Entrypoint", environment = "Env", user = "User"
        case hostname = "Hostname", workingDirectory = "WorkingDir", labels = "Labels", exposedPorts = "ExposedPorts"
        case stopSignal = "StopSignal", stopTimeoutSeconds = "StopTimeout", hasTerminal = "Tty"
        case healthcheck = "Healthcheck", hasInput = "OpenStdin", attachesInput = "AttachStdin"
        case inputEnds = "StdinOnce"
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        image = try values.value(.image, or: "")
        command = try values.decodeIfPresent([String].self, forKey: .command)
        entrypoint = try values.decodeIfPresent([String].self, forKey: .entrypoint)
        environment = try values.value(.environment, or: [])
        user = try values.value(.user, or: "")
        hostname = try values.value(.hostname, or: "")
        workingDirectory = try values.value(.workingDirectory, or: "")
        labels = try values.value(.labels, or: [:])
        exposedPorts = try values.value(.exposedPorts, or: [String: EmptyObject]()).keys.sorted()
        stopSignal = try values.decodeIfPresent(String.self, forKey: .stopSignal)
        stopTimeoutSeconds = try values.decodeIfPresent(Int.self, forKey: .stopTimeoutSeconds)
        hasTerminal = try values.value(.hasTerminal, or: false)
        healthcheck = try? values.decodeIfPresent(DockerHealthcheck.self, forKey: .healthcheck)
        hasInput = try values.value(.hasInput, or: false)
    }

    /// Writes Docker's JSON.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(image, forKey: .image)
        try values.encodeIfPresent(command, forKey: .command)
        try values.encodeIfPresent(entrypoint, forKey: .entrypoint)
        try values.encode(environment, forKey: .environment)
        try values.encode(user, forKey: .user)
        try values.encode(hostname, forKey: .hostname)
        try values.encode(workingDirectory, forKey: .workingDirectory)
        try values.encode(labels, forKey: .labels)
        let ports = Dictionary(exposedPorts.map { ($0, EmptyObject()) }) { one, _ in one }
        try values.encode(ports, forKey: .exposedPorts)
        try values.encodeIfPresent(stopSignal, forKey: .stopSignal)
        try values.encodeIfPresent(stopTimeoutSeconds, forKey: .stopTimeoutSeconds)
        try values.encode(hasTerminal, forKey: .hasTerminal)
        try values.encodeIfPresent(healthcheck, forKey: .healthcheck)
        guard hasInput else { return }
        try values.encode(true, forKey: .hasInput)
        try values.encode(true, forKey: .attachesInput)
        try values.encode(true, forKey: .inputEnds)
    }
}

/// Go's `struct{}`.
struct EmptyObject: Codable {}
