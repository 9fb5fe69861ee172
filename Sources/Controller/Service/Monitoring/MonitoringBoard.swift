import Model
import Monitoring
import Supervisor
import Synchronization

/// What the loop leaves for the HTTP server, and the server for the loop. Neither waits for the other.
final class MonitoringBoard: Sendable {
    private struct State {
        var report: PassReport?
        var counts = MonitoringCounts()
        var measured = LatestMeasurements()
        var passedAt = Moment(uptime: .zero, wallMilliseconds: 0)
        var passDuration = Duration.zero
        var settings: MonitoringSettings?
        var trouble: String?
        var failures: [Condition] = []
        var samples = SampleHistory()
        /// The newest events, and the newest of those with a measurement, oldest first.
        var events: [Event] = []
        var changes: [Event] = []
    }
    /// So many events are kept.
    static let length = 200

    private let state = Mutex(State())
    private let continuation: AsyncStream<MonitoringSettings>.Continuation

    /// The settings of the manifest in force, whenever they change. For one reader.
    let settings: AsyncStream<MonitoringSettings>

    /// The browsers that look at the page.
    let streams = PageStreams()

    /// Nothing seen yet.
    /// - Parameters:
    ///   - history: the events of earlier runs with a measurement, oldest first: what the newest failover took.
    ///   - newest: the newest events of earlier runs, oldest first.
    init(history: [Event] = [], newest: [Event] = []) {
        (settings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            for event in history { state.measured.note(event) }
            state.changes = history.suffix(MonitoringBoard.length)
            state.events = newest.suffix(MonitoringBoard.length)
        }
    }

    /// Notes a pass that has ended, and what was told of it.
    func note(_ report: PassReport, events: [Event], at now: Moment, took duration: Duration) {
        let wanted = report.input.cluster.monitoring
        let isNew = state.withLock { state in
            state.report = report
            state.passedAt = now
            state.passDuration = duration
            state.counts.note(report)
            for event in events {
                state.counts.note(event)
                state.measured.note(event)
                if event.measured != nil { state.changes.append(event) }
            }
            state.events = (state.events + events).suffix(MonitoringBoard.length)
            state.changes = state.changes.suffix(MonitoringBoard.length)
            defer { state.settings = wanted }
            return state.settings != wanted
        }
        if isNew { continuation.yield(wanted) }
        guard streams.isWatched, let status = snapshot?.status else { return }
        streams.send(status)
        for event in events { streams.send("event", event) }
    }

    /// Takes a sample for the page's graphs of what was seen last; nil before the first pass.
    func sample(at now: Moment) -> SampleHistory.Sample? {
        guard let snapshot else { return nil }
        let sample = SampleHistory.Sample(snapshot.report, snapshot.status, at: now)
        state.withLock { $0.samples.add(sample) }
        return sample
    }

    /// The newest events, oldest first.
    var events: [Event] { state.withLock { $0.events } }
    /// The newest events with a measurement, oldest first.
    var changes: [Event] { state.withLock { $0.changes } }

    /// The samples of the last hours.
    var samples: SampleHistory { state.withLock { $0.samples } }

    /// What the server could not do; nil when it listens.
    /// - Returns: whether that is news.
    @discardableResult
    func note(trouble: String?) -> Bool {
        state.withLock { state in
            defer { state.trouble = trouble }
            return state.trouble != trouble
        }
    }

    /// The questions of the manifest that could not be answered.
    func note(failures: [Condition]) { state.withLock { $0.failures = failures } }

    /// What the loop has to tell of the server.
    func conditions(of settings: MonitoringSettings) -> [Condition] {
        guard settings.enabled else { return [] }
        return state.withLock { state in
            let address = "\(settings.bindAddress):\(settings.port)"
            let listening =
                state.trouble.map {
                    Condition(
                        .monitoringAvailable, .false, reason: "NotListening",
                        message: "metrics cannot be had at \(address): \($0)")
                }
                ?? Condition(
                    .monitoringAvailable, .true, reason: "Listening", message: "metrics can be had at \(address)")
            return [listening] + state.failures
        }
    }

    /// The last pass with what was counted; nil before the first one.
    var snapshot: ClusterSnapshot? {
        let state = state.withLock { $0 }
        guard let report = state.report else { return nil }
        let status = StatusReport(
            input: report.input, conditions: report.conditions, waiting: report.plan.waiting, pending: report.decisions)
        return ClusterSnapshot(
            report: report, status: status, counts: state.counts, measured: state.measured, passedAt: state.passedAt,
            passDuration: state.passDuration)
    }
}
