/// A command to run in a running container.
public struct DockerExecConfiguration: Sendable, Hashable, Encodable {
    /// Program and arguments; no shell in between.
    public var command: [String]
    /// `NAME=value`, in addition to the container's.
    public var environment: [String]
    /// The user; empty means the container's.
    public var user: String
    /// The working directory; empty means the container's.
    public var workingDirectory: String
    /// Whether it has every right on the host.
    public var isPrivileged: Bool
    /// Whether it has a standard input, which is empty otherwise; it ends when the connection of the caller ends, and never
    /// before.
    public var takesInput: Bool

    /// Makes a configuration.
    public init(
        command: [String], environment: [String] = [], user: String = "", workingDirectory: String = "",
        isPrivileged: Bool = false, takesInput: Bool = false
    ) {
        self.command = command
        self.environment = environment
        self.user = user
        self.workingDirectory = workingDirectory
        self.isPrivileged = isPrivileged
        self.takesInput = takesInput
    }

    enum CodingKeys: String, CodingKey {
        case command = "Cmd", environment = "Env", user = "User", workingDirectory = "WorkingDir"
        case isPrivileged = "Privileged", attachOutput = "AttachStdout", attachError = "AttachStderr"
        case attachInput = "AttachStdin"
    }

    /// Writes Docker's JSON, both outputs attached, and the input where there is one.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(command, forKey: .command)
        try values.encode(environment, forKey: .environment)
        try values.encode(user, forKey: .user)
        try values.encode(workingDirectory, forKey: .workingDirectory)
        try values.encode(isPrivileged, forKey: .isPrivileged)
        try values.encode(true, forKey: .attachOutput)
        try values.encode(true, forKey: .attachError)
        try values.encode(takesInput, forKey: .attachInput)
    }
}

/// A command in a container: `GET /exec/{id}/json`.
public struct DockerExec: Sendable, Hashable {
    /// Its ID.
    public let id: String
    /// The container's ID.
    public let containerID: String
    /// Whether it still runs.
    public let isRunning: Bool
    /// How it ended; `nil` while it runs or was not started. 126 and 127: the program could not be started.
    public let exitCode: Int?
    /// The process on the engine's host; 0 when there is none.
    public let processID: Int
    /// The program and its arguments.
    public let command: [String]
}

extension DockerExec: Decodable {
    enum CodingKeys: String, CodingKey {
        case id = "ID", containerID = "ContainerID", isRunning = "Running", exitCode = "ExitCode", processID = "Pid"
        case process = "ProcessConfig"
    }

    private struct Process: Decodable {
        let entrypoint: String?
        let arguments: [String]?
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        containerID = try values.value(.containerID, or: "")
        isRunning = try values.decode(Bool.self, forKey: .isRunning)
        exitCode = try values.decodeIfPresent(Int.self, forKey: .exitCode)
        processID = try values.value(.processID, or: 0)
        let process = try values.decodeIfPresent(Process.self, forKey: .process)
        command = (process?.entrypoint.map { [$0] } ?? []) + (process?.arguments ?? [])
    }
}

/// What a command that ended left behind.
public struct DockerExecResult: Sendable, Hashable {
    /// How it ended; 126 and 127 also mean that the program could not be started.
    public let exitCode: Int
    /// What it wrote to standard output, up to the bound.
    public let standardOutput: [UInt8]
    /// What it wrote to standard error, up to the bound.
    public let standardError: [UInt8]
    /// Whether it wrote more than was kept.
    public let isTruncated: Bool

    /// Standard output as text.
    public var text: String { String(decoding: standardOutput, as: UTF8.self) }
    /// Standard error as text.
    public var errorText: String { String(decoding: standardError, as: UTF8.self) }
}
