import Model
import Simulation
import Supervisor

/// What follows the first wave: the same loop, run in a model that starts as the real world was seen.
struct PlanForecast {
    /// An action of the model, and the look that it came from.
    struct Step {
        var planned: PlannedAction
        var input: PlanningInput
        /// How long after the start.
        var elapsed: Duration
        /// Whether it belongs to the first wave, which is no forecast.
        var isNow: Bool
    }

    private static let passLimit = 600

    /// All that the model did, in order.
    private(set) var steps: [Step] = []
    /// When the model's cluster was as wanted; nil where the model does not tell.
    private(set) var convergedAfter: Duration?

    /// What the model still waited for or went on doing where it came to no rest.
    private(set) var unfinished: [String] = []

    /// Runs the model until it is at rest, or for as many passes as there may be.
    static func run(_ input: PlanningInput) async -> PlanForecast {
        // what would be done after the pause
        var cluster = input.cluster
        cluster.maintenance = false
        let now = input.now
        // a node reads what Patroni got at its next loop, and only then says that a restart is due
        let calm = cluster.patroni.loopWait + .seconds(2)
        let world = SimulatedWorld(from: input.observation, cluster: cluster, now: now)
        let pass = Pass(world: world)
        var forecast = PlanForecast()
        var convergedAt: Duration?
        for turn in 1...passLimit {
            let report = await pass.run(cluster)
            let elapsed = report.input.now.uptime - now.uptime
            for (planned, _) in report.performed {
                forecast.steps.append(
                    Step(planned: planned, input: report.input, elapsed: elapsed, isNow: turn == 1))
            }
            let isConverged = report.isConverged && report.plan.waiting.isEmpty
            convergedAt = isConverged && report.performed.isEmpty ? convergedAt ?? elapsed : nil
            if let end = convergedAt, turn == 1 || elapsed - end > calm {
                forecast.convergedAfter = end
                return forecast
            }
            forecast.unfinished =
                report.plan.waiting + report.decisions.map { "\($0.action.subject.text): \($0.action.effect.phrase)" }
            let rest: Duration = isConverged ? .seconds(1) : .seconds(30)
            await world.rest(atMost: min(report.lookAgain ?? rest, rest))
        }
        return forecast
    }
}
