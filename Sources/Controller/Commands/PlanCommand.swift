import ArgumentParser
import Model
import Supervisor

/// `controller plan`: what would be changed now, and why; changes nothing.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what would be changed now, and why; change nothing.")

    @OptionGroup var options: ClusterOptions

    @Flag(help: "Exit with 1 when there is something to change.")
    var check = false

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options, actsAlone: false)
        let plan = await session.plan()
        for line in PlanText.lines(plan.plan) { Terminal.say(line) }
        if check, !plan.plan.isEmpty { Exit.now(.failure) }
    }
}
