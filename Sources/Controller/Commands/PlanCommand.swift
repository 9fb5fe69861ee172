import ArgumentParser
import FoundationEssentials
import LiveWorld
import Model
import Reconcilers
import Supervisor

/// `controller plan`: what would be changed now, and why; changes nothing.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what would be changed now, and why; change nothing.")

    @OptionGroup var options: ClusterOptions

    @Flag(help: "Exit with 1 when there is something to change.")
    var check = false

    @Flag(help: "Also say how long a second look and plan took.")
    var time = false

    @Option(help: .hidden)
    var manifestText: String?

    func run() async throws {
        if manifestText == nil {
            // the supervisor's file may be another one than the one that is asked about
            let text = (try? String(contentsOfFile: options.manifest, encoding: .utf8)) ?? ""
            if try await Delegation.tookOver(options, adding: ["--manifest-text=\(text)"], needs: .look) { return }
        }
        let session = try await Session.open(options, text: manifestText, takesLastGood: false)
        let plan = await session.plan()
        if plan.plan.refusesManifest {
            let words = plan.plan.conditions.filter { $0.type == .unsupportedChange }.map(\.message)
            throw Failure(.badInput, "refused: " + Terminal.plain(words.joined(separator: "; ")))
        }
        let price = PlanPrice(MeasuredHistory(eventsAt: session.state.events), from: plan.input)
        for line in PlanText.lines(plan.plan, input: plan.input, price: price) { Terminal.say(line) }
        if !plan.plan.actions.isEmpty {
            for line in await PlanForecast.lines(plan.input, plan: plan.plan, price: price) { Terminal.say(line) }
        }
        if time {
            _ = await session.world.observe(session.source.cluster, scope: .everything)
            let start = ContinuousClock.now
            let again = await session.world.observe(session.source.cluster, scope: .everything)
            let input = PlanningInput(
                cluster: session.source.cluster, observation: again, now: await session.world.now())
            let count = Plan(input, reconcilers: Reconcilers.all).actions.count
            let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            Terminal.say("\(Int(milliseconds)) ms for a look and a plan of \(count) actions")
        }
        if check, !plan.plan.isEmpty { Exit.now(.failure) }
    }
}
