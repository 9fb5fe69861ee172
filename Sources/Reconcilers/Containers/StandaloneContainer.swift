import Model

/// A container of which there is one, and which no part of the cluster needs: where it differs from what the manifest asks for, it
/// is stopped and made again.
struct StandaloneContainer {
    let spec: ContainerSpec
    /// Whether its program reads a file again by itself.
    let readsFilesAnew: Bool

    /// The next step, and the group that the container is in.
    func propose(at scope: EngineScope) -> (proposal: Proposal, group: ContainerGroup) {
        let group = spec.group(at: scope)
        var proposal = spec.reconcile(at: scope, group: group, mayStart: nil)
        let subject = scope.subject(spec.name)
        switch group {
        case .outdated(let seen, let differences) where seen.state.isAlive:
            proposal.actions.append(
                Action(.docker(scope.engineID, .stop(seen.id)), on: subject, because: .settingsDiffer(differences)))
        case .misfiled(let seen, let files) where seen.state.isAlive && !readsFilesAnew:
            proposal.actions = [
                Action(.docker(scope.engineID, .stop(seen.id)), on: subject, because: .filesDiffer(files.map(\.path)))
            ]
        case .paused(let seen):
            proposal.actions.append(Action(.docker(scope.engineID, .unpause(seen.id)), on: subject, because: .paused))
        case .missing, .foreign, .removing, .renamed, .outdated, .restarting, .adjustable, .disconnected, .unread,
            .misfiled, .startable, .running:
            break
        }
        return (proposal, group)
    }

    /// One step towards none of this component.
    static func removal(of component: Component, at scope: EngineScope) -> Proposal {
        guard let seen = scope.containers(of: component).first else { return Proposal() }
        let effect: DockerEffect = seen.state.isAlive ? .stop(seen.id) : .remove(seen.id)
        return Proposal(actions: [
            Action(.docker(scope.engineID, effect), on: scope.subject(seen.name), because: .surplus)
        ])
    }
}
