import FoundationEssentials
import LiveWorld
import Logging
import Model
import Supervisor

/// What a person with the token may ask for on the page. Each is a request in etcd, as the command of the same name makes it; the
/// loop does it, with its guards.
struct PageActions: Sendable {
    /// The commands' view of the cluster, by the manifest in force at this moment.
    let session: @Sendable () throws(Failure) -> Session
    let logger: Logger

    /// What can be asked for.
    enum Verb: String, CaseIterable {
        case switchover, backup, pause, resume
    }

    /// What a request says.
    struct Arguments: Decodable {
        /// What the person has typed: the name of the cluster, or of the node.
        var confirm: String
        /// The candidate of a switchover; nil lets the controller choose.
        var to: String?
        /// The type of a backup: `full`, `diff` or `incr`.
        var type: String?
        /// The reason for a pause.
        var reason: String?
        /// The node that is paused or resumed; nil for the cluster.
        var node: String?
    }

    /// What a verb interrupts, and what has to be typed for it.
    func offer(_ verb: Verb, node: String?, _ report: PassReport, _ measured: MeasuredHistory) -> (
        price: String, confirm: String
    ) {
        let cluster = report.input.cluster
        let name = node.map { Terminal.plain($0) } ?? cluster.name.text
        switch verb {
        case .switchover:
            let price =
                cluster.canPauseClients
                ? "The poolers' clients wait and get no error; writes pause for \(measured.text(.clientPause)). Clients of the "
                    + "primary itself are cut off."
                : "No writes, and the primary's connections are cut, for \(measured.text(.switchover))."
            return (price, cluster.name.text)
        case .backup:
            return (
                "A backup reads the data of one node, a replica where one is healthy. It interrupts nothing.",
                cluster.name.text
            )
        case .pause:
            return node == nil
                ? (
                    "The controller changes nothing until it is resumed: no repair, and no failover below a second.",
                    name
                )
                : ("The controller leaves this node's container alone until it is resumed.", name)
        case .resume: return ("The controller goes on, and does what is due.", name)
        }
    }

    /// Asks for it; what to say of it.
    func ask(_ verb: Verb, _ arguments: Arguments, from peer: String) async throws -> String {
        let session = try session()
        let author = "the page (\(peer))"
        let node = arguments.node.map { NodeName($0) }
        let subject = node?.text ?? session.source.cluster.name.text
        guard arguments.confirm == subject else { throw Failure(.badInput, "type \(subject) to confirm") }
        logger.notice("the page, from \(peer), asks for: \(verb.rawValue) \(Terminal.plain(subject))")
        switch verb {
        case .switchover:
            try await session.refuseWhilePaused()
            let leader = try await SwitchoverRequest(session: session).ask(to: arguments.to.map { NodeName($0) })
            return leader.map { "\($0) is asked to hand over" } ?? "it is the primary already"
        case .backup:
            guard let type = BackupType(rawValue: arguments.type ?? BackupType.incremental.rawValue) else {
                throw Failure(.badInput, "a backup is full, diff or incr")
            }
            let request = try await TaskWatch(session: session, kind: .backup, type: type, author: author).ask()
            return "asked for: \(request.text)"
        case .pause:
            return try await PauseRequest(session: session, node: node)
                .pause(reason: arguments.reason ?? "", author: author).joined(separator: ". ")
        case .resume:
            return try await PauseRequest(session: session, node: node).resume().joined(separator: ". ")
        }
    }
}
