import ArgumentParser
import LiveWorld
import Model

/// `controller logs`: a part's own log.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the log of a node, an etcd member or the console.")

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The container, for example pg-node-1.")
    var container: String

    @Flag(name: [.short, .long], help: "Go on with what comes.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: "How many of the newest lines to begin with.")
    var last: Int = 100

    func run() async throws {
        let session = try await Session.open(options, .reads)
        try await session.world.logs(of: ContainerName(container), last: last, follow: follow) { Terminal.say($0) }
    }
}
