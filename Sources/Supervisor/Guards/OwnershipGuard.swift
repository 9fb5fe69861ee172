import Model

/// I9: a Docker object is changed only when a fresh look shows our label on it.
enum OwnershipGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        guard case .docker(let engine, let effect) = action.effect,
            case .present(let view) = input.observation.engine(engine)
        else { return nil }
        let label = input.cluster.name.text
        func foreign(container id: ContainerID) -> Violation? {
            guard let seen = view.containers.first(where: { $0.id == id }) else {
                return Violation(.notOurs, "container \(id.short) is not there any more")
            }
            return seen.labels.value(of: Label.cluster) == label
                ? nil : Violation(.notOurs, "container \(seen.name) (\(id.short)) does not carry this cluster's label")
        }
        func foreign(network id: NetworkID) -> Violation? {
            let seen = view.networks.first { $0.id == id }
            return seen?.labels.value(of: Label.cluster) == label
                ? nil : Violation(.notOurs, "network \(id.text.prefix(12)) does not carry this cluster's label")
        }
        switch effect {
        case .upload(let id, _), .start(let id), .stop(let id), .kill(let id), .shutdownPrimary(let id),
            .unpause(let id),
            .remove(let id),
            .rename(let id, _), .update(let id, _), .run(let id, _):
            return foreign(container: id)
        case .connect(let network, let id, _), .disconnect(let network, let id):
            if id == input.observation.supervisor { return foreign(network: network) }
            return foreign(network: network) ?? foreign(container: id)
        case .removeNetwork(let id): return foreign(network: id)
        case .createNetwork, .createVolume, .createContainer, .pull, .removeVolume: return nil
        }
    }
}
