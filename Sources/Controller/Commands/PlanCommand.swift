import ArgumentParser
import FoundationEssentials
import LiveWorld
import Model
import Reconcilers
import Supervisor

/// `controller plan`: what would be changed now, and why; changes nothing.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what would be changed now, and why; change nothing.",
        discussion: """
            The answer comes first: what is created, changed, replaced and removed, and what that interrupts. Then the fields that
            change, and the steps: the first are exact, the others a forecast by a model of what is there now.

            Examples:
              controller plan
              controller plan --verbose
              controller plan --detailed-exitcode --output json
            """)

    @OptionGroup var options: ClusterOptions

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    @Flag(name: [.short, .long], help: "Show all steps, with housekeeping, and the time of each in the model.")
    var verbose = false

    @Flag(help: "Exit with 0 when there is nothing to change, with 2 when there is, and with 1 after any error.")
    var detailedExitcode = false

    @Flag(help: "Also say how long a second look and plan took.")
    var time = false

    @Option(help: .hidden)
    var manifestText: String?

    /// The exit code of `--detailed-exitcode` that says "there are changes".
    private static let changesExitCode: Int32 = 2

    func run() async throws {
        do {
            try await plan()
        } catch let failure as Failure where detailedExitcode {
            // 2 would say that there are changes
            throw Failure(failure.message)
        }
    }

    private func plan() async throws {
        if manifestText == nil {
            // the supervisor's file may be another one than the one that is asked about
            let text = (try? String(contentsOfFile: options.manifest, encoding: .utf8)) ?? ""
            if try await Delegation.tookOver(options, adding: ["--manifest-text=\(text)"], needs: .look) { return }
        }
        let session = try await Session.open(options, text: manifestText, takesLastGood: false)
        let (input, plan) = await session.plan()
        if plan.refusesManifest {
            let words = plan.conditions.filter { $0.type == .unsupportedChange }.map(\.message)
            throw Failure(.badInput, "refused: " + Terminal.plain(words.joined(separator: "; ")))
        }
        let forecast = plan.actions.isEmpty ? nil : await PlanForecast.run(input)
        let report = PlanReport(
            plan, input, forecast: forecast, MeasuredHistory(eventsAt: session.state.events))
        switch output {
        case .json: Terminal.say(try Output.json(report))
        case .table: for line in PlanText(report: report, isVerbose: verbose).lines { Terminal.say(line) }
        }
        if time { await sayTime(session) }
        if detailedExitcode, report.hasChanges { Exit.raw(PlanCommand.changesExitCode) }
    }

    private func sayTime(_ session: Session) async {
        _ = await session.world.observe(session.source.cluster, scope: .everything)
        let start = ContinuousClock.now
        let again = await session.world.observe(session.source.cluster, scope: .everything)
        let input = PlanningInput(
            cluster: session.source.cluster, observation: again, now: await session.world.now())
        let count = Plan(input, reconcilers: Reconcilers.all).actions.count
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        Terminal.say("\(Int(milliseconds)) ms for a look and a plan of \(count) actions")
    }
}
