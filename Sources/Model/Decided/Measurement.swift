/// How long something took on this cluster, in seconds: what a plan may promise the next time.
public struct Measurement: Sendable, Hashable, Codable {
    /// What was measured.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// From the death of the primary to the first write that was proven.
        case failover
        /// From the request to hand over to the first write that was proven on the new primary.
        case switchover
        /// For how long the poolers' clients were paused for a switchover, up to the first write that was proven.
        case clientPause = "held"
        /// From the restart of PostgreSQL on the primary to the first write that was proven.
        case primaryRestart
        /// From the restart of PostgreSQL on a replica until it streams again.
        case replicaRestart
        /// From the stop of a replica's container until the new one streams on the old volume.
        case replicaRenewal
        /// From the creation of a new replica until it streams.
        case newReplica
    }
    /// What was measured.
    public var kind: Kind
    /// How long it took.
    public var seconds: Double
    /// A measurement.
    public init(_ kind: Kind, seconds: Double) {
        self.kind = kind
        self.seconds = seconds
    }
}
