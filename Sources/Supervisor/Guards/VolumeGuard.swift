import Model

/// I8: the loop never removes a volume. Only `controller destroy --volumes` does, and it does not come this way.
/// I1: nor does it remove a container with anything but a stopped process in it, nor does a node turn away from data that may be
/// the last copy.
enum VolumeGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        guard case .docker(let engine, let effect) = action.effect else { return nil }
        switch effect {
        case .removeVolume(let name):
            return Violation(.immortalVolumes, "volume \(name) would be removed")
        case .remove(let id):
            guard let seen = input.observation.engine(engine).value?.containers.first(where: { $0.id == id }) else {
                return nil
            }
            switch seen.state {
            // a removal that got stuck half-way; Docker itself refuses to remove a living container without force
            case .created, .exited, .removing, .dead: return nil
            case .running, .paused, .restarting:
                return Violation(.lastCopy, "container \(seen.name) is not stopped")
            }
        case .createVolume(let spec): return replacement(spec, on: engine, input)
        case .createNetwork, .removeNetwork, .connect, .disconnect, .createContainer, .upload, .start,
            .stop, .kill, .shutdownPrimary, .unpause, .rename, .update, .pull, .run:
            return nil
        }
    }

    /// A volume in the place of one that holds a cluster's data: its node is at rest, and another one leads and takes writes.
    private static func replacement(_ spec: VolumeSpec, on engine: EngineID, _ input: PlanningInput) -> Violation? {
        guard spec.component == .node, spec.labels.value(of: Label.replaces) != nil,
            let owner = spec.labels.value(of: Label.name)
        else { return nil }
        guard case .present(let view) = input.observation.engine(engine),
            let body = view.containers.first(where: {
                $0.labels.value(of: Label.cluster) == input.cluster.name.text
                    && $0.labels.value(of: Label.name) == owner
            })
        else { return Violation(.unknownIsNotAbsent, "the container of \(owner) could not be seen") }
        switch body.data {
        case .present(.incomplete), .present(.empty), .present(.etcd): return nil
        case .present(.postgres), .absent, .unknown: break
        }
        switch body.state {
        case .created, .exited: break
        case .running, .paused, .restarting, .removing, .dead:
            return Violation(.onePlace, "\(body.name) is not at rest")
        }
        guard case .present(let keys) = input.observation.dcs else {
            return Violation(.unknownIsNotAbsent, "who leads could not be read")
        }
        guard let leader = keys.leader?.node, leader.text != owner,
            case .present(let member) = input.observation.member(leader), member.role == .primary,
            member.state == .running
        else { return Violation(.lastCopy, "no other node than \(owner) is seen to take writes") }
        return nil
    }
}
