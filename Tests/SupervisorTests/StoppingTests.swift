import Model
import Testing

@testable import Reconcilers
@testable import Supervisor
@testable import PlanningFixtures

@Suite("While a node is being stopped")
struct StoppingTests {
    /// `pg-node-3` is not wanted as it is, and was told to stop.
    private var fixture: PlanningFixture {
        var fixture = PlanningFixture()
        fixture.change("pg-node-3") { body in
            body.settings.ports = []
            body.isBeingStopped = true
        }
        return fixture
    }

    private func plan(_ fixture: PlanningFixture) -> Plan { Plan(fixture.input, reconcilers: Reconcilers.all) }

    @Test("it is not told again, and the plan says what is waited for")
    func once() {
        var running = fixture
        running.change("pg-node-3") { $0.isBeingStopped = false }
        #expect(plan(running).disruptive?.action.effect == .docker(.local, .stop("id-pg-node-3")))
        let plan = plan(fixture)
        #expect(plan.disruptive == nil)
        #expect(!plan.actions.contains { $0.action.effect == .docker(.local, .stop("id-pg-node-3")) })
        #expect(plan.waiting.contains("pg-node-3, which is being stopped"))
        #expect(!plan.isAtRest)
    }

    @Test("no other node is interrupted, though the one that stops may stream until its last moment")
    func alone() {
        var both = fixture
        both.change("pg-node-2") { $0.settings.ports = [] }
        #expect(plan(both).disruptive == nil)
        let action = Action(
            .docker(.local, .stop("id-pg-node-2")), on: .container(.local, "pg-node-2"), because: .surplus)
        #expect(InterruptionGuard.judge(action, both.input)?.invariant == .replicasFirst)
        both.change("pg-node-3") { $0.isBeingStopped = false }
        #expect(InterruptionGuard.judge(action, both.input) == nil)
    }

    @Test("a failover does not wait for it, and it is no candidate")
    func failsOver() {
        var dead = fixture
        dead.stop("pg-node-1")
        guard case .etcd(.releaseLeader) = plan(dead).disruptive?.action.effect else {
            Issue.record("the dead leader's key is not released: \(plan(dead).waiting)")
            return
        }
        // commits wait for the node that stops: without another candidate the old primary starts again
        dead.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-3"]) }
        #expect(plan(dead).disruptive == nil)
        #expect(plan(dead).actions.contains { $0.action.effect == .docker(.local, .start("id-pg-node-1")) })
    }

    @Test("a restart of PostgreSQL that is under way is not asked for again, and nothing else is interrupted meanwhile")
    func restarts() {
        var pending = PlanningFixture()
        for node in ["pg-node-2", "pg-node-3"] as [NodeName] {
            pending.member(node) { $0.needsRestart = true }
        }
        #expect(plan(pending).disruptive?.action.effect == .patroni("pg-node-2", .restart()))
        // the checkpoint before it: PostgreSQL streams, and Patroni tells of nothing
        pending.observation.restarts = ["pg-node-2"]
        let plan = plan(pending)
        #expect(plan.disruptive == nil && !plan.isAtRest)
        #expect(!plan.actions.contains { $0.action.effect == .patroni("pg-node-2", .restart()) })
        #expect(plan.waiting.contains("pg-node-2, whose PostgreSQL is being restarted"))
        let other = Action(.patroni("pg-node-3", .restart()), on: .node("pg-node-3"), because: .restartPending(["x"]))
        #expect(InterruptionGuard.judge(other, pending.input)?.invariant == .replicasFirst)
        pending.observation.restarts = []
        #expect(InterruptionGuard.judge(other, pending.input) == nil)
        // a failover waits for no restart
        pending.observation.restarts = ["pg-node-3"]
        pending.stop("pg-node-1")
        guard case .etcd(.releaseLeader) = self.plan(pending).disruptive?.action.effect else {
            Issue.record("the dead leader's key is not released: \(self.plan(pending).waiting)")
            return
        }
    }

    @Test("no switchover begins")
    func holdsNobody() {
        var asked = PlanningFixture()
        let record = SwitchoverRecord(
            from: "pg-node-1", to: nil, author: .person, why: "a test", at: Timestamp(PlanningFixture.now),
            modRevision: 44)
        asked.dcs { $0.switchover = record }
        asked.database { $0.checkpointedAt = Timestamp(PlanningFixture.now) }
        func holds(_ fixture: PlanningFixture) -> Bool {
            fixture.effects(Switchovers()).contains {
                if case .etcd(.replaceKey(_, let value, _)) = $0 { value.contains("holding") } else { false }
            }
        }
        #expect(holds(asked))
        asked.change("dbhub") { $0.isBeingStopped = true }
        #expect(!holds(asked))
        // the shutdown of the primary would wait for the restart, and the clients with it
        asked.change("dbhub") { $0.isBeingStopped = false }
        asked.observation.restarts = ["pg-node-3"]
        #expect(!holds(asked))
    }

    @Test("a container that was created with another stop timeout is made again")
    func timeout() {
        var fixture = PlanningFixture()
        fixture.change("pg-node-3") { $0.settings.stopTimeoutSeconds = 60 }
        #expect(fixture.effects(Nodes()) == [.docker(.local, .stop("id-pg-node-3"))])
    }
}
