import Model

/// I7: a node is interrupted only when enough others stream, and the leader only when it is alone or has handed over.
enum InterruptionGuard {
    static func judge(_ action: Action, _ scene: Scene) -> Violation? {
        guard let node = interrupted(by: action, scene) else { return nil }
        if let leader = scene.observation.dcs.value?.leader?.node, leader == node, scene.cluster.nodes.count > 1 {
            return Violation(.replicasFirst, "\(node) is the leader and has not handed over")
        }
        let streaming = scene.cluster.nodeNames.filter { other in
            guard other != node, case .present(let member) = scene.observation.member(other) else { return false }
            return member.role == .replica && member.isStreaming
        }
        let synchronous = scene.cluster.postgres.synchronous
        let needed = synchronous.mode == .off || scene.cluster.nodes.count == 1 ? 0 : synchronous.number
        // where fewer stream than commits wait for, a broken node may still be replaced; a streaming one may not
        let isStreaming = scene.observation.member(node).value?.isStreaming == true
        guard isStreaming, streaming.count < needed else { return nil }
        return Violation(.replicasFirst, "only \(streaming.count) other replicas stream, commits wait for \(needed)")
    }

    private static func interrupted(by action: Action, _ scene: Scene) -> NodeName? {
        switch action.effect {
        case .docker(_, .stop):
            guard case .container(_, let name) = action.subject else { return nil }
            let node = NodeName(name.text)
            return scene.cluster.index(of: node) == nil ? nil : node
        case .patroni(let node, .restart): return node
        case .docker, .etcd, .patroni, .sql: return nil
        }
    }
}
