import Model
import Supervisor

/// What the page's graphs show: one sample each 15 seconds, for four hours, in memory.
struct SampleHistory: Sendable, Encodable {
    /// Seconds between two samples.
    static let step: Int64 = 15
    /// How many samples are kept.
    static let length = 960

    /// When, in seconds since 1970.
    private(set) var seconds: [Int64] = []
    /// Bytes that each replica was behind; nil where that was not seen.
    private(set) var lag: [String: [Int64?]] = [:]
    /// Whether a primary took writes; nil where that was not seen.
    private(set) var writable: [Bool?] = []
    /// Connections of the poolers to the nodes; nil where no pooler was seen.
    private(set) var sessions: [Int?] = []

    /// One sample.
    struct Sample: Encodable, Sendable {
        var seconds: Int64
        var lag: [String: Int64]
        var writable: Bool?
        var sessions: Int?

        /// What a pass has seen.
        init(_ report: PassReport, _ status: StatusReport, at now: Moment) {
            seconds = now.wallMilliseconds / 1000
            let pairs = status.nodes.compactMap { node in node.lagBytes.map { (node.name, $0) } }
            lag = Dictionary(pairs) { first, _ in first }
            writable = Sample.isWritable(report.input.observation)
            let servers = status.poolers.compactMap(\.servers)
            sessions = servers.isEmpty ? nil : servers.reduce(0, +)
        }

        /// A primary takes writes where it leads and PostgreSQL itself says so; without a look at etcd nothing is known.
        private static func isWritable(_ observation: Observation) -> Bool? {
            guard case .present(let keys) = observation.dcs else { return nil }
            guard let leader = keys.leader?.node, let member = observation.member(leader).value else { return false }
            return member.role == .primary && member.state == .running
        }
    }

    /// Adds a sample, and forgets the oldest beyond the length.
    mutating func add(_ sample: Sample) {
        seconds.append(sample.seconds)
        writable.append(sample.writable)
        sessions.append(sample.sessions)
        for node in Set(lag.keys).union(sample.lag.keys) {
            let before = [Int64?](repeating: nil, count: seconds.count - 1)
            lag[node, default: before].append(sample.lag[node])
        }
        guard seconds.count > SampleHistory.length else { return }
        seconds.removeFirst()
        writable.removeFirst()
        sessions.removeFirst()
        for node in lag.keys { lag[node]?.removeFirst() }
        // a node that is not there any more
        lag = lag.filter { $0.value.contains { $0 != nil } }
    }
}
