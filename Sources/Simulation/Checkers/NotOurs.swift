internal import Model

/// I9: what does not carry the cluster's label is not touched.
struct NotOurs: Checker {
    let invariant = "I9 not ours"

    func acted(_ performed: PerformedEffect) -> String? {
        if let container = performed.container, container.owner != performed.cluster.name.text {
            return "\(performed.effect.line) touches \(container.name), which is not ours"
        }
        guard case .docker(_, let effect) = performed.effect else { return nil }
        switch effect {
        case .removeNetwork(let id), .connect(let id, _, _), .disconnect(let id, _):
            guard let network = performed.before.engine.networks.first(where: { $0.id == id }) else { return nil }
            return network.labels.value(of: Label.cluster) == performed.cluster.name.text
                ? nil : "\(performed.effect.line) touches network \(network.name), which is not ours"
        case .start(let id):
            guard let index = performed.before.engine.index(of: id) else { return nil }
            return strangersVolume(of: performed.before.engine.containers[index], performed)
        case .createNetwork, .createVolume, .removeVolume, .createContainer, .upload, .stop, .kill, .shutdownPrimary,
            .unpause,
            .remove, .rename, .update, .pull, .run:
            return nil
        }
    }

    /// Data in a volume that somebody else made is not ours to run on.
    private func strangersVolume(of container: SimulatedContainer, _ performed: PerformedEffect) -> String? {
        for mount in container.settings.mounts {
            guard let volume = performed.before.engine.volumes.first(where: { $0.name == mount.volume }),
                volume.labels.value(of: Label.cluster) != performed.cluster.name.text, !volume.content.isEmpty
            else { continue }
            return "\(container.name) was started on volume \(volume.name), which is not ours"
        }
        return nil
    }
}
