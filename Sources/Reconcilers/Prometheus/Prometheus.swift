public import Model

/// Keeps the cluster's own Prometheus, where the manifest asks for one: its targets and rules follow the manifest.
public struct Prometheus: Reconciler {
    /// Its name in plans and events.
    public let name = "prometheus"
    /// Creates the planner.
    public init() {}

    /// A container like any other, which scrapes the supervisor's container.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        let settings = input.cluster.monitoring.prometheus
        guard settings.enabled else { return StandaloneContainer.removal(of: .prometheus, at: scope) }
        let subject = scope.subject(settings.name)
        guard input.cluster.monitoring.enabled, let supervisor = Prometheus.supervisor(at: scope) else {
            let why =
                input.cluster.monitoring.enabled
                ? "the controller does not run as a container, so a container cannot reach it: use `make up`, or a Prometheus on "
                    + "the host with `controller monitoring scrape-config`"
                : "spec.monitoring.enabled is false, and there is nothing to scrape"
            return Proposal(conditions: [
                Condition(.prometheusAvailable, .false, reason: "NoTarget", message: why, subject: subject)
            ])
        }
        let container = StandaloneContainer(
            spec: PrometheusSpec.container(scraping: supervisor, at: scope), readsFilesAnew: false)
        var (proposal, group) = container.propose(at: scope)
        let isRunning = if case .running = group { true } else { false }
        proposal.conditions.append(
            Condition(
                .prometheusAvailable, isRunning ? .true : .false, reason: isRunning ? "Running" : "NotRunning",
                message: isRunning ? "http://\(settings.bindAddress):\(settings.port)" : "Prometheus is being started",
                subject: subject))
        if !isRunning { proposal.waiting.append("Prometheus") }
        return proposal
    }

    /// The name of the controller's own container.
    private static func supervisor(at scope: EngineScope) -> ContainerName? {
        scope.input.observation.supervisor.flatMap { scope.engine.container(id: $0) }?.name
    }
}
