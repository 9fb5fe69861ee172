import ArgumentParser
import LiveWorld
import Model

/// `controller token`: prints what opens the verbs of the page.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print the token with which a person may act on the page (spec.monitoring).")

    @OptionGroup var options: ClusterOptions

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options)
        let monitoring = session.source.cluster.monitoring
        guard monitoring.enabled, monitoring.page else {
            throw Failure(.badInput, "there is no page: see spec.monitoring")
        }
        guard await session.world.secrets.isKept(.pageToken) else {
            throw Failure("there is no token yet: the controller makes it when it runs")
        }
        Terminal.say(try await session.world.secrets.value(.pageToken))
    }
}
