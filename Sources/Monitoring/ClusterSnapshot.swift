public import Model
public import Supervisor

/// What metrics are made of, besides what PostgreSQL and the poolers are asked for: what the last pass saw and concluded, and
/// what was counted since the controller started.
public struct ClusterSnapshot: Sendable {
    /// The last pass.
    public var report: PassReport
    /// The same as `controller status` shows it.
    public var status: StatusReport
    /// What was counted.
    public var counts: MonitoringCounts
    /// What the newest failover and switchover took.
    public var measured: LatestMeasurements
    /// When the last pass ended.
    public var passedAt: Moment
    /// How long the last pass took.
    public var passDuration: Duration

    /// Joins them.
    public init(
        report: PassReport, status: StatusReport, counts: MonitoringCounts, measured: LatestMeasurements,
        passedAt: Moment, passDuration: Duration
    ) {
        self.report = report
        self.status = status
        self.counts = counts
        self.measured = measured
        self.passedAt = passedAt
        self.passDuration = passDuration
    }
}

/// What was counted since the controller started.
public struct MonitoringCounts: Sendable, Hashable {
    /// Passes.
    public private(set) var passes = 0
    /// Actions by their outcome: `done`, `refused`, `uncertain`.
    public private(set) var actions: [String: Int] = [:]
    /// What guards refused, by invariant.
    public private(set) var refusals: [String: Int] = [:]
    /// Failovers and switchovers that came to their end.
    public private(set) var failovers = 0, switchovers = 0
    /// Events by their kind.
    public private(set) var events: [String: Int] = [:]

    /// Nothing counted.
    public init() {}

    /// Counts a pass.
    public mutating func note(_ report: PassReport) {
        passes += 1
        for (_, outcome) in report.performed { actions[outcome.word, default: 0] += 1 }
        for (_, violation) in report.refused { refusals[violation.invariant.rawValue, default: 0] += 1 }
    }

    /// Counts an event.
    public mutating func note(_ event: Event) {
        events[event.kind.rawValue, default: 0] += 1
        switch event.measured?.kind {
        case .failover: failovers += 1
        case .clientPause: switchovers += 1
        case .switchover, .primaryRestart, .replicaRestart, .replicaRenewal, .newReplica, nil: break
        }
    }
}

/// The newest measurement of each kind, and when it was made.
public struct LatestMeasurements: Sendable, Hashable {
    /// One measurement.
    public struct Entry: Sendable, Hashable {
        /// How long it took.
        public var seconds: Double
        /// When it was over.
        public var at: Timestamp
    }
    private var entries: [Measurement.Kind: Entry] = [:]

    /// Nothing measured.
    public init() {}

    /// Notes an event, where it has a measurement.
    public mutating func note(_ event: Event) {
        guard let measured = event.measured, let at = Timestamp(event.time) else { return }
        entries[measured.kind] = Entry(seconds: measured.seconds, at: at)
    }

    /// The newest of a kind.
    public subscript(kind: Measurement.Kind) -> Entry? { entries[kind] }
}

extension Outcome {
    /// One word.
    fileprivate var word: String {
        switch self {
        case .done: "done"
        case .refused: "refused"
        case .uncertain: "uncertain"
        }
    }
}
