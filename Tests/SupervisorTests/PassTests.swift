import Model
import Synchronization
import Testing

@testable import Reconcilers
@testable import Supervisor
@testable import PlanningFixtures

/// A world that shows one thing to the planners and, a moment later, another to the guards.
private struct TurningWorld: World {
    let planned: PlanningFixture
    let judged: PlanningFixture
    let performed = Performed()

    final class Performed: Sendable {
        private let list = Mutex<[Effect]>([])
        func note(_ effects: [Effect]) { list.withLock { $0 += effects } }
        var effects: [Effect] { list.withLock { $0 } }
    }

    func observe(_ cluster: Cluster, scope: ObservationScope) async -> Observation {
        if case .guarding = scope { judged.observed } else { planned.observed }
    }
    func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome] {
        performed.note(effects)
        return effects.map { _ in .done("") }
    }
    func now() async -> Moment { PlanningFixture.now }
}

@Suite("A pass")
struct PassTests {
    @Test("judges an interruption by a fresh look, not by the one that planned it")
    func looksAgain() async {
        // the plan: pg-node-3 has other ports than wanted and is made anew; by now pg-node-2 is down
        var planned = PlanningFixture()
        planned.change("pg-node-3") { $0.settings.ports = [] }
        var judged = planned
        judged.stop("pg-node-2")
        let calm = TurningWorld(planned: planned, judged: planned)
        let pass = Pass(world: calm)
        _ = await pass.run(planned.cluster)
        #expect(calm.performed.effects.contains(.docker(.local, .stop("id-pg-node-3"))))
        let turned = TurningWorld(planned: planned, judged: judged)
        let report = await Pass(world: turned).run(planned.cluster)
        #expect(!turned.performed.effects.contains(.docker(.local, .stop("id-pg-node-3"))))
        #expect(report.refused.contains { $0.violation.invariant == .replicasFirst })
    }

    @Test("judges a start by a fresh look, too: meanwhile another container may live on the volume")
    func looksBeforeAStart() async {
        var planned = PlanningFixture()
        planned.stop("pg-node-3")
        let calm = TurningWorld(planned: planned, judged: planned)
        _ = await Pass(world: calm).run(planned.cluster)
        #expect(calm.performed.effects.contains(.docker(.local, .start("id-pg-node-3"))))
        var judged = planned
        judged.change("pg-node-2") { view in
            view.settings.mounts +=
                planned.engine.containers.first { $0.name.text == "pg-node-3" }?.settings.mounts ?? []
        }
        let turned = TurningWorld(planned: planned, judged: judged)
        let report = await Pass(world: turned).run(planned.cluster)
        #expect(!turned.performed.effects.contains(.docker(.local, .start("id-pg-node-3"))))
        #expect(report.refused.contains { $0.violation.invariant == .onePlace })
    }

    @Test("interrupts nothing on an engine that has gone out of sight")
    func goesStill() async {
        var planned = PlanningFixture()
        planned.change("pg-node-3") { $0.settings.ports = [] }
        let blind = planned
        let world = BlindWorld(planned: blind)
        let pass = Pass(world: world)
        let report = await pass.run(planned.cluster)
        #expect(world.performed.effects == [])
        #expect(report.refused.map(\.violation.invariant) == [.unknownIsNotAbsent])
    }

    @Test("changes nothing while maintenance is on")
    func maintains() async {
        var planned = PlanningFixture()
        planned.stop("pg-node-3")
        let world = TurningWorld(planned: planned, judged: planned)
        var cluster = planned.cluster
        cluster.maintenance = true
        let pass = Pass(world: world)
        _ = await pass.run(cluster)
        #expect(world.performed.effects == [])
    }
}

/// A world whose engine is seen once and then no more.
private struct BlindWorld: World {
    let planned: PlanningFixture
    let performed = TurningWorld.Performed()

    func observe(_ cluster: Cluster, scope: ObservationScope) async -> Observation {
        guard case .guarding = scope else { return planned.observed }
        var observation = planned.observation
        observation.engines = [EngineSighting(id: .local, view: .unknown(UnknownReason(.timedOut, "no answer")))]
        return observation
    }
    func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome] {
        performed.note(effects)
        return effects.map { _ in .done("") }
    }
    func now() async -> Moment { PlanningFixture.now }
}
