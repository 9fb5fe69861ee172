public import Model
internal import Supervisor

/// The controller that people run, in the simulated world: the real planners, guards and loop, and the failover lane.
public struct RealController: Controlling {
    private let pass: Pass<SimulatedWorld>
    private let world: SimulatedWorld

    /// A controller that has just started.
    public init(world: SimulatedWorld) {
        self.world = world
        pass = Pass(world: world)
    }

    /// One turn of the loop, and the failover lane when a node has died before it or in it.
    public func pass(_ cluster: Cluster) async -> PassSummary {
        await world.onDeath { [pass, world] in await Self.failOver(pass, in: world) }
        if await world.takeDeath() { await Self.failOver(pass, in: world) }
        let report = await pass.run(cluster)
        return PassSummary(
            lookAgain: report.lookAgain, isConverged: report.isConverged, hasActed: !report.performed.isEmpty,
            waiting: report.plan.waiting + report.refused.map { "refused: \($0.violation.message)" })
    }

    /// The proof of a death may come a moment after it.
    private static func failOver(_ pass: Pass<SimulatedWorld>, in world: SimulatedWorld) async {
        for _ in 0..<3 {
            guard await pass.failOver() == .unproven else { return }
            await world.pass(20...60)
        }
    }
}
