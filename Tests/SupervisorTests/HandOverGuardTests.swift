import Model
import Testing

@testable import Reconcilers
@testable import Supervisor
@testable import PlanningFixtures

/// I18, against a world that was bent under the planner's feet.
@Suite("The guard of a hand-over")
struct HandOverGuardTests {
    /// Everything as it has to be: clients are paused, and the candidate has what was written.
    private static var ready: PlanningFixture {
        var fixture = PlanningFixture()
        var record = SwitchoverRecord(
            from: "pg-node-1", to: "pg-node-2", author: .person, why: "a test", at: Timestamp(PlanningFixture.now),
            modRevision: 44)
        record.stage = .pausing
        fixture.dcs { $0.switchover = record }
        for name: ContainerName in ["pgbouncer-1", "pgbouncer-2"] { fixture.pooler(name) { $0.isPaused = true } }
        for node in ["pg-node-1", "pg-node-2"] as [NodeName] {
            fixture.member(node) { $0.walPosition = 100 << 20 }
        }
        return fixture
    }

    private static func judge(_ fixture: PlanningFixture, _ id: ContainerID = "id-pg-node-1") -> Invariant? {
        let action = Action(
            .docker(.local, .shutdownPrimary(id)), on: .container(.local, "pg-node-1"), because: .handOver("a test"))
        var guards = Guards()
        return guards.violation(by: action, input: fixture.input)?.invariant
    }

    @Test("lets the primary shut down behind paused clients")
    func lets() { #expect(HandOverGuardTests.judge(HandOverGuardTests.ready) == nil) }

    @Test("refuses when anything of it is not so any more")
    func refuses() {
        func expect(_ invariant: Invariant, _ what: String, _ change: (inout PlanningFixture) -> Void) {
            var fixture = HandOverGuardTests.ready
            change(&fixture)
            #expect(HandOverGuardTests.judge(fixture) == invariant, "\(what)")
        }
        expect(.clientsPaused, "one lets clients in") { $0.pooler("pgbouncer-2") { $0.isPaused = false } }
        expect(.clientsPaused, "a transaction is open") { $0.pooler("pgbouncer-2") { $0.servers = 1 } }
        expect(.clientsPaused, "one is out of sight") { $0.observation.poolers[0].view = .unknown(.notLooked) }
        expect(.clientsPaused, "no record") { $0.dcs { $0.switchover = nil } }
        expect(.clientsPaused, "called off") { $0.dcs { $0.switchover?.stage = .calledOff } }
        expect(.clientsPaused, "another leads") { fixture in
            fixture.dcs { $0.leader = LeaderKey(node: "pg-node-3", lease: 8, createRevision: 60, modRevision: 60) }
        }
        expect(.clientsPaused, "no commit waits for the candidate") { fixture in
            fixture.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-3"]) }
        }
        expect(.clientsPaused, "the candidate does not stream") { $0.member("pg-node-2") { $0.isStreaming = false } }
        expect(.clientsPaused, "the candidate is behind") { $0.member("pg-node-2") { $0.walPosition = 1 } }
        expect(.clientsPaused, "Patroni hands over") { $0.dcs { $0.handover = Handover(to: "pg-node-3") } }
        expect(.pause, "Patroni is paused") { $0.dcs { $0.configuration = .object([("pause", .bool(true))]) } }
        expect(.clientsPaused, "etcd is out of sight") { $0.observation.dcs = .unknown(.notLooked) }
        #expect(HandOverGuardTests.judge(HandOverGuardTests.ready, "id-pg-node-2") == .clientsPaused)
    }

    @Test("nothing else interrupts a node while clients are paused")
    func others() {
        let action = Action(
            .docker(.local, .stop("id-pg-node-3")), on: .container(.local, "pg-node-3"), because: .surplus)
        var guards = Guards()
        #expect(
            guards.violation(by: action, input: HandOverGuardTests.ready.input)?.invariant == .replicasFirst)
    }

    @Test("names only a candidate that commits waited for")
    func candidates() {
        var fixture = HandOverGuardTests.ready
        fixture.stop("pg-node-1", exitCode: 0)
        let key = LeaderKey(node: "pg-node-1", lease: 7, createRevision: 10, modRevision: 10)
        let proof = Proof(
            engineID: "engine-1", container: "id-pg-node-1", startedAt: "t0", exitCode: 0, finishedAt: "t1")
        func judge(_ candidate: NodeName) -> Invariant? {
            let effect = Effect.etcd(.releaseLeader(prefix: fixture.cluster.dcsPrefix, key, candidate: candidate))
            var guards = Guards()
            return guards.violation(
                by: Action(effect, on: .leadership, because: .missing, proof: proof), input: fixture.input)?.invariant
        }
        #expect(judge("pg-node-2") == nil)
        #expect(judge("pg-node-3") == .fenceOnlyTheDead)
        fixture.cluster.postgres.synchronous.mode = .quorum
        #expect(judge("pg-node-2") == .fenceOnlyTheDead)
    }
}
