/// What can change in a container without making it anew; `nil` leaves a value as it is.
public struct DockerContainerUpdate: Sendable, Hashable, Encodable {
    /// Memory limit in bytes. Raising it beyond `memorySwapBytes` needs that one raised in the same update.
    public var memoryBytes: Int64?
    /// Memory and swap together, in bytes; -1 means unlimited swap.
    public var memorySwapBytes: Int64?
    /// CPUs in billionths.
    public var nanoCPUs: Int64?
    /// Relative weight.
    public var cpuShares: Int64?
    /// Limit of processes; -1 means none.
    public var pidsLimit: Int64?
    /// What the engine does when the process ends.
    public var restartPolicy: DockerRestartPolicy?

    /// Makes an update that changes nothing yet.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case memoryBytes = "Memory", memorySwapBytes = "MemorySwap", nanoCPUs = "NanoCpus", cpuShares = "CpuShares"
        case pidsLimit = "PidsLimit", restartPolicy = "RestartPolicy"
    }
}
