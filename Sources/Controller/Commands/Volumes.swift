import ArgumentParser
import Model
import Supervisor

/// `controller volumes`: what each volume is for, and whether it may go.
struct VolumesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volumes",
        abstract: "List the cluster's volumes: what each is for, which container uses it, and whether it may go.",
        discussion: """
            The controller never removes a volume. Where one is not needed any more, this list has the command.

            Examples:
              controller volumes
            """)

    @OptionGroup var options: ClusterOptions

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    func run() async throws {
        if try await Delegation.tookOver(options, needs: .look) { return }
        let session = try await Session.open(options)
        let (input, plan) = await session.plan()
        guard let id = input.cluster.engines.first?.name, case .present(let engine) = input.observation.engine(id)
        else {
            throw Failure("Docker could not be asked; see `status`")
        }
        let entries = VolumeEntry.list(engine, of: input.cluster.name, plan.conditions)
        switch output {
        case .json: Terminal.say(try Output.json(entries))
        case .table: for line in VolumeEntry.lines(entries) { Terminal.say(line) }
        }
    }
}

/// One volume.
struct VolumeEntry: Encodable, Equatable {
    /// Its name.
    var name: String
    /// `node`, `etcd`, `repository`, …
    var component: String
    /// What it was made for.
    var owner: String
    /// The containers that mount it, sorted.
    var usedBy: [String]
    /// When it was made, as Docker says.
    var createdAt: String
    /// Why it is kept though nothing uses it, and what may be done; nil for one that is in use.
    var advice: String?

    /// The volumes of a cluster, sorted by name.
    static func list(_ engine: EngineView, of cluster: ClusterName, _ conditions: [Condition]) -> [VolumeEntry] {
        engine.volumes.filter { $0.labels.value(of: Label.cluster) == cluster.text }.map { volume in
            let users = engine.containers.filter { container in
                container.settings.mounts.contains { $0.volume == volume.name }
            }
            let kept = conditions.first { condition in
                guard condition.type == .retired, case .volume(_, let name) = condition.subject else { return false }
                return name == volume.name
            }
            return VolumeEntry(
                name: volume.name.text, component: volume.labels.value(of: Label.component) ?? "",
                owner: volume.labels.value(of: Label.name) ?? "", usedBy: users.map(\.name.text).sorted(),
                createdAt: volume.createdAt, advice: kept?.message)
        }.sorted { $0.name < $1.name }
    }

    /// As a table, with what is to be said of those that nothing uses below it.
    static func lines(_ entries: [VolumeEntry]) -> [String] {
        guard !entries.isEmpty else { return ["there are no volumes of this cluster"] }
        var table = Table(["VOLUME", "FOR", "OF", "USED BY", "MADE"])
        for entry in entries {
            table.add([
                entry.name, entry.component, entry.owner, entry.usedBy.joined(separator: ","),
                String(entry.createdAt.prefix(19)),
            ])
        }
        let kept = entries.compactMap(\.advice)
        return table.lines
            + (kept.isEmpty ? [] : ["", "Kept though nothing uses them:"] + kept.map { "  \(Terminal.plain($0))" })
    }
}
