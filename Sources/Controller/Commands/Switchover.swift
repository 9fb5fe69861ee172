import ArgumentParser
import LiveWorld
import Model

/// `controller switchover`: hands the primary's place over.
struct Switchover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hand the primary's place over to a standby, while the poolers' clients wait.",
        discussion: """
            The controller does it as soon as nothing stands in the way; this command asks, and says what becomes of it.
            Clients of the poolers wait, for about a second, and get no error. What is connected to the primary itself is
            cut off.

            Examples:
              controller switchover
              controller switchover --to pg-node-2
            """)

    @OptionGroup var options: ClusterOptions

    @Option(help: "The node that is to lead; else the standby that is least behind.", completion: .node)
    var to: String?

    @Option(help: "Give up, and take the request back, after so many seconds.")
    var timeout: Int = 120

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options)
        try await session.refuseWhilePaused()
        try await SwitchoverRequest(session: session).run(to: to.map { NodeName($0) }, timeout: .seconds(timeout))
    }
}
