public import Model

/// Keeps the web console, connected to the primary with a role of its own.
public struct Console: Reconciler {
    /// Its name in plans and events.
    public let name = "console"
    /// Creates the planner.
    public init() {}

    /// A container like any other; its files name the primary of the moment.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        let console = input.cluster.console
        guard console.enabled else { return remove(at: scope) }
        let leader = input.observation.dcs.value?.leader?.node
        let known = leader ?? input.observation.database.value?.node
        guard let primary = known else { return Proposal(waiting: ["a primary, for the console"]) }
        let spec = ConsoleSpec.container(primary: primary, at: scope)
        let group = spec.group(at: scope)
        var proposal = spec.reconcile(at: scope, group: group, mayStart: nil)
        let subject = scope.subject(console.name)
        switch group {
        case .outdated(let seen, let differences) where seen.state.isAlive:
            proposal.actions.append(
                Action(.docker(scope.engineID, .stop(seen.id)), on: subject, because: .settingsDiffer(differences)))
        case .misfiled(let seen, let files) where seen.state.isAlive && !ConsoleSpec.readsItsFileAnew(console.image):
            // dbhub reads its file once
            proposal.actions = [
                Action(.docker(scope.engineID, .stop(seen.id)), on: subject, because: .filesDiffer(files.map(\.path)))
            ]
        case .paused(let seen):
            proposal.actions.append(Action(.docker(scope.engineID, .unpause(seen.id)), on: subject, because: .paused))
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

    private func remove(at scope: EngineScope) -> Proposal {
        guard let seen = scope.containers(of: .console).first else { return Proposal() }
        let effect: DockerEffect = seen.state.isAlive ? .stop(seen.id) : .remove(seen.id)
        return Proposal(actions: [
            Action(.docker(scope.engineID, effect), on: scope.subject(seen.name), because: .surplus)
        ])
    }
}
