import Model

/// I12: a data volume is never mounted by two living containers. I3: an empty node is not started where a cluster is
/// known to have existed and no data of it is in sight.
enum StartGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        if let violation = secondChance(action, input) { return violation }
        guard case .docker(let engine, .start(let id)) = action.effect else { return nil }
        guard case .present(let view) = input.observation.engine(engine),
            let seen = view.containers.first(where: { $0.id == id })
        else { return Violation(.unknownIsNotAbsent, "container \(id.short) could not be seen") }
        let component = seen.labels.value(of: Label.component)
        let isNode = component == Component.node.rawValue
        guard isNode || component == Component.task.rawValue else { return nil }
        let data = seen.settings.mounts.filter { $0.volume != input.cluster.backups.volume && $0.isWritable }
        guard !data.isEmpty || !isNode else { return Violation(.onePlace, "container \(seen.name) has no data volume") }
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
        return isNode ? secondInit(of: seen, view: view, input: input) : nil
    }

    /// The mark of an initialisation is taken away only while it is empty, there is no leader, and no node has data or may be
    /// at work on it.
    private static func secondChance(_ action: Action, _ input: PlanningInput) -> Violation? {
        guard case .etcd(.deleteKey(let key, _)) = action.effect, key == input.cluster.dcsPrefix + "initialize" else {
            return nil
        }
        guard let dcs = input.observation.dcs.value, dcs.initialize == "", dcs.leader == nil else {
            return Violation(.noSecondInit, "the cluster is not known to be uninitialised")
        }
        guard let engine = input.cluster.engines.first?.name, case .present(let view) = input.observation.engine(engine)
        else { return Violation(.unknownIsNotAbsent, "the nodes could not be seen") }
        for node in input.cluster.nodeNames {
            let body = view.containers.first { $0.labels.value(of: Label.name) == node.text }
            guard let body else {
                if view.volumes.contains(where: { $0.labels.value(of: Label.name) == node.text }) {
                    return Violation(.unknownIsNotAbsent, "the volume of \(node) could not be looked into")
                }
                continue
            }
            if !body.state.isRunning {
                guard body.data == .present(.empty) else {
                    return Violation(.noSecondInit, "the volume of \(node) is not known to be empty")
                }
            } else {
                guard case .present(let member) = input.observation.member(node), member.systemIdentifier == nil,
                    ![.initializing, .starting, .running, .cloning].contains(member.state)
                else { return Violation(.noSecondInit, "\(node) may be at work on the first cluster") }
            }
        }
        return nil
    }

    private static func secondInit(of seen: ContainerView, view: EngineView, input: PlanningInput) -> Violation? {
        guard case .present(.empty) = seen.data, let identifier = input.observation.dcs.value?.initialize,
            !identifier.isEmpty, input.observation.dcs.value?.leader == nil
        else { return nil }
        let nodes = view.containers.filter {
            $0.labels.value(of: Label.cluster) == input.cluster.name.text
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
