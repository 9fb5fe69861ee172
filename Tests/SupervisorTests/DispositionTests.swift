import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers
@testable import Supervisor

/// Why an action is not done now: each answer, from the plan or the pass that gives it.
@Suite("What becomes of an action")
struct DispositionTests {
    /// Wants what it is told to.
    private struct Wanting: Reconciler {
        let name: String
        var actions: [Action]
        var exclusivePlanners: [String]?

        func propose(_ input: PlanningInput) -> Proposal {
            var proposal = Proposal(actions: actions)
            proposal.exclusivePlanners = exclusivePlanners
            return proposal
        }
    }

    /// A world in which everything is refused.
    private struct RefusingWorld: World {
        let fixture: PlanningFixture
        func observe(_ cluster: Cluster, scope: ObservationScope) async -> Observation { fixture.observed }
        func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome] {
            effects.map { _ in .refused(Refusal(.unavailable, "no")) }
        }
        func now() async -> Moment { PlanningFixture.now }
    }

    private static func stop(_ name: ContainerName) -> Action {
        Action(.docker(.local, .stop(ContainerID("id-\(name)"))), on: .container(.local, name), because: .surplus)
    }

    private static func start(_ name: ContainerName) -> Action {
        Action(.docker(.local, .start(ContainerID("id-\(name)"))), on: .container(.local, name), because: .surplus)
    }

    private static let release = Action(
        .etcd(
            .releaseLeader(
                prefix: "/service/demo/",
                LeaderKey(node: "pg-node-1", lease: 7, createRevision: 10, modRevision: 10), candidate: nil)),
        on: .leadership, because: .leaderDead("pg-node-1", exitCode: 137))

    private static func deferred(_ fixture: PlanningFixture, _ reconcilers: [Wanting]) -> [Disposition] {
        Plan(fixture.input, reconcilers: reconcilers).deferred.map(\.disposition)
    }

    @Test("a primary that hangs is fenced before a switchover that gets no answer")
    func fencesFirst() {
        let fixture = PlanningFixture()
        func asks(_ name: String, _ effect: Effect, _ subject: Subject) -> Wanting {
            Wanting(name: name, actions: [Action(effect, on: subject, because: .missing)])
        }
        let switchover = asks(
            "switchovers", .patroni("pg-node-1", .switchover(from: "pg-node-1", to: "pg-node-2")), .leadership)
        let kill = asks("nodes", .docker(.local, .kill("id-pg-node-1")), .container(.local, "pg-node-1"))
        let release = asks(
            "failover",
            .etcd(
                .releaseLeader(
                    prefix: "", LeaderKey(node: "pg-node-1", lease: 7, createRevision: 1, modRevision: 1),
                    candidate: nil)),
            .leadership)
        let plan = Plan(fixture.input, reconcilers: [switchover, kill])
        #expect(plan.disruptive?.action.effect == kill.actions[0].effect)
        #expect(
            plan.deferred.map(\.disposition) == [.deferred(.interruption(.container(.local, "pg-node-1")))])
        // of two that are urgent the first one comes first
        #expect(
            Plan(fixture.input, reconcilers: [release, kill]).disruptive?.action.effect == release.actions[0].effect)
    }

    @Test("a plan says what comes before an action")
    func precedence() {
        let fixture = PlanningFixture()
        let first = Wanting(name: "first", actions: [Self.start("pg-node-3")])
        let second = Wanting(name: "second", actions: [Self.stop("pg-node-3")])
        #expect(Self.deferred(fixture, [first, second]) == [.deferred(.claim(reconciler: "first"))])

        var exclusive = first
        exclusive.exclusivePlanners = ["first"]
        #expect(Self.deferred(fixture, [exclusive, second]) == [.deferred(.pausedClients)])

        let both = Wanting(name: "both", actions: [Self.stop("pg-node-2"), Self.stop("pg-node-3")])
        #expect(
            Self.deferred(fixture, [both]) == [.deferred(.interruption(.container(.local, "pg-node-2")))])

        var restarting = fixture
        restarting.observation.restarts = ["pg-node-2"]
        #expect(Self.deferred(restarting, [second]) == [.deferred(.restart("pg-node-2"))])
        var stopping = fixture
        stopping.change("pg-node-2") { $0.isBeingStopped = true }
        #expect(Self.deferred(stopping, [second]) == [.deferred(.stop("pg-node-2"))])

        let failover = Wanting(name: "failover", actions: [Self.release])
        #expect(Self.deferred(fixture, [failover, first]) == [.deferred(.failover)])
        // a failover itself waits for nothing
        #expect(Self.deferred(stopping, [failover]) == [])
    }

    @Test("in a cluster that a person has paused, the plan says so of each action")
    func maintenance() {
        var fixture = PlanningFixture()
        fixture.cluster.maintenance = true
        let plan = Plan(fixture.input, reconcilers: [Wanting(name: "one", actions: [Self.start("pg-node-3")])])
        #expect(plan.actions.map(\.disposition) == [.inMaintenance])
        let released = Action(
            .pooler("pgbouncer-1", .resume), on: .container(.local, "pgbouncer-1"), because: .paused)
        let resumes = Plan(fixture.input, reconcilers: [Wanting(name: "one", actions: [released])])
        #expect(resumes.actions.map(\.disposition) == [.due])
    }

    @Test("a pass says what was done, refused, or tried a moment ago; status shows what was not done")
    func decisions() async {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3")
        let start = Self.start("pg-node-3")
        let pass = Pass(
            world: RefusingWorld(fixture: fixture),
            reconcilers: [Wanting(name: "one", actions: [start])])
        let outcome = Outcome.refused(Refusal(.unavailable, "no"))
        #expect(await pass.run(fixture.cluster).decisions.map(\.disposition) == [.performed(outcome)])
        let again = await pass.run(fixture.cluster).decisions
        #expect(again.map(\.disposition) == [.backingOff(until: PlanningFixture.now.after(.seconds(1)))])
        #expect(StatusReport.Pending(again[0])?.why.contains("the next attempt comes at") == true)

        // a release without a proof of death
        let releasing = Pass(
            world: RefusingWorld(fixture: fixture), reconcilers: [Wanting(name: "one", actions: [Self.release])])
        let report = await releasing.run(fixture.cluster)
        guard case .refused(let found)? = report.decisions.first?.disposition else {
            Issue.record("\(report.decisions)")
            return
        }
        #expect(found.invariant == .fenceOnlyTheDead)
        #expect(StatusReport.Pending(report.decisions[0])?.why.hasPrefix("refused by I4: ") == true)
        #expect(report.refused.count == 1 && report.performed.isEmpty)
    }
}
