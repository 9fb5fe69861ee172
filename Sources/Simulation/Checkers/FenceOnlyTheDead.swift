internal import Model

/// I4: a leader key is released only when no process that could write its data lives.
struct FenceOnlyTheDead: Checker {
    let invariant = "I4 fence only the dead"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .etcd(.releaseLeader(_, let key, _)) = performed.effect, performed.isDone else { return nil }
        let engine = performed.before.engine
        let volumes = engine.containers.filter { $0.component == .node && $0.home == key.node.text }
            .compactMap(\.dataVolume)
        for container in engine.containers where container.hasProcess {
            if container.component == .node, container.home == key.node.text {
                return "the key of \(key.node) was released while its container lives"
            }
            if let volume = container.dataVolume, volumes.contains(volume) {
                return "the key of \(key.node) was released while \(container.name) uses its data"
            }
        }
        return nil
    }
}
