public import Model

/// Keeps the web console, connected to the primary with a role of its own.
public struct Console: Reconciler {
    /// Its name in plans and events.
    public let name = "console"
    /// Creates the planner.
    public init() {}

    /// A container like any other; its files name the primary of the moment.
    public func propose(_ scene: Scene) -> Proposal {
        guard let site = Site(scene) else { return Proposal() }
        let console = scene.cluster.console
        guard console.enabled else { return remove(at: site) }
        let leader = scene.observation.dcs.value?.leader?.node
        let known = leader ?? scene.observation.database.value?.node
        guard let primary = known else { return Proposal(waiting: ["a primary, for the console"]) }
        let spec = ConsoleSpec.container(primary: primary, at: site)
        let group = spec.group(at: site)
        var proposal = spec.keep(at: site, group: group, mayStart: nil)
        let subject = site.subject(console.name)
        switch group {
        case .outdated(let seen, let differences) where seen.state.isAlive:
            proposal.actions.append(
                Action(.docker(site.engineID, .stop(seen.id)), on: subject, because: .settingsDiffer(differences)))
        case .misfiled(let seen, let files) where seen.state.isAlive && !ConsoleSpec.readsItsFileAnew(console.image):
            // dbhub reads its file once
            proposal.actions = [
                Action(.docker(site.engineID, .stop(seen.id)), on: subject, because: .filesDiffer(files.map(\.path)))
            ]
        case .paused(let seen):
            proposal.actions.append(Action(.docker(site.engineID, .unpause(seen.id)), on: subject, because: .paused))
        case .missing, .foreign, .removing, .renamed, .outdated, .restarting, .adjustable, .disconnected, .unread,
            .misfiled, .startable, .running:
            break
        }
        report(group, console: console, subject: subject, into: &proposal)
        return proposal
    }

    private func report(
        _ group: ContainerGroup, console: ConsoleSettings, subject: Subject, into proposal: inout Proposal
    ) {
        let isRunning = if case .running = group { true } else { false }
        proposal.conditions.append(
            Condition(
                .consoleAvailable, isRunning ? .true : .false, reason: isRunning ? "Running" : "NotRunning",
                message: isRunning
                    ? "http://\(console.bindAddress):\(console.port)" : "the web console is being started",
                subject: subject))
        if !isRunning { proposal.waiting.append("the web console") }
    }

    private func remove(at site: Site) -> Proposal {
        guard let seen = site.containers(of: .console).first else { return Proposal() }
        let effect: DockerEffect = seen.state.isAlive ? .stop(seen.id) : .remove(seen.id)
        return Proposal(actions: [
            Action(.docker(site.engineID, effect), on: site.subject(seen.name), because: .surplus)
        ])
    }
}
