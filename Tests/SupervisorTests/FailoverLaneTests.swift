import Model
import Synchronization
import Testing

@testable import PlanningFixtures
@testable import Reconcilers
@testable import Supervisor

/// A world in which some effects, or the looks of a turn, take as long as the test wants.
private final class SlowWorld: World {
    private struct State {
        var fixture: PlanningFixture
        var performed: [Effect] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isOpen = false
    }
    private let state: Mutex<State>
    private let isSlow: @Sendable (Effect) -> Bool
    private let isSlowLook: @Sendable (ObservationScope) -> Bool
    private let begun = AsyncStream<Void>.makeStream()

    init(
        _ fixture: PlanningFixture, slow: @escaping @Sendable (Effect) -> Bool = { _ in false },
        slowLook: @escaping @Sendable (ObservationScope) -> Bool = { _ in false }
    ) {
        state = Mutex(State(fixture: fixture))
        (isSlow, isSlowLook) = (slow, slowLook)
    }

    func observe(_ cluster: Cluster, scope: ObservationScope) async -> Observation {
        let seen = state.withLock { $0.fixture.observed }
        if isSlowLook(scope) { await pause() }
        return seen
    }

    func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome] {
        state.withLock { $0.performed += effects }
        if effects.contains(where: isSlow) { await pause() }
        return effects.map { _ in .done("") }
    }

    func now() async -> Moment { PlanningFixture.now }

    private func pause() async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if goesOn { continuation.resume() }
            begun.continuation.yield()
        }
    }

    /// Returns when something slow has begun.
    func awaitSlow() async { for await _ in begun.stream { return } }

    /// Lets everything slow go on, now and later.
    func finish() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func change(_ body: (inout PlanningFixture) -> Void) { state.withLock { body(&$0.fixture) } }
    var performed: [Effect] { state.withLock { $0.performed } }
    var releases: Int { performed.count { if case .etcd(.releaseLeader) = $0 { true } else { false } } }
    var starts: Int { performed.count { if case .docker(_, .start) = $0 { true } else { false } } }
}

/// A planner that wants the same at each look.
private struct Constant: Reconciler {
    let name = "constant"
    let actions: [Action]
    func propose(_ input: PlanningInput) -> Proposal { Proposal(actions: actions) }
}

@Suite("The failover lane", .timeLimit(.minutes(1)))
struct FailoverLaneTests {
    private static let released = Pass<SlowWorld>.LaneResult.released(.done(""))
    private static let script = Action(
        .sql("pg-node-1", .script("postgres", "SELECT 1;")), on: .database("postgres"),
        because: .missing)
    private static let start = Action(
        .docker(.local, .start("id-pg-node-3")), on: .container(.local, "pg-node-3"), because: .missing)

    /// The primary's container has ended, and Docker has taken it off its networks.
    private func killPrimary(_ fixture: inout PlanningFixture) {
        fixture.stop("pg-node-1")
    }

    @Test("releases the key of a dead leader while a turn waits for a statement, and the turn tells of it")
    func besideATurn() async {
        let fixture = PlanningFixture()
        let world = SlowWorld(fixture) { if case .sql = $0 { true } else { false } }
        let pass = Pass(world: world, reconcilers: [Failover(), Constant(actions: [Self.script])])
        async let turn = pass.run(fixture.cluster)
        await world.awaitSlow()
        world.change(killPrimary)
        #expect(await pass.failOver() == FailoverLaneTests.released)
        #expect(world.releases == 1)
        world.finish()
        let report = await turn
        #expect(
            report.performed.contains {
                if case .etcd(.releaseLeader) = $0.planned.action.effect { true } else { false }
            })
    }

    @Test("what a turn wants to start by a look that is older than a release is not started")
    func oldLook() async {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3")
        let world = SlowWorld(fixture, slowLook: { $0 == .everything })
        let pass = Pass(world: world, reconcilers: [Failover(), Constant(actions: [Self.start])])
        async let turn = pass.run(fixture.cluster)
        await world.awaitSlow()
        world.change(killPrimary)
        #expect(await pass.failOver() == FailoverLaneTests.released)
        world.finish()
        let report = await turn
        #expect(world.starts == 0)
        #expect(report.decisions.contains { $0.disposition == .deferred(.failover) })
        #expect(report.lookAgain == .zero)
    }

    @Test("a start that is being asked for comes first, and the lane judges by a look that is younger")
    func startsFirst() async {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3")
        let world = SlowWorld(fixture) { if case .docker(_, .start) = $0 { true } else { false } }
        let pass = Pass(world: world, reconcilers: [Failover(), Constant(actions: [Self.start])])
        async let turn = pass.run(fixture.cluster)
        await world.awaitSlow()
        world.change(killPrimary)
        async let lane = pass.failOver()
        // the leader is back before the lane has its turn
        world.change { $0 = PlanningFixture() }
        world.finish()
        _ = await turn
        #expect(await lane == .nothing)
        #expect(world.releases == 0)
    }

    @Test("does nothing where the leader lives, has no proof of death, or a person wants nothing changed")
    func doesNothing() async {
        let healthy = PlanningFixture()
        var attached = healthy
        killPrimary(&attached)
        attached.engine.networks[0].endpoints.append("id-pg-node-1")
        var shim = healthy
        shim.stop("pg-node-1", exitCode: 255)
        var paused = healthy
        killPrimary(&paused)
        paused.dcs { $0.pauses = [PauseRecord(node: nil, since: "t0", author: "kim", reason: "a look")] }
        for (fixture, result) in [
            (healthy, Pass<SlowWorld>.LaneResult.nothing), (attached, .unproven), (shim, .unproven),
            (paused, .unproven),
        ] {
            let world = SlowWorld(fixture)
            let pass = Pass(world: world, reconcilers: [Failover()])
            // the lane follows the manifest of the latest turn
            #expect(await pass.failOver() == .nothing)
            world.change { $0 = healthy }
            _ = await pass.run(healthy.cluster)
            world.change { $0 = fixture }
            #expect(await pass.failOver() == result)
            #expect(world.releases == 0)
        }
    }

    @Test("judges by a second look: a leader that lives again keeps its key")
    func secondLook() async {
        let healthy = PlanningFixture()
        let looks = Mutex(0)
        let world = SlowWorld(
            healthy,
            slowLook: { scope in
                guard scope == .failover else { return false }
                return looks.withLock {
                    $0 += 1
                    return $0 == 1
                }
            })
        let pass = Pass(world: world, reconcilers: [Failover()])
        _ = await pass.run(healthy.cluster)
        world.change(killPrimary)
        async let lane = pass.failOver()
        await world.awaitSlow()
        world.change { $0 = healthy }
        world.finish()
        #expect(await lane == .unproven)
        #expect(world.releases == 0)
    }
}
