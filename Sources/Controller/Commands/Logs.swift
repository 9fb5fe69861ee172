import ArgumentParser
import LiveWorld
import Model

/// `controller logs`: what the parts of the cluster wrote, in the order of time.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the logs of the cluster's containers, merged by time.",
        discussion: """
            Without a name: all containers of the cluster. A line begins with its time and its container.

            Examples:
              controller logs --since 10m --grep FATAL
              controller logs pg-node-1 pg-node-2 -n 500
              controller logs --follow
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(help: "Containers, for example pg-node-1; none means all.", completion: .container)
    var containers: [String] = []

    @Flag(name: [.short, .long], help: "Go on with what comes.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long],
        help: "How many of the newest lines of each container; with --since all by default.")
    var last: Int?

    @Option(help: "Only lines since then: 30m, 2h, 3d, or a time such as 2026-11-23T10:00:00Z.")
    var since: String?

    @Option(help: "Only lines with this text in them, in capitals or not.")
    var grep: String?

    @Flag(help: "One JSON object a line: time, container, line.")
    var json = false

    func run() async throws {
        let begin = try since.map { try Timestamp(since: $0, now: WallClock.milliseconds()) }
        let session = try await Session.open(options, .reads)
        let known = try await session.world.containerNames(of: session.source.cluster.name)
        let names = try LogChoice.names(containers, of: known)
        let wanted = grep?.lowercased()
        let isAlone = names.count == 1
        let width = names.map(\.text.count).max() ?? 0
        try await session.world.logs(
            of: names, last: last ?? (begin == nil ? 100 : nil), since: begin, follow: follow
        ) { [json] line in
            if let wanted, !line.line.lowercased().contains(wanted) { return }
            Terminal.say(json ? LogChoice.json(line) : LogChoice.text(line, width: width, isAlone: isAlone))
        }
    }
}

/// Which containers, and how a line is written.
enum LogChoice {
    /// - Throws: exit code 2 for a name that is none of the cluster's.
    static func names(_ asked: [String], of known: [ContainerName]) throws(Failure) -> [ContainerName] {
        for name in asked where !known.contains(where: { $0.text == name }) {
            let names = known.map(\.text).joined(separator: ", ")
            throw Failure(.badInput, "the cluster has no container \(Terminal.plain(name)); it has \(names)")
        }
        return asked.isEmpty ? known : known.filter { asked.contains($0.text) }
    }

    /// One container's lines are as it wrote them; those of several begin with time and name.
    static func text(_ line: LogLine, width: Int, isAlone: Bool) -> String {
        if isAlone { return line.line }
        let time = line.time.isEmpty ? String(repeating: " ", count: 24) : "\(line.time.prefix(23))Z"
        let name = line.container + String(repeating: " ", count: max(0, width - line.container.count))
        return "\(time) \(name) \(line.line)"
    }

    static func json(_ line: LogLine) -> String { (try? Output.jsonLine(line)) ?? "" }
}
