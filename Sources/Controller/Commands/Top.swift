import ArgumentParser
import Glibc
import LiveWorld
import Model

/// `controller top`: what PostgreSQL on a node is busy with.
struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the sessions of a node, what they wait for, and the statements that took the most time.",
        discussion: """
            Without a name: the primary. On a terminal it looks again and again until Ctrl-C; in a pipe once. OPEN is for how long
            a transaction has been open, RUNS for how long a statement runs. The statements are those of pg_stat_statements, where
            that extension is in the application's database.

            Examples:
              controller top
              controller top pg-node-2 --interval 5
              controller top --once -o json
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The node.", completion: .node)
    var node: String?

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    @Option(help: "How many seconds lie between two looks.")
    var interval: Int = 2

    @Flag(help: "Look once.")
    var once = false

    /// Whether the terminal on the host shows each look in place of the last one.
    @Flag(help: .hidden)
    var repaint = false

    func validate() throws {
        guard interval >= 1 else { throw ValidationError("--interval is one second at least") }
    }

    func run() async throws {
        let repaints = !once && output == .table && (repaint || isatty(STDOUT_FILENO) == 1)
        if try await Delegation.tookOver(options, adding: repaints && !repaint ? ["--repaint"] : [], needs: .look) {
            return
        }
        let session = try await Session.open(options)
        let cluster = session.source.cluster
        let observation = await session.world.observe(cluster, scope: .everything)
        let chosen = try Top.choose(node, cluster, leader: observation.dcs.value?.leader?.node)
        guard let id = cluster.engines.first?.name, case .present(let engine) = observation.engine(id) else {
            throw Failure("Docker could not be asked; see `controller status`")
        }
        while true {
            let activity = try await session.world.activity(of: chosen, cluster, on: engine)
            guard let activity else { throw Failure("\(chosen) does not run; see `controller status`") }
            switch output {
            case .json: Terminal.say(try Output.jsonLine(activity))
            case .table:
                let time = await session.world.now().text
                let lines = TopTable.lines(activity, node: chosen.text, time: time)
                Terminal.say(Watch.screen(lines, repaints: repaints))
            }
            guard repaints else { return }
            try await Task.sleep(for: .seconds(interval))
        }
    }

    /// - Throws: exit code 2 for a name that no node has; 1 while no node leads.
    static func choose(_ asked: String?, _ cluster: Cluster, leader: NodeName?) throws(Failure) -> NodeName {
        guard let asked else {
            guard let leader else { throw Failure("no node leads now; name one: `controller top NODE`") }
            return leader
        }
        guard let node = cluster.nodeNames.first(where: { $0.text == asked }) else {
            let names = cluster.nodeNames.map(\.text).joined(separator: ", ")
            throw Failure(.badInput, "the cluster has no node \(Terminal.plain(asked)); it has \(names)")
        }
        return node
    }
}
