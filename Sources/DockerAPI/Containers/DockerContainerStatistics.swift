import HTTPTransport

/// What a container uses at one moment: `GET /containers/{id}/stats?stream=false&one-shot=true`.
public struct DockerContainerStatistics: Sendable, Hashable {
    /// When it was read; `nil` if the container does not run.
    public let read: DockerTime?
    /// CPU time since its start, in nanoseconds.
    public let cpuNanoseconds: UInt64
    /// Memory in use, caches included, in bytes.
    public let memoryBytes: UInt64
    /// File pages that the kernel can give back, in bytes; part of `memoryBytes`.
    public let inactiveFileBytes: UInt64
    /// The limit, or the host's memory, in bytes.
    public let memoryLimitBytes: UInt64
    /// Processes and threads.
    public let processCount: UInt64
}

extension DockerContainerStatistics: Decodable {
    private enum CodingKeys: String, CodingKey {
        case read, cpu = "cpu_stats", memory = "memory_stats", processes = "pids_stats"
    }
    private struct CPU: Decodable {
        struct Usage: Decodable { let total_usage: UInt64? }
        let cpu_usage: Usage?
    }
    private struct Memory: Decodable {
        let usage: UInt64?
        let limit: UInt64?
        let stats: [String: UInt64]?
    }
    private struct Processes: Decodable { let current: UInt64? }

    /// Decodes Docker's JSON, of cgroup v1 (`total_inactive_file`) and v2 (`inactive_file`).
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        read = DockerTime(try values.value(.read, or: ""))
        cpuNanoseconds = try values.decodeIfPresent(CPU.self, forKey: .cpu)?.cpu_usage?.total_usage ?? 0
        let memory = try values.decodeIfPresent(Memory.self, forKey: .memory)
        memoryBytes = memory?.usage ?? 0
        memoryLimitBytes = memory?.limit ?? 0
        inactiveFileBytes = memory?.stats?["total_inactive_file"] ?? memory?.stats?["inactive_file"] ?? 0
        processCount = try values.decodeIfPresent(Processes.self, forKey: .processes)?.current ?? 0
    }
}

/// A container's processes: `GET /containers/{id}/top`.
public struct DockerProcessTable: Sendable, Hashable {
    /// Column titles of the host's `ps`.
    public let titles: [String]
    /// One row for each process, one text for each title.
    public let rows: [[String]]
}

extension DockerProcessTable: Decodable {
    enum CodingKeys: String, CodingKey { case titles = "Titles", rows = "Processes" }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        titles = try values.value(.titles, or: [])
        rows = try values.value(.rows, or: [])
    }
}

extension DockerEngine {
    /// What a container uses now.
    public func statistics(
        _ reference: String, deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> DockerContainerStatistics {
        let query: [(name: String, value: String?)] = [("stream", "false"), ("one-shot", "true")]
        return try await fetch(call(.get, reference, "stats", query: query, to: "measure", deadline: deadline))
    }

    /// A container's processes, seen from the host.
    /// - Parameter arguments: options of `ps`, which must leave the PID column in.
    /// - Throws: `.notRunning`.
    public func processes(
        _ reference: String, arguments: String = "-ef", deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> DockerProcessTable {
        let query: [(name: String, value: String?)] = [("ps_args", arguments)]
        return try await fetch(call(.get, reference, "top", query: query, to: "list processes of", deadline: deadline))
    }
}
