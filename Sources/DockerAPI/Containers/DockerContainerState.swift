/// Whether and how a container's process lives.
public struct DockerContainerState: Sendable, Hashable {
    /// The engine's one word.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// Made, never started.
        case created
        /// Its process lives; also while it is paused, on the flags alone.
        case running
        /// Frozen; its network stack still answers.
        case paused
        /// Ended, about to be started by its restart policy.
        case restarting
        /// Being removed.
        case removing
        /// Ended.
        case exited
        /// A removal failed half-way.
        case dead
        /// A word this client does not know.
        case unknown
    }

    /// The engine's one word.
    public let status: Status
    /// Whether the engine believes that the process lives; true for a paused one, too.
    public let isRunning: Bool
    /// Whether it is frozen.
    public let isPaused: Bool
    /// Whether its restart policy is about to start it.
    public let isRestarting: Bool
    /// Whether the kernel's OOM killer ended it. A killed child process does not set this.
    public let isOOMKilled: Bool
    /// Whether a removal failed half-way.
    public let isDead: Bool
    /// The process on the engine's host; 0 when there is none.
    public let processID: Int
    /// How it ended; 255 also stands for "the engine does not know".
    public let exitCode: Int
    /// Why it could not be started; empty otherwise.
    public let error: String
    /// When it was last started; `nil` if never. With the ID it names one life of the container.
    public let startedAt: DockerTime?
    /// When it last ended; `nil` if never.
    public let finishedAt: DockerTime?
    /// What Docker's own health check says: `starting`, `healthy`, `unhealthy`; `nil` if there is none.
    public let health: String?
}

extension DockerContainerState: Decodable {
    enum CodingKeys: String, CodingKey {
        case status = "Status", isRunning = "Running", isPaused = "Paused", isRestarting = "Restarting"
        case isOOMKilled = "OOMKilled", isDead = "Dead", processID = "Pid", exitCode = "ExitCode", error = "Error"
        case startedAt = "StartedAt", finishedAt = "FinishedAt", health = "Health"
    }

    private struct Health: Decodable {
        var status: String?
        enum CodingKeys: String, CodingKey { case status = "Status" }
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        status = Status(rawValue: try values.value(.status, or: "")) ?? .unknown
        isRunning = try values.decode(Bool.self, forKey: .isRunning)
        isPaused = try values.value(.isPaused, or: false)
        isRestarting = try values.value(.isRestarting, or: false)
        isOOMKilled = try values.value(.isOOMKilled, or: false)
        isDead = try values.value(.isDead, or: false)
        processID = try values.value(.processID, or: 0)
        exitCode = try values.value(.exitCode, or: 0)
        error = try values.value(.error, or: "")
        startedAt = DockerTime(try values.value(.startedAt, or: ""))
        finishedAt = DockerTime(try values.value(.finishedAt, or: ""))
        health = try values.decodeIfPresent(Health.self, forKey: .health)?.status.flatMap { $0 == "none" ? nil : $0 }
    }
}
