import ArgumentParser
import Model

/// `controller why`: the chain of observations and reasons behind an object's state.
struct Why: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show why an object is as it is: what is seen of it, what is wanted, and what was done.",
        discussion: """
            An object is a container, a node, a volume, a pooler, a database or a role by its name, or one of: cluster, etcd, \
            leadership, repository.

            Examples:
              controller why pg-node-2
              controller why leadership
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The object: pg-node-1, pgbouncer-1, leadership, …")
    var object: String

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    @Option(name: [.customShort("n"), .long], help: "How many events at most.")
    var last: Int = 10

    /// How far back events are looked for.
    private static let events = 2000

    func run() async throws {
        if try await Delegation.tookOver(options, needs: .look) { return }
        let session = try await Session.open(options)
        let (input, plan) = await session.plan()
        let report = WhyReport(
            object, input, plan, await session.status(),
            events: EventTail.newest(Why.events, of: session.state.events), limit: max(0, last))
        guard !report.isEmpty else {
            throw Failure(
                .badInput,
                "nothing is known of \(Terminal.plain(object)); `controller status` and `controller volumes` name the objects"
            )
        }
        switch output {
        case .json: Terminal.say(try Output.json(report))
        case .table: for line in WhyText.lines(report) { Terminal.say(line) }
        }
    }
}
