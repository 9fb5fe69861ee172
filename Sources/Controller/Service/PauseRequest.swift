import Glibc
import LiveWorld
import Model
import Supervisor

/// Asks the controller to change nothing, or to go on, by a key in etcd that outlives both of them.
struct PauseRequest {
    let session: Session
    let node: NodeName?

    private var cluster: Cluster { session.source.cluster }
    private var subject: String { node.map { "node \($0)" } ?? "cluster \(cluster.name)" }

    /// Asks for the pause; what to say of it.
    func pause(reason: String, author: String) async throws -> [String] {
        try refuseUnknownNode()
        if let known = try await keys().pauses.first(where: { $0.node == node }) {
            return ["\(subject) is paused already, \(known.text)"]
        }
        let record = PauseRecord(
            node: node, since: await session.world.now().text, author: String(Terminal.plain(author).prefix(100)),
            reason: String(Terminal.plain(reason).prefix(500)))
        if case .exists = try await session.claim(PauseRecord.key(of: cluster.name, node: node), record.value) {
            let known = try await keys().pauses.first { $0.node == node }
            return ["\(subject) is paused already\(known.map { ", \($0.text)" } ?? "")"]
        }
        return [
            "\(subject) is paused \(record.text)",
            node == nil
                ? "nothing is changed until `controller resume`; Patroni fails over in its own time"
                : "its container is left alone until `controller resume --node \(node?.text ?? "")`; the rest goes on",
        ]
    }

    /// Ends the pause; what to say of it.
    func resume() async throws -> [String] {
        let keys = try await keys()
        if let known = keys.pauses.first(where: { $0.node == node }) {
            try await session.request(
                .deleteKey(key: PauseRecord.key(of: cluster.name, node: node), modRevision: known.modRevision))
            return ["\(subject) goes on; it was paused \(known.text)"] + rest(keys)
        }
        // one that the manifest no longer has may still be paused, so that the key is looked for first
        try refuseUnknownNode()
        return ["\(subject) was not paused by `controller pause`"] + rest(keys)
    }

    private func refuseUnknownNode() throws(Failure) {
        if let node, !cluster.nodeNames.contains(node) {
            let names = cluster.nodeNames.map(\.text).joined(separator: ", ")
            throw Failure(.badInput, "--node: there is no node \(node); there are \(names)")
        }
    }

    /// What is still left alone, and how to end that.
    private func rest(_ keys: DCSView) -> [String] {
        var words = cluster.maintenance ? ["maintenance is on in the manifest, so nothing is changed yet"] : []
        words += cluster.nodes.maintenance.map { "\($0) is in maintenance by spec.nodes.maintenance" }
        words += keys.pauses.filter { $0.node != node }.map { pause in
            "\(pause.node.map { "node \($0)" } ?? "cluster \(cluster.name)") is still paused \(pause.text)"
        }
        if keys.isPaused { words.append("Patroni itself is paused: `patronictl resume`") }
        return words
    }

    private func keys() async throws -> DCSView {
        let observation = await session.world.observe(cluster, scope: .guarding(.leadership))
        guard case .present(let keys) = observation.dcs else {
            throw Failure(
                "etcd cannot be read, and a pause has to lie there; `maintenance: true` in the manifest does not")
        }
        return keys
    }
}

/// The person who types the commands, for the record.
enum Person {
    static var current: String {
        let own = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
        let user = ["SUDO_USER", "USER", "LOGNAME"].compactMap { Defaults.environment($0) }.first ?? own
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return user }
        return "\(user)@\(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))"
    }
}

extension Session {
    /// Fails at once while a person wants nothing changed: what a command asks for would not be done.
    /// - Parameter everywhere: whether it is about every node, so that one in maintenance stands in its way, too.
    func refuseWhilePaused(everywhere: Bool = false) async throws(Failure) {
        let observation = await world.observe(source.cluster, scope: .guarding(.leadership))
        let input = PlanningInput(cluster: source.cluster, observation: observation, now: await world.now())
        if let condition = input.pauseCondition {
            throw Failure(
                .paused, "\(source.cluster.name): \(Terminal.plain(condition.message)); nothing was asked for")
        }
        guard everywhere, let node = source.cluster.nodeNames.first(where: { input.isInMaintenance($0) }) else {
            return
        }
        throw Failure(.paused, "\(source.cluster.name): \(node) is in maintenance; nothing was asked for")
    }
}
