import DockerAPI
import Model

/// Looks into a repository that is no plain folder: by pgBackRest in a node that runs, else by what the last look of a
/// container of its own has found, while that is good.
struct RepositoryInquiry {
    let world: LiveWorld
    let cluster: Cluster
    let engine: EngineView

    /// How long a pass waits for the answer; it goes on without it then, and the answer rings.
    private static let patience: Duration = .seconds(3)
    private static let limit: Duration = .seconds(20)
    /// How old a look of the container may be.
    private static let shelfLife: Duration = .seconds(300)

    func answer() async -> Sighting<RepositoryView> {
        let nodes = ours(.node)
        guard let node = nodes.first(where: \.state.isRunning) else { return await lastLook(nodes) }
        return await world.repositoryCache.answer(within: RepositoryInquiry.patience) { await ask(node.id) }
    }

    private func ours(_ component: Component) -> [ContainerView] {
        engine.containers.filter {
            $0.labels.value(of: Label.cluster) == cluster.name.text
                && $0.labels.value(of: Label.component) == component.rawValue
        }
    }

    private func ask(_ id: ContainerID) async -> Sighting<RepositoryView> {
        do throws(DockerError) {
            let question = try await world.docker.createExec(
                in: id.text,
                DockerExecConfiguration(command: ["task", "look", "--stanza=\(cluster.backups.stanza)"]))
            await world.engineCache.note(question: question)
            var text: [UInt8] = []
            let output = try await world.docker.startExec(question, total: RepositoryInquiry.limit)
            for try await piece in output where piece.stream == .standardOutput { text += piece.bytes }
            let prefix = "task: "
            let line = String(decoding: text, as: UTF8.self).split(separator: "\n").last { $0.hasPrefix(prefix) }
            return await judge(line.flatMap { JSONValue.parse(String($0.dropFirst(prefix.count))) })
        } catch {
            return .unknown(error.unknownReason)
        }
    }

    /// A look is nothing worth once a node has lived after it.
    private func lastLook(_ nodes: [ContainerView]) async -> Sighting<RepositoryView> {
        let nothing = Sighting<RepositoryView>.unknown(
            UnknownReason(.unreachable, "no node runs that could look into the repository"))
        let name = "\(cluster.name)-look"
        guard let seen = ours(.task).first(where: { $0.labels.value(of: Label.name) == name }),
            case .exited(let exit) = seen.state, let end = Timestamp(exit.finishedAt), let result = seen.result.value,
            Timestamp(await world.now()) - end < RepositoryInquiry.shelfLife
        else { return nothing }
        for node in nodes {
            switch node.state {
            case .created: continue
            case .exited(let exit):
                guard let last = Timestamp(exit.finishedAt), last < end else { return nothing }
            case .running, .paused, .restarting, .removing, .dead: return nothing
            }
        }
        return await judge(result)
    }

    private func judge(_ answer: JSONValue?) async -> Sighting<RepositoryView> {
        guard let answer, answer["verb"]?.string == "look" else {
            return .unknown(
                UnknownReason(.malformed, "the node's image gives no answer; it is older than this controller"))
        }
        if let error = answer["error"]?.string {
            let words = await world.secrets.redact([error]).joined()
            return .unknown(UnknownReason(.unreachable, words))
        }
        guard let text = answer["backupInfo"]?.string else { return .present(RepositoryView(stanza: .missing)) }
        return .present(RepositoryFiles.parse(backupInfo: text))
    }
}
