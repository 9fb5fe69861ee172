import ArgumentParser
import Model
import Supervisor
import Synchronization

/// `controller apply`: converges once and exits.
struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Converge once, and exit.",
        discussion: """
            Examples:
              controller apply --manifest cluster.yaml --timeout 300
            """)

    @OptionGroup var options: ClusterOptions

    @Option(help: "Give up after so many seconds.")
    var timeout: Int = 600

    func run() async throws {
        let session = try await Session.open(options, .acts, takesLastGood: false)
        try await session.refuseWhilePaused()
        let last = LastReport()
        var service = ClusterService(
            source: session.source, world: session.world, state: session.state, logger: session.logger,
            lock: session.lock)
        service.endsWhenConverged = true
        service.onPass = { last.note($0) }
        let running = service
        let isDone = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await running.run()
                return true
            }
            group.addTask {
                try await Task.sleep(for: .seconds(timeout))
                return false
            }
            let first = try await group.next() ?? false
            group.cancelAll()
            return first
        }
        guard isDone else {
            throw Failure(
                .notConverged, "not converged within \(timeout) s; waiting for: \(last.waiting.joined(separator: "; "))"
            )
        }
        let changes = last.changes
        Terminal.say(
            changes == 0
                ? "\(session.source.cluster.name): no changes, everything is as the manifest wants it"
                : "\(session.source.cluster.name): converged, \(changes) changes")
    }
}

/// What the passes of an `apply` did so far.
final class LastReport: Sendable {
    private let state = Mutex((changes: 0, waiting: [String]()))

    func note(_ report: PassReport) {
        state.withLock {
            $0.changes +=
                report.performed.filter { performed in
                    if performed.planned.action.effect.isNudge { return false }
                    if case .done = performed.outcome { return true }
                    return false
                }.count
            $0.waiting = report.plan.waiting
        }
    }

    var changes: Int { state.withLock { $0.changes } }
    var waiting: [String] { state.withLock { $0.waiting } }
}
