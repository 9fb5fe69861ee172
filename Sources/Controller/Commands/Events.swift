import ArgumentParser
import FoundationEssentials
import LiveWorld
import Model

/// `controller events`: the log of what was done and why.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what was done, and why.",
        discussion: """
            Examples:
              controller events --follow
              controller events --since 2h --kind failure
              controller events --object pg-node-1 --grep restart
            """)

    @OptionGroup var options: ClusterOptions

    @Flag(name: [.short, .long], help: "Go on with what happens from now.")
    var follow = false

    @Option(name: [.short, .long], help: "table or json (one event a line).")
    var output: OutputFormat = .table

    @Option(name: [.customShort("n"), .long], help: "How many of the newest to begin with.")
    var last: Int = 50

    @Option(help: "Only events since then: 30m, 2h, 3d, or a time such as 2026-11-23T10:00:00Z.")
    var since: String?

    @Option(help: "Only events about this object: pg-node-1, leadership, …")
    var object: String?

    @Option(help: "Only events of this kind: action, failure, refusal, condition or notice.")
    var kind: String?

    @Option(help: "Only events with this text in them.")
    var grep: String?

    func run() async throws {
        let filter = try EventFilter(
            since: since, object: object, kind: kind, text: grep, now: WallClock.milliseconds())
        if try await Delegation.tookOver(options) { return }
        let source = try ManifestSource.find(options, takesLastGood: true)
        if let warning = source.warning { Terminal.complain("warning: \(Terminal.plain(warning))") }
        let state = try StateDirectory(options.stateDir, cluster: source.cluster.name.text)
        var tail = EventTail(path: state.events)
        let known = tail.newest(filter.isOpen ? last : .max).filter { filter.takes($0) }
        for line in known.suffix(max(0, last)) { show(line) }
        while follow {
            try await Task.sleep(for: .milliseconds(250))
            for line in tail.next() where filter.takes(line) { show(line) }
        }
    }

    private func show(_ line: String) {
        guard output == .table, let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)) else {
            return Terminal.say(line)
        }
        Terminal.say(EventText.line(event))
    }
}
