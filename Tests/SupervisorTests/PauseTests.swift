import Model
import Synchronization
import Testing

@testable import Reconcilers
@testable import Supervisor
@testable import PlanningFixtures

/// A world that is seen one way at one look and another way at the next; what is asked of it is noted.
private struct ChangingWorld: World {
    let looks: Looks

    final class Looks: Sendable {
        private let state: Mutex<(left: [Observation], performed: [Effect], uptime: Duration)>
        private let pace: Duration
        init(_ list: [Observation], pace: Duration) {
            state = Mutex((list, [], PlanningFixture.now.uptime))
            self.pace = pace
        }
        func next() -> Observation {
            state.withLock {
                $0.uptime += pace
                return $0.left.count > 1 ? $0.left.removeFirst() : $0.left[0]
            }
        }
        var uptime: Duration { state.withLock { $0.uptime } }
        func note(_ effects: [Effect]) { state.withLock { $0.performed += effects } }
        var performed: [Effect] { state.withLock { $0.performed } }
    }

    func observe(_ cluster: Cluster, scope: ObservationScope) async -> Observation { looks.next() }
    func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome] {
        looks.note(effects)
        return effects.map { _ in .done("") }
    }
    func now() async -> Moment {
        Moment(uptime: looks.uptime, wallMilliseconds: PlanningFixture.now.wallMilliseconds)
    }
}

@Suite("A pause of the controller")
struct PauseTests {
    /// A console that died, a node to be made anew, and a pooler that pauses its clients.
    private func ailing() -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.stop(fixture.cluster.console.name)
        fixture.change("pg-node-3") { $0.settings.ports = [] }
        fixture.pooler("pgbouncer-1") { $0.isPaused = true }
        return fixture
    }

    private func pause(_ fixture: PlanningFixture, node: NodeName? = nil) -> PlanningFixture {
        var fixture = fixture
        fixture.dcs { $0.pauses = [PauseRecord(node: node, since: "t0", author: "kim@desk", reason: "a look")] }
        return fixture
    }

    private func performed(
        _ looks: [PlanningFixture], passes: Int = 1, of cluster: Cluster? = nil, pace: Duration = .zero
    ) async -> [Effect] {
        let world = ChangingWorld(looks: .init(looks.map(\.observed), pace: pace))
        let pass = Pass(world: world)
        for _ in 0..<passes { _ = await pass.run(cluster ?? looks[0].cluster) }
        return world.looks.performed
    }

    @Test("nothing is done but to let clients go on that a pooler pauses; the plan is still there to be seen")
    func holds() async {
        #expect(await performed([ailing()]).count > 1)
        let paused = pause(ailing())
        #expect(await performed([paused]) == [.pooler("pgbouncer-1", .resume)])
        var cluster = ailing().cluster
        cluster.maintenance = true
        #expect(await performed([ailing()], of: cluster) == [.pooler("pgbouncer-1", .resume)])
        // nothing is left to the guards, which would call it a planner's mistake
        let pass = Pass(world: ChangingWorld(looks: .init([paused.observed], pace: .zero)))
        #expect(await pass.run(paused.cluster).refused.isEmpty)
        let plan = Plan(paused.input, reconcilers: Reconcilers.all)
        #expect(plan.disruptive?.action.effect == .docker(.local, .stop("id-pg-node-3")))
    }

    @Test("is told of with since when, by whom and why; the cluster is not ready; Patroni's own pause is another one")
    func tells() throws {
        var fixture = pause(PlanningFixture())
        fixture.dcs { $0.configuration = .object([("pause", .bool(true))]) }
        let plan = Plan(fixture.input, reconcilers: Reconcilers.all)
        let own = try #require(plan.conditions.first { $0.type == .paused && $0.subject == .cluster })
        #expect(own.reason == "ByCommand")
        #expect(own.message.contains("since t0 by kim@desk: a look"))
        let theirs = try #require(plan.conditions.first { $0.type == .paused && $0.subject == .leadership })
        #expect(theirs.reason == "PatroniPaused")
        let status = StatusReport(input: fixture.input, conditions: plan.conditions, waiting: plan.waiting)
        #expect(!status.ready)
        #expect(status.pauses == [.init(node: nil, since: "t0", by: "kim@desk", reason: "a look")])
    }

    @Test("stays in force for a while in which etcd cannot be read, and ends when it can be and tells of none")
    func isRemembered() async {
        let paused = pause(ailing())
        var blind = ailing()
        blind.observation.dcs = .unknown(UnknownReason(.timedOut, "no answer"))
        let start = Effect.docker(.local, .start(ContainerID("id-\(blind.cluster.console.name)")))
        #expect(await performed([blind]).contains(start))
        #expect(!(await performed([paused, blind], passes: 2).contains(start)))
        #expect(await performed([paused, blind, ailing()], passes: 3).contains(start))
        // nobody could end it: etcd has to come back first
        #expect(!(await performed([paused, blind], passes: 2, pace: .seconds(100)).contains(start)))
        #expect(await performed([paused, blind], passes: 3, pace: .seconds(100)).contains(start))
    }

    @Test("that comes between the plan and the interruption stops it", arguments: [nil, "pg-node-3"] as [NodeName?])
    func comesBetween(node: NodeName?) async {
        var fixture = PlanningFixture()
        fixture.change("pg-node-3") { $0.settings.ports = [] }
        let stop = Effect.docker(.local, .stop("id-pg-node-3"))
        #expect(await performed([fixture]) == [stop])
        #expect(await performed([fixture, pause(fixture, node: node)]) == [])
    }
}

