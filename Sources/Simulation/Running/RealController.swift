public import Model
internal import Supervisor

/// The controller that people run, in the simulated world: the real planners, guards and loop.
public struct RealController: Controlling {
    private var pass: Pass<SimulatedWorld>

    /// A controller that has just started.
    public init(world: SimulatedWorld) { pass = Pass(world: world) }

    /// One turn of the loop.
    public mutating func pass(_ cluster: Cluster) async -> PassSummary {
        let report = await pass.run(cluster)
        return PassSummary(
            lookAgain: report.lookAgain, isConverged: report.isConverged, hasActed: !report.performed.isEmpty,
            waiting: report.plan.waiting + report.refused.map { "refused: \($0.violation.message)" })
    }
}
