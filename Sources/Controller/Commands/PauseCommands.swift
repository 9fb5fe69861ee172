import ArgumentParser
import Model

/// `controller pause`: nothing is changed until `controller resume`.
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Change nothing until `controller resume`, in the cluster or on one node.",
        discussion: """
            The pause lies in etcd and outlives the controller. Patroni goes on: it fails over in its own time. Events go on, \
            and `controller plan` shows what would be done.

            Examples:
              controller pause --reason maintenance
              controller pause --node pg-node-2
            """)

    @OptionGroup var options: ClusterOptions

    @Option(help: "Leave only this node's container alone; the rest goes on.", completion: .node)
    var node: String?

    @Option(help: "The reason, for readers of `controller status`.")
    var reason: String = ""

    @Option(help: .hidden)
    var by: String?

    func run() async throws {
        let author = by ?? Person.current
        if try await Delegation.tookOver(options, adding: by == nil ? ["--by", author] : []) { return }
        let session = try await Session.open(options)
        let request = PauseRequest(session: session, node: node.map { NodeName($0) })
        for line in try await request.pause(reason: reason, author: author) { Terminal.say(line) }
    }
}

/// `controller resume`: goes on after `controller pause`.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on after `controller pause`.",
        discussion: """
            A node that was paused by itself is resumed by itself, with --node.

            Examples:
              controller resume
              controller resume --node pg-node-2
            """)

    @OptionGroup var options: ClusterOptions

    @Option(help: "The node that was paused by itself.", completion: .node)
    var node: String?

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options)
        let request = PauseRequest(session: session, node: node.map { NodeName($0) })
        for line in try await request.resume() { Terminal.say(line) }
    }
}
