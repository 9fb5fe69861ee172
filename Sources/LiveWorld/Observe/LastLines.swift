import DockerAPI
import Model

/// Reads the last lines of the containers that have ended, and of nodes whose PostgreSQL does not start: they usually
/// say why. Other containers are not asked.
struct LastLines {
    let world: LiveWorld
    static let count = 20
    private static let longest = 400

    /// The containers of a view that have something to tell, with what they wrote last.
    func read(_ engine: EngineView, cluster: Cluster, members: [MemberSighting]) async -> [ContainerID: [String]] {
        var found: [ContainerID: [String]] = [:]
        for seen in engine.containers where seen.labels.value(of: Label.cluster) == cluster.name.text {
            guard let occasion = await occasion(seen, members) else { continue }
            if let known = await world.contents.lastLines(of: seen.id, occasion: occasion) {
                found[seen.id] = known
                continue
            }
            guard
                let lines = try? await world.docker.logTail(seen.id.text, lines: LastLines.count, deadline: .seconds(1))
            else { continue }
            let hidden = await world.secrets.redact(lines).map { String($0.prefix(LastLines.longest)) }
            await world.contents.keep(lastLines: hidden, of: seen.id, occasion: occasion)
            found[seen.id] = hidden
        }
        return found
    }

    /// What there is to explain; nil where nothing is. A death is left alone at first: a failover may be under way.
    private func occasion(_ seen: ContainerView, _ members: [MemberSighting]) async -> String? {
        switch seen.state {
        case .exited(let exit):
            return await world.engineCache.isSettled(seen.id, since: exit.finishedAt) ? exit.finishedAt : nil
        case .running:
            let node = seen.labels.value(of: Label.name)
            let member = members.first { $0.node.text == node }?.view.value
            return member?.state == .failed ? "failed" : nil
        case .created, .paused, .restarting, .removing, .dead: return nil
        }
    }
}
