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
        guard console.enabled else { return StandaloneContainer.removal(of: .console, at: scope) }
        let leader = input.observation.dcs.value?.leader?.node
        let known = leader ?? input.observation.database.value?.node
        guard let primary = known else { return Proposal(waiting: ["a primary, for the console"]) }
        let container = StandaloneContainer(
            spec: ConsoleSpec.container(primary: primary, at: scope),
            // dbhub reads its file once
            readsFilesAnew: ConsoleSpec.readsItsFileAnew(console.image))
        var (proposal, group) = container.propose(at: scope)
        let subject = scope.subject(console.name)
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
}
