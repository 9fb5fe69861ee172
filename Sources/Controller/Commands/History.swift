import ArgumentParser
import Model

/// `controller history`: what changed the primary or the nodes, and what it took.
struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List failovers, switchovers, restarts and new nodes, with what each has cost.",
        discussion: """
            Examples:
              controller history -n 10
            """)

    @OptionGroup var options: ClusterOptions

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    @Option(name: [.customShort("n"), .long], help: "How many of the newest.")
    var last: Int = 50

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let source = try ManifestSource.find(options, takesLastGood: true)
        let state = try StateDirectory(options.stateDir, cluster: source.cluster.name.text)
        let entries = HistoryEntry.list(MeasuredHistory.events(at: state.events)).suffix(max(0, last))
        switch output {
        case .json: Terminal.say(try Output.json(Array(entries)))
        case .table: for line in HistoryEntry.lines(Array(entries)) { Terminal.say(line) }
        }
    }
}

/// One change that was measured.
struct HistoryEntry: Encodable, Equatable {
    /// When it was over, RFC 3339.
    var time: String
    /// What kind of change it was.
    var kind: String
    /// How long it took.
    var seconds: Double
    /// What it was.
    var what: String
    /// Why.
    var why: String

    /// The changes of an event log, oldest first.
    static func list(_ events: [Event]) -> [HistoryEntry] {
        events.compactMap { event in
            guard let measured = event.measured else { return nil }
            return HistoryEntry(
                time: event.time, kind: measured.kind.words, seconds: measured.seconds, what: event.what,
                why: event.reason)
        }
    }

    /// As a table.
    static func lines(_ entries: [HistoryEntry]) -> [String] {
        guard !entries.isEmpty else {
            return ["nothing was measured yet: no failover, switchover, restart or new node"]
        }
        var table = Table(["TIME", "CHANGE", "TOOK", "WHAT", "WHY"])
        for entry in entries {
            table.add([
                String(entry.time.prefix(19)) + "Z", entry.kind, MeasuredHistory.text(entry.seconds), entry.what,
                entry.why,
            ])
        }
        return table.lines
    }
}

extension Measurement.Kind {
    /// For a person.
    var words: String {
        switch self {
        case .failover: "failover"
        case .switchover: "switchover"
        case .clientPause: "switchover (clients waited)"
        case .primaryRestart: "restart of the primary"
        case .replicaRestart: "restart of a replica"
        case .replicaRenewal: "replica made anew"
        case .newReplica: "new replica"
        }
    }
}
