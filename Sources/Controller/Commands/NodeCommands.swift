import ArgumentParser
import LiveWorld
import Model

/// `controller restart`: restarts PostgreSQL on a node.
struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Restart PostgreSQL on a node, in the order of a change.",
        discussion: """
            The controller does it as soon as all other nodes do their part; this command asks, and says what becomes of it. A
            primary hands over first, while the poolers' clients wait; the only node is restarted in its place.
            `controller plan` shows a request that waits, with its price.

            Examples:
              controller restart pg-node-2
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The node.", completion: .node)
    var node: String

    @Option(help: "The node's name, instead of typing it.")
    var yes: String?

    @Option(help: "Give up, and take the request back, after so many seconds.")
    var timeout: Int = 300

    @Option(help: .hidden)
    var by: String?

    func run() async throws {
        if yes == nil {
            Terminal.say("This restarts PostgreSQL on \(node). Its connections are cut.")
            Terminal.say("If it leads, another node takes its place first, and writes pause for about a second.")
        }
        try await NodeCommand(options: options, kind: .restart, node: node, yes: yes, by: by).run(timeout: timeout)
    }
}

/// `controller reinit`: gives a replica a fresh copy of the data.
struct ReinitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reinit", abstract: "Put a replica's data aside and copy it anew.",
        discussion: """
            The node stops, gets a fresh volume, and takes a copy from the repository or the primary. Its old volume is kept. It is
            never done to the primary, nor while no other node takes writes.

            Examples:
              controller reinit pg-node-3
              controller reinit pg-node-3 --yes pg-node-3
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The node, which must not be the primary.", completion: .node)
    var node: String

    @Option(help: "The node's name, instead of typing it.")
    var yes: String?

    @Option(help: "Give up after so many seconds, and take the request back if the node has not stopped yet.")
    var timeout: Int = 3600

    @Option(help: .hidden)
    var by: String?

    func run() async throws {
        if yes == nil {
            Terminal.say("This stops \(node) and copies all data anew. Its connections are cut.")
            Terminal.say("Its old volume stays. Until the copy is complete one replica less can take over.")
        }
        try await NodeCommand(options: options, kind: .reinit, node: node, yes: yes, by: by).run(timeout: timeout)
    }
}

/// What both have in common: the confirmation, and the request.
private struct NodeCommand {
    let options: ClusterOptions
    let kind: NodeRequest.Kind
    let node: String
    let yes: String?
    let by: String?

    func run(timeout: Int) async throws {
        let answer = try Confirmation.typed(yes, name: node, what: "the node's name")
        let author = by ?? Person.current
        let extra = (yes == nil ? ["--yes", answer] : []) + (by == nil ? ["--by", author] : [])
        if try await Delegation.tookOver(options, adding: extra) { return }
        let session = try await Session.open(options)
        try await NodeRequestWatch(session: session, kind: kind, node: NodeName(node), author: author)
            .run(timeout: .seconds(timeout))
    }
}

/// `controller reload`: makes a node read its configuration again.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Make Patroni and PostgreSQL on a node read their configuration again.",
        discussion: """
            It interrupts nothing, so it is asked of the node at once and needs no running controller. Changes of the manifest are
            reloaded without this command.

            Examples:
              controller reload pg-node-2
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The node.", completion: .node)
    var node: String

    func run() async throws {
        if try await Delegation.tookOver(options, needs: .look) { return }
        let session = try await Session.open(options)
        try await session.refuseWhilePaused()
        try await session.reload(NodeName(node))
        Terminal.say("\(node) reads its configuration again")
    }
}

extension Session {
    /// Asks a node's Patroni to reload, where it is safe.
    fileprivate func reload(_ node: NodeName) async throws(Failure) {
        let cluster = source.cluster
        let observation = await world.observe(cluster, scope: .everythingAfresh)
        let now = await world.now()
        let input = PlanningInput(cluster: cluster, observation: observation, now: now)
        guard cluster.nodeNames.contains(node) else {
            let names = cluster.nodeNames.map(\.text).joined(separator: ", ")
            throw Failure(.badInput, "there is no node \(node); there are \(names)")
        }
        if input.isInMaintenance(node) { throw Failure(.paused, "\(node) is in maintenance; nothing was asked for") }
        // while Patroni copies data or starts PostgreSQL, a second thread of it would write the same files
        guard input.observation.member(node).value?.state == .running else {
            throw Failure(
                "PostgreSQL on \(node) does not run, and reads its configuration when it starts; see `status`")
        }
        let outcomes = await world.perform(
            [.patroni(node, .reload(version: "asked for at \(now.text)"))], for: cluster)
        switch outcomes.first {
        case .done: return
        case .refused(let refusal): throw Failure("Patroni on \(node) refused: \(refusal.message)")
        case .uncertain(let why): throw Failure("Patroni on \(node) did not answer: \(why); see `status`")
        case nil: throw Failure("Patroni on \(node) was not asked")
        }
    }
}
