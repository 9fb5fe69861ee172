import ArgumentParser
import FoundationEssentials
import Glibc
import LiveWorld
import Model
import Supervisor

/// `controller status`: a fresh look, in a table or as JSON.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what is running, who is primary, lag, and conditions.",
        discussion: """
            Examples:
              controller status --verbose
              controller status --watch --interval 2
              controller status --wait --timeout 300
              controller status --endpoint pooler
              controller status --output json
            """)

    @OptionGroup var options: ClusterOptions

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    @Flag(name: [.short, .long], help: "All conditions, also the good ones.")
    var verbose = false

    @Option(
        help: "Print only the URL of this endpoint: pooler, pooler-ro, primary, replica, any-primary, console.",
        completion: .list(EndpointChoice.names))
    var endpoint: String?

    @Flag(help: "Wait until the cluster is ready, and say what it waits for.")
    var wait = false

    @Option(help: "With --wait: give up after so many seconds.")
    var timeout: Int = 600

    @Flag(help: "Look again and again until Ctrl-C; -o json prints one line for each look.")
    var watch = false

    @Option(help: "With --watch: how many seconds lie between two looks.")
    var interval: Int = 5

    /// Whether the terminal on the host shows each look in place of the last one.
    @Flag(help: .hidden)
    var repaint = false

    func validate() throws {
        guard !watch || !wait && endpoint == nil else {
            throw ValidationError("--watch goes with neither --wait nor --endpoint")
        }
        guard interval >= 1 else { throw ValidationError("--interval is one second at least") }
    }

    func run() async throws {
        let onTerminal = watch && isatty(STDOUT_FILENO) == 1
        if try await Delegation.tookOver(options, adding: onTerminal ? ["--repaint"] : [], needs: .look) { return }
        let session = try await Session.open(options)
        if watch { return try await keepLooking(session, repaints: onTerminal || repaint) }
        var status = await session.status(hasFigures: !wait && endpoint == nil)
        if wait { status = try await awaitReady(session, first: status) }
        if let endpoint {
            return Terminal.say(try EndpointChoice.url(of: endpoint, in: status))
        }
        switch output {
        case .table: for line in StatusTable.lines(status, verbose: verbose) { Terminal.say(line) }
        case .json: Terminal.say(try Output.json(status))
        }
        if wait, !status.ready { Exit.now(.notConverged) }
    }

    /// A look is dear, so the pause lies between the end of one and the begin of the next.
    private func keepLooking(_ session: Session, repaints: Bool) async throws {
        while true {
            let trouble = await session.world.reloadSecrets(session.source.cluster)
            var status = await session.status(hasFigures: true)
            if let trouble { status.add(StatusReport.ConditionLine(trouble)) }
            switch output {
            case .table:
                Terminal.say(Watch.screen(StatusTable.lines(status, verbose: verbose), repaints: repaints))
            case .json: Terminal.say(try Output.jsonLine(status))
            }
            try await Task.sleep(for: .seconds(interval))
        }
    }

    /// A look of a command is dear: it reads everything again, and takes from the machine what the cluster needs to come
    /// up. The running controller knows when there is something to see, and a look of the command's own confirms that.
    private func awaitReady(_ session: Session, first: StatusReport) async throws -> StatusReport {
        var status = first
        var shown = ""
        let end = ContinuousClock.now + .seconds(timeout)
        let patience = Duration.seconds(10)
        var lookAt = ContinuousClock.now + patience
        func show(_ text: String) {
            if text != shown { Terminal.complain("  … \(Terminal.plain(text))") }
            shown = text
        }
        func look() async {
            // a command that began before the cluster existed has examples of its secrets, and no way into PostgreSQL
            let trouble = await session.world.reloadSecrets(session.source.cluster)
            status = await session.status()
            if let trouble { status.add(StatusReport.ConditionLine(trouble)) }
            lookAt = .now + patience
        }
        show(status.whatItWaitsFor)
        while !status.ready, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(250))
            if let reported = session.reportedReadiness, reported.bad, ContinuousClock.now < lookAt {
                show(reported.message)
                continue
            }
            await look()
            if !status.ready { show(status.whatItWaitsFor) }
        }
        if !status.ready { await look() }
        return status
    }
}

extension StatusReport {
    /// What it waits for, in words.
    fileprivate var whatItWaitsFor: String {
        conditions.first { $0.type == ConditionType.ready.rawValue }?.message ?? "converging"
    }
}

/// JSON for scripts.
enum Output {
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// The same on one line.
    static func jsonLine(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
