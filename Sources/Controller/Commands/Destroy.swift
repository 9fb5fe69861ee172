import ArgumentParser
import LiveWorld
import Model

/// `controller destroy`: removes the cluster's containers and networks; data volumes only when told.
struct Destroy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove the cluster's containers and networks; keep its data volumes unless told otherwise.",
        discussion: """
            Stop the supervisor first (`make down`), or it makes everything again.

            Examples:
              controller destroy
              controller destroy --volumes
            """)

    @OptionGroup var options: ClusterOptions

    @Flag(help: "Remove the data volumes and the backup repository, too. There is no way back.")
    var volumes = false

    @Option(help: "The cluster's name, instead of typing it.")
    var yes: String?

    /// What brings the cluster back, where this command has a state directory of its own.
    @Option(help: .hidden)
    var comeback: String?

    func run() async throws {
        let session = try await Session.open(options, .removes, takesLastGood: false)
        let name = session.source.cluster.name
        let found = try await session.world.ownedObjects(of: session.source.cluster)
        if found.isEmpty { return Terminal.say("\(name): there is nothing to remove") }
        Terminal.say("This removes of cluster \(name):")
        for container in found.containers { Terminal.say("  container \(container.name)") }
        for network in found.networks { Terminal.say("  network \(network.name)") }
        for volume in found.volumes {
            Terminal.say(volumes ? "  volume \(volume.name) with all data in it" : "  (volume \(volume.name) stays)")
        }
        _ = try Confirmation.typed(yes, name: name.text)
        try await session.world.remove(found, includingVolumes: volumes) { Terminal.say("  \($0)") }
        Terminal.say(
            volumes ? "\(name) is gone" : "\(name) is down, its data volumes stay; \(await way(back: session))")
    }

    /// Passwords and keys stay in the state directory of the cluster: without them it cannot be brought back.
    private func way(back session: Session) async -> String {
        if let comeback { return "`\(comeback)` brings it back" }
        let missing = await session.world.secrets.missing(session.source.cluster)
        if missing.isEmpty { return "`controller apply --manifest \(options.manifest)` brings it back" }
        return "its secrets are not in \(session.state.secrets), so only the controller that kept it brings it back "
            + "(`make up` for a supervisor)"
    }
}
