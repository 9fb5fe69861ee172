internal import Model

/// I9: what does not carry the cluster's label is not touched.
struct NotOurs: Checker {
    let invariant = "I9 not ours"

    func acted(_ deed: Deed) -> String? {
        if let container = deed.container, container.owner != deed.cluster.name.text {
            return "\(deed.effect.line) touches \(container.name), which is not ours"
        }
        guard case .docker(_, let effect) = deed.effect else { return nil }
        switch effect {
        case .removeNetwork(let id), .connect(let id, _, _), .disconnect(let id, _):
            guard let network = deed.before.engine.networks.first(where: { $0.id == id }) else { return nil }
            return network.labels.value(of: Label.cluster) == deed.cluster.name.text
                ? nil : "\(deed.effect.line) touches network \(network.name), which is not ours"
        case .start(let id):
            guard let index = deed.before.engine.index(of: id) else { return nil }
            return strangersVolume(of: deed.before.engine.containers[index], deed)
        case .createNetwork, .createVolume, .removeVolume, .createContainer, .upload, .stop, .kill, .standDown,
            .unpause,
            .remove, .rename, .update, .pull, .run:
            return nil
        }
    }

    /// Data in a volume that somebody else made is not ours to run on.
    private func strangersVolume(of container: SimulatedContainer, _ deed: Deed) -> String? {
        for mount in container.settings.mounts {
            guard let volume = deed.before.engine.volumes.first(where: { $0.name == mount.volume }),
                volume.labels.value(of: Label.cluster) != deed.cluster.name.text, !volume.content.isEmpty
            else { continue }
            return "\(container.name) was started on volume \(volume.name), which is not ours"
        }
        return nil
    }
}
