import Model

/// I12: a data volume is never mounted by two living containers. I3: an empty node is not started where a cluster is
/// known to have existed and no data of it is in sight.
enum StartGuard {
    static func judge(_ action: Action, _ scene: Scene) -> Violation? {
        guard case .docker(let engine, .start(let id)) = action.effect else { return nil }
        guard case .present(let view) = scene.observation.engine(engine),
            let seen = view.containers.first(where: { $0.id == id })
        else { return Violation(.unknownIsNotAbsent, "container \(id.short) could not be seen") }
        guard let component = seen.labels.value(of: Label.component), component == Component.node.rawValue else {
            return nil
        }
        let data = seen.settings.mounts.filter { $0.volume != scene.cluster.backups.volume }
        guard !data.isEmpty else { return Violation(.onePlace, "container \(seen.name) has no data volume") }
        for other in view.containers where other.id != id {
            switch other.state {
            case .created, .exited: continue
            case .running, .paused, .restarting, .removing, .dead: break
            }
            if let shared = other.settings.mounts.first(where: { mount in data.contains { $0.volume == mount.volume } })
            {
                return Violation(.onePlace, "\(other.name) also uses volume \(shared.volume)")
            }
        }
        return secondInit(of: seen, view: view, scene: scene)
    }

    private static func secondInit(of seen: ContainerView, view: EngineView, scene: Scene) -> Violation? {
        guard case .present(.empty) = seen.data, let identifier = scene.observation.dcs.value?.initialize,
            !identifier.isEmpty, scene.observation.dcs.value?.leader == nil
        else { return nil }
        let nodes = view.containers.filter {
            $0.labels.value(of: Label.cluster) == scene.cluster.name.text
                && $0.labels.value(of: Label.component) == Component.node.rawValue && $0.id != seen.id
        }
        let holdsData = nodes.contains { other in
            switch other.data {
            case .present(.postgres): true
            case .present(.empty), .present(.incomplete), .present(.etcd), .absent: false
            case .unknown: other.state.isRunning
            }
        }
        return holdsData
            ? nil : Violation(.noSecondInit, "cluster \(identifier) existed, and no node with its data is in sight")
    }
}
