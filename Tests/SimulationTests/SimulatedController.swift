import Model
import Simulation
import Supervisor

/// The real controller's side of a run.
struct SimulatedController: Controlling {
    private var pass: Pass<SimulatedWorld>

    init(world: SimulatedWorld) { pass = Pass(world: world) }

    mutating func pass(_ cluster: Cluster) async -> PassSummary {
        let report = await pass.run(cluster)
        return PassSummary(
            lookAgain: report.lookAgain, isConverged: report.isConverged,
            waiting: report.plan.waiting + report.refused.map { "refused: \($0.violation.message)" })
    }
}
