import Model

/// I8: the loop never removes a volume. Only `controller destroy --volumes` does, and it does not come this way.
/// I1: nor does it remove a container with anything but a stopped process in it.
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
        case .createNetwork, .removeNetwork, .connect, .disconnect, .createVolume, .createContainer, .upload, .start,
            .stop, .kill, .shutdownPrimary, .unpause, .rename, .update, .pull, .run:
            return nil
        }
    }
}
