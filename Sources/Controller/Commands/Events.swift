import ArgumentParser
import FoundationEssentials
import Model

/// `controller events`: the log of what was done and why.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what was done, and why.")

    @OptionGroup var options: ClusterOptions

    @Flag(name: [.short, .long], help: "Go on with what happens from now.")
    var follow = false

    @Option(name: [.short, .long], help: "table or json (one event a line).")
    var output: OutputFormat = .table

    @Option(name: [.customShort("n"), .long], help: "How many of the newest to begin with.")
    var last: Int = 50

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let source = try ManifestSource.find(options, takesLastGood: true)
        if let warning = source.warning { Terminal.complain("warning: \(Terminal.plain(warning))") }
        let state = try StateDirectory(options.stateDir, cluster: source.cluster.name.text)
        var tail = EventTail(path: state.events)
        for line in tail.newest(last) { show(line) }
        while follow {
            try await Task.sleep(for: .milliseconds(250))
            for line in tail.next() { show(line) }
        }
    }

    private func show(_ line: String) {
        guard output == .table, let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)) else {
            return Terminal.say(line)
        }
        Terminal.say(EventText.line(event))
    }
}
