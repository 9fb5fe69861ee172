import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

/// A restart of the primary where it is, which is a switchover to itself.
extension SwitchoversTests {
    /// A restart in its place that was asked for, for a limit that becomes lower.
    private func restart(_ stage: SwitchoverRecord.Stage) -> PlanningFixture {
        var fixture = fixture(stage, to: "pg-node-1", author: .controller)
        for node in fixture.cluster.nodeNames {
            fixture.member(node) { member in
                member.needsRestart = true
                member.pending = [PendingParameter("max_connections", current: "200", wanted: "100")]
            }
        }
        return fixture
    }

    @Test("a primary that is restarted in its place is restarted behind the poolers, too")
    func restarts() {
        var asked = restart(.requested)
        asked.dcs { $0.switchover = nil }
        guard case .etcd(.putIfAbsent(_, let value)) = asked.effects(Nodes()).first else {
            Issue.record("\(asked.effects(Nodes()))")
            return
        }
        #expect(value.contains("\"from\":\"pg-node-1\"") && value.contains("\"to\":\"pg-node-1\""))
        // first the checkpoint, then the hold
        var fixture = restart(.requested)
        database(&fixture) { $0.checkpointedAt = nil }
        #expect(fixture.effects(Switchovers()) == [.sql("pg-node-1", .checkpoint)])
        database(&fixture) { $0.checkpointedAt = Self.now }
        #expect(written(fixture.effects(Switchovers()))?.contains("\"stage\":\"holding\"") == true)
        for change in [
            { $0.oldestTransaction = .seconds(5) }, { $0.archiver.isFailing = true },
            { $0.standbys[0].lagBytes = 5 << 20 },
        ] as [(inout DatabaseView) -> Void] {
            var obstructed = fixture
            database(&obstructed, change)
            #expect(written(obstructed.effects(Switchovers())) == nil)
        }
        // one from before the clock was set back would wait for a checkpoint that comes after it
        var ahead = fixture
        ahead.dcs { $0.switchover?.at = Timestamp(microseconds: Self.now.microseconds + 3_600_000_000) }
        #expect(isForgotten(ahead))
        // what nothing waits for any more is forgotten
        fixture.member("pg-node-1") { member in
            member.needsRestart = false
            member.pending = []
        }
        #expect(isForgotten(fixture))
    }

    @Test("clients are paused until the restarted primary takes writes, and go on with it")
    func holdsForRestart() {
        var fixture = restart(.pausing)
        #expect(
            fixture.effects(Switchovers()) == [.pooler("pgbouncer-1", .pause), .pooler("pgbouncer-2", .pause)])
        pauseClients(&fixture)
        #expect(fixture.effects(Switchovers()) == [.patroni("pg-node-1", .restart())])
        #expect(!fixture.effects(Poolers()).contains(.pooler("pgbouncer-1", .resume)))
        // it takes writes until its checkpoint is over: to let its clients go would cut them off
        var begun = fixture
        begun.observation.restarts = ["pg-node-1"]
        begun.dcs { $0.switchover?.since = Timestamp(microseconds: Self.now.microseconds - 5_000_000) }
        #expect(begun.effects(Switchovers()) == [])
        // under way, and whatever can be seen of it
        for view: Sighting<DatabaseView> in [.absent, .unknown(UnknownReason(.unreachable, "refused"))] {
            var away = fixture
            away.member("pg-node-1") { $0.state = .starting }
            away.observation.database = view
            #expect(away.effects(Switchovers()) == [])
            #expect(!away.effects(Poolers()).contains(.pooler("pgbouncer-1", .resume)))
        }
        fixture.member("pg-node-1") { member in
            member.needsRestart = false
            member.pending = []
        }
        #expect(fixture.effects(Switchovers()) == [])
        #expect(fixture.effects(Poolers()).contains(.pooler("pgbouncer-1", .resume)))
        for name: ContainerName in ["pgbouncer-1", "pgbouncer-2"] { fixture.pooler(name) { $0.isPaused = false } }
        #expect(isForgotten(fixture))
    }

    @Test("a restart that does not come to its end lets the clients go, and a primary that dies of it is failed over")
    func givesUpRestart() {
        var late = restart(.pausing)
        pauseClients(&late)
        late.dcs { view in
            view.switchover?.since = Timestamp(microseconds: Self.now.microseconds - 11_000_000)
        }
        #expect(late.effects(Switchovers()).contains(.pooler("pgbouncer-1", .resume)))
        #expect(written(late.effects(Switchovers()))?.contains("\"stage\":\"calledOff\"") == true)
        var dead = restart(.pausing)
        pauseClients(&dead)
        dead.stop("pg-node-1", exitCode: 137)
        #expect(isForgotten(dead))
        // under way: nothing that is seen meanwhile lets anybody go
        var away = restart(.pausing)
        pauseClients(&away)
        away.member("pg-node-1") { $0.state = .starting }
        away.observation.database = .absent
        away.dcs { $0.configuration = .object([("pause", .bool(true))]) }
        away.pooler("pgbouncer-2") { $0.isPaused = false }
        #expect(away.effects(Switchovers()) == [])
        away.observation.dcs = .unknown(UnknownReason(.timedOut, "slow"))
        #expect(!away.effects(Poolers()).contains(.pooler("pgbouncer-1", .resume)))
        // what the guards would refuse, and what comes too late, is called off at once
        for change in [
            { $0.member("pg-node-3") { $0.isStreaming = false } }, { $0.cluster.nodes.maintenance = ["pg-node-1"] },
            { fixture in
                fixture.dcs { $0.switchover?.since = Timestamp(microseconds: Self.now.microseconds - 5_000_000) }
            },
        ] as [(inout PlanningFixture) -> Void] {
            var hopeless = restart(.pausing)
            pauseClients(&hopeless)
            change(&hopeless)
            #expect(written(hopeless.effects(Switchovers()))?.contains("\"stage\":\"calledOff\"") == true)
        }
        // a look that sees little is no reason to forget it
        var unseen = restart(.calledOff)
        unseen.observation.members = unseen.observation.members.map { sighting in
            MemberSighting(node: sighting.node, view: .unknown(UnknownReason(.timedOut, "slow")))
        }
        #expect(unseen.effects(Switchovers()) == [])
        // a person's word is no restart
        var person = restart(.requested)
        person.dcs { $0.switchover?.author = .person }
        #expect(written(person.effects(Switchovers())) == nil)
    }
}
