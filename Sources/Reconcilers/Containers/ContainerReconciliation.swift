import Model

extension ContainerSpec {
    /// The steps towards a running container that interrupt nothing: create, name, connect, fill, adjust, start.
    /// `mayStart` is nil where it may start, else what it waits for.
    func reconcile(at scope: EngineScope, group: ContainerGroup, mayStart: String?) -> Proposal {
        var proposal = Proposal()
        let subject = scope.subject(name)
        func act(_ effect: DockerEffect, _ reason: Reason) {
            proposal.actions.append(Action(.docker(scope.engineID, effect), on: subject, because: reason))
        }
        proposal.actions = connections(of: group, at: scope)
        switch group {
        case .missing:
            createIfPossible(at: scope, into: &proposal)
        case .foreign(let other):
            proposal.conditions.append(
                Condition(
                    .notOwned, .true, reason: "NameTaken",
                    message: "container \(name) (\(other.id.short)) is not ours and is left alone; "
                        + "rename it, or give the manifest another name", subject: subject))
            proposal.waiting.append("the name \(name), which a container that is not ours has")
        case .renamed(let seen):
            if let other = scope.engine.container(name), other.id != seen.id {
                proposal.conditions.append(
                    Condition(
                        .notOwned, .true, reason: "NameTaken",
                        message: "container \(name) (\(other.id.short)) is not ours, and ours is called \(seen.name)",
                        subject: subject))
            } else {
                act(.rename(seen.id, name), .renamed(from: seen.name))
            }
        case .adjustable(let seen, let differences):
            act(.update(seen.id, settings), .settingsDiffer(differences))
        case .disconnected(let seen):
            if let network = networks.first.flatMap({ scope.network($0) }) {
                act(.connect(network.id, seen.id, aliases: names(in: network.name)), .disconnected(network.name))
            }
        case .misfiled(let seen, let files):
            let paths = files.map(\.path)
            act(.upload(seen.id, self.files), seen.state == .created ? .filesMissing(paths) : .filesDiffer(paths))
        case .startable(let seen):
            reportExit(of: seen, subject: subject, into: &proposal)
            if let obstacle = mayStart {
                proposal.wait(for: "\(name) waits for \(obstacle)")
            } else {
                act(.start(seen.id), seen.startReason)
            }
        case .outdated(let seen, let differences):
            // a stopped one can go; a running one is the planner's decision
            if !seen.state.isAlive { act(.remove(seen.id), .settingsDiffer(differences)) }
        case .removing(let seen):
            // usually it is gone at the next look; a removal that failed half-way never ends by itself
            act(.remove(seen.id), .obsolete)
            proposal.wait(for: "\(name), which Docker is removing")
        case .unread(let seen):
            reportExit(of: seen, subject: subject, into: &proposal)
            proposal.wait(for: "\(name), which Docker is busy with")
        case .restarting:
            proposal.wait(for: "\(name), which Docker is busy with", lookAgain: .seconds(5))
        case .paused, .running:
            break
        }
        return proposal
    }

    /// The steps to the networks after the first, and off those of ours that are not for it. Docker takes them while it runs, and
    /// nothing else waits for them.
    private func connections(of group: ContainerGroup, at scope: EngineScope) -> [Action] {
        switch group {
        case .adjustable(let seen, _), .misfiled(let seen, _), .startable(let seen), .running(let seen),
            .outdated(let seen, _) where seen.state.isAlive:
            func action(_ effect: DockerEffect, _ reason: Reason) -> Action {
                Action(.docker(scope.engineID, effect), on: scope.subject(name), because: reason)
            }
            let lacks = networks.compactMap { scope.network($0) }.filter { !seen.isAttached(to: $0) }
            let surplus = scope.networks.filter { !networks.contains($0.name) && seen.isAttached(to: $0) }
            return lacks.map {
                action(.connect($0.id, seen.id, aliases: names(in: $0.name)), .disconnected($0.name))
            } + surplus.map { action(.disconnect($0.id, seen.id), .notForIt($0.name)) }
        case .missing, .foreign, .removing, .renamed, .outdated, .paused, .restarting, .disconnected, .unread: return []
        }
    }

    /// Ends a running container that has no endpoint on its first network, to give it one while it is down: with a new address its old connections would hang for minutes, as would the old addresses that it remembers.
    /// Both etcd and PostgreSQL would use their whole grace time to look for others whom they cannot reach.
    func rest(_ seen: ContainerView, gently: Bool = false, at scope: EngineScope) -> Action {
        Action(
            .docker(scope.engineID, gently ? .stop(seen.id) : .kill(seen.id)), on: scope.subject(name),
            because: .disconnected(networks.first ?? scope.cluster.network.name))
    }

    private func createIfPossible(at scope: EngineScope, into proposal: inout Proposal) {
        // the others are connected afterwards, so that a node needs no network but its own
        if let network = networks.first, scope.network(network) == nil {
            return proposal.wait(for: "network \(network)")
        }
        // what is only read may be somebody else's: a repository to restore from
        let missing = settings.mounts.filter { mount in
            !scope.engine.volumes.contains { $0.name == mount.volume && (scope.owns($0.labels) || !mount.isWritable) }
        }
        guard missing.isEmpty else {
            return proposal.wait(for: "volume \(missing.map(\.volume.text).joined(separator: ", "))")
        }
        guard case .present = scope.engine.image(image) else { return fetchImage(at: scope, into: &proposal) }
        proposal.actions.append(
            Action(.docker(scope.engineID, .createContainer(self)), on: scope.subject(name), because: .missing))
    }

    /// Pulls the image unless it is there.
    func fetchImage(at scope: EngineScope, into proposal: inout Proposal) {
        switch scope.engine.image(image) {
        case .present: break
        case .absent:
            proposal.actions.append(
                Action(
                    .docker(scope.engineID, .pull(image)), on: .image(scope.engineID, image),
                    because: .imageMissing(image)))
            proposal.conditions.append(
                Condition(
                    .imageMissing, .true, reason: "ImageMissing",
                    message: "image \(image) is not on the engine and is being pulled; `make images` builds our own",
                    subject: .image(scope.engineID, image)))
            proposal.wait(for: "image \(image)", lookAgain: .seconds(2))
        case .unknown:
            proposal.wait(for: "image \(image), which could not be looked up")
        }
    }

    private func reportExit(of seen: ContainerView, subject: Subject, into proposal: inout Proposal) {
        guard case .exited(let exit) = seen.state, !exit.error.isEmpty else { return }
        let taken = exit.error.contains("port is already allocated") || exit.error.contains("address already in use")
        guard taken else { return }
        let ports = settings.ports.map { "\($0.hostAddress):\($0.hostPort)" }.joined(separator: ", ")
        proposal.conditions.append(
            Condition(
                .portTaken, .true, reason: "PortTaken",
                message: "\(name) cannot start: one of \(ports) is taken by somebody else (\(exit.error)); "
                    + "free the port, or change it in the manifest", subject: subject))
    }
}

extension ContainerView {
    /// Why a container that does not run is started.
    var startReason: Reason {
        switch state {
        case .exited(let exit): .stopped(exitCode: exit.code, outOfMemory: exit.outOfMemory)
        case .created, .running, .paused, .restarting, .removing, .dead: .readyToStart
        }
    }
}

extension ContainerState {
    /// Whether a process of it lives, may live, or may come back by itself.
    var isAlive: Bool {
        switch self {
        case .running, .paused, .restarting, .removing, .dead: true
        case .created, .exited: false
        }
    }
}