@Suite("Guards for a node in maintenance")
struct MaintenanceGuardTests {
    private func judge(_ effect: Effect, on subject: Subject, _ fixture: PlanningFixture) -> Invariant? {
        var guards = Guards()
        return guards.violation(by: Action(effect, on: subject, because: .missing), input: fixture.input)?.invariant
    }

    @Test("let nothing be done to it")
    func leaveAlone() {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.maintenance = ["pg-node-3"]
        let subject = Subject.container(.local, "pg-node-3")
        for effect: DockerEffect in [
            .start("id-pg-node-3"), .stop("id-pg-node-3"), .kill("id-pg-node-3"), .remove("id-pg-node-3"),
            .unpause("id-pg-node-3"), .upload("id-pg-node-3", []),
        ] {
            #expect(judge(.docker(.local, effect), on: subject, fixture) == .pause)
        }
        for effect: PatroniEffect in [.restart(), .reload(version: "1")] {
            #expect(judge(.patroni("pg-node-3", effect), on: .node("pg-node-3"), fixture) == .pause)
        }
        let handOver = Effect.patroni("pg-node-1", .switchover(from: "pg-node-1", to: "pg-node-3"))
        #expect(judge(handOver, on: .leadership, fixture) == .pause)
        #expect(judge(.docker(.local, .start("id-etcd-1")), on: .container(.local, "etcd-1"), fixture) == nil)
    }

    @Test("count it as nobody who could take over")
    func doNotCountIt() {
        func stop(_ fixture: PlanningFixture) -> Invariant? {
            judge(.docker(.local, .stop("id-pg-node-2")), on: .container(.local, "pg-node-2"), fixture)
        }
        var three = PlanningFixture()
        #expect(stop(three) == nil)
        three.cluster.nodes.maintenance = ["pg-node-3"]
        #expect(stop(three) == .replicasFirst)
        var four = PlanningFixture(nodes: 4)
        four.cluster.nodes.maintenance = ["pg-node-3"]
        four.stop("pg-node-3")
        #expect(stop(four) == nil)
        four.member("pg-node-4") { $0.isStreaming = false }
        #expect(stop(four) == .replicasFirst)
    }

    @Test("see no candidate in a node that never leads")
    func noCandidate() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        let key = LeaderKey(node: "pg-node-1", lease: 7, createRevision: 10, modRevision: 10)
        let proof = Proof(
            engineID: "engine-1", container: "id-pg-node-1", startedAt: "t0", exitCode: 137, finishedAt: "t1")
        func release() -> Invariant? {
            var guards = Guards()
            let effect = Effect.etcd(.releaseLeader(prefix: fixture.cluster.dcsPrefix, key, candidate: nil))
            return guards.violation(
                by: Action(effect, on: .leadership, because: .missing, proof: proof), input: fixture.input)?.invariant
        }
        #expect(release() == nil)
        fixture.dcs { $0.members[1].tags.append(LabelValue("nofailover", "true")) }
        #expect(release() == .fenceOnlyTheDead)
    }
}
