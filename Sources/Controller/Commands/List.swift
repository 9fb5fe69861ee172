import ArgumentParser
import LiveWorld
import Model

/// `controller list`: the clusters that supervisors on this engine keep.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the clusters of this Docker Engine that have a supervisor.",
        discussion: """
            It needs no manifest: it asks Docker.

            Examples:
              controller list
            """)

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    func run() async throws {
        let world: LiveWorld
        do {
            world = try await LiveWorld.connect(
                Cluster(name: ""), secrets: SecretStore(directory: "/nonexistent"),
                docker: Defaults.environment("DOCKER_HOST"))
        } catch {
            throw Failure("\(error)")
        }
        let entries = try await world.supervisors().map { supervisor in
            SupervisorEntry(
                cluster: supervisor.cluster.text, supervisor: supervisor.name.text,
                state: supervisor.isRunning ? "running" : "stopped")
        }
        switch output {
        case .json: Terminal.say(try Output.json(entries))
        case .table:
            guard !entries.isEmpty else {
                return Terminal.say("there is no supervisor on this engine; `make up` starts one")
            }
            var table = Table(["CLUSTER", "SUPERVISOR", "STATE"])
            for entry in entries { table.add([entry.cluster, entry.supervisor, entry.state]) }
            for line in table.lines { Terminal.say(line) }
            for entry in entries where entry.state == "stopped" {
                Terminal.say("\(entry.cluster) is kept by nothing now: `docker start \(entry.supervisor)`")
            }
        }
    }
}

/// A supervisor container, and the cluster that it keeps.
private struct SupervisorEntry: Encodable {
    var cluster: String
    var supervisor: String
    var state: String
}
