import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("Failover")
struct FailoverTests {
    private func releases(_ fixture: PlanningFixture) -> Bool {
        fixture.effects(Failover()).contains { if case .etcd(.releaseLeader) = $0 { true } else { false } }
    }

    @Test("a leader whose container is proven dead is released, with the proof")
    func releasesTheDead() throws {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        let action = try #require(Failover().propose(fixture.input).actions.first)
        #expect(action.proof?.container == "id-pg-node-1")
        #expect(action.proof?.exitCode == 137)
        #expect(action.effect.isDisruptive)
    }

    @Test("a leader whose container was removed is released")
    func releasesTheRemoved() {
        var fixture = PlanningFixture()
        fixture.remove("pg-node-1")
        #expect(releases(fixture))
    }

    @Test(
        "a leader in an unclear state is never released",
        arguments: [
            ContainerState.paused(startedAt: "t0"), .restarting, .running(startedAt: "t0"), .removing, .dead,
            .exited(Exit(code: 255)), .exited(Exit(code: 128, error: "driver failed")),
        ])
    func sparesTheUnclear(state: ContainerState) {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        fixture.change("pg-node-1") { $0.state = state }
        #expect(!releases(fixture))
    }

    @Test("an endpoint that is still on the network spares the leader")
    func sparesTheConnected() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        fixture.engine.networks[0].endpoints.append("id-pg-node-1")
        #expect(!releases(fixture))
    }

    @Test("another living container on the leader's volume spares the leader")
    func sparesASharedVolume() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        fixture.change("pg-node-3") { $0.settings.mounts = [VolumeMount(volume: "pg-node-1-data", destination: "/x")] }
        #expect(!releases(fixture))
    }

    @Test("nobody from the sync set alive: the leader is waited for and started again")
    func waitsWithoutCandidate() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        fixture.stop("pg-node-2")
        #expect(!releases(fixture))
        #expect(fixture.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
    }

    @Test("an old primary that has not followed the dead one to its timeline takes over from nobody")
    func sparesAnotherTimeline() {
        func fixture(_ mode: SynchronousSettings.Mode, timeline: Int64) -> PlanningFixture {
            var fixture = PlanningFixture(nodes: 2)
            fixture.cluster.postgres.synchronous.mode = mode
            fixture.dcs { view in
                if mode == .off { view.synchronous = nil }
                view.members[0].timeline = 2
            }
            fixture.member("pg-node-2") { $0.timeline = timeline }
            fixture.stop("pg-node-1")
            return fixture
        }
        #expect(releases(fixture(.off, timeline: 2)) && releases(fixture(.on, timeline: 2)))
        let left = fixture(.off, timeline: 1)
        #expect(!releases(left))
        // the dead one is the only node that has what it acknowledged: it starts at once
        #expect(left.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
        // a synchronous standby has followed, whatever it says while it does
        #expect(releases(fixture(.on, timeline: 1)))
    }

    @Test("while Patroni is paused the leader key is not touched")
    func honoursPause() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        fixture.dcs { $0.configuration = .object([("pause", .bool(true))]) }
        #expect(!releases(fixture))
    }

    @Test("the dead leader stays down until another leads, then starts")
    func restartsAfterwards() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        #expect(!fixture.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
        fixture.dcs { $0.leader = nil }
        #expect(!fixture.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
        fixture.dcs { $0.leader = LeaderKey(node: "pg-node-2", lease: 8, createRevision: 60, modRevision: 60) }
        #expect(fixture.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
    }

    /// The primary is dead; both replicas may lead, and the last primary had written 40 MiB.
    private func bereft(_ mode: SynchronousSettings.Mode, received: Int64) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.postgres.synchronous.mode = mode
        fixture.dcs {
            $0.leaderPosition = 40 << 20
            $0.synchronous =
                mode == .off ? nil : SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-2", "pg-node-3"])
        }
        for replica: NodeName in ["pg-node-2", "pg-node-3"] { fixture.member(replica) { $0.walPosition = received } }
        fixture.stop("pg-node-1", data: PlanningFixture.data(wasPrimary: true))
        return fixture
    }
    private func starts(_ fixture: PlanningFixture) -> Bool {
        fixture.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1")))
    }

    @Test(
        "where Patroni elects no replica, because all lack too much, the dead primary starts at once",
        arguments: [SynchronousSettings.Mode.off, .on, .strict, .quorum])
    func startsWhomNobodyCanFollow(mode: SynchronousSettings.Mode) {
        let near = bereft(mode, received: 39 << 20)
        #expect(releases(near))
        #expect(!starts(near))
        var far = bereft(mode, received: 3 << 20)
        #expect(!releases(far))
        #expect(starts(far))
        far.dcs { $0.leader = nil }
        #expect(starts(far))
        let message = far.conditions.first { $0.type == .primaryAvailable }?.message ?? ""
        #expect(message.contains("pg-node-2 lacks 37MiB of what the last primary wrote"))
        #expect(message.contains("more than 1MiB (patroni.maximumLagOnFailover)"))
        #expect(message.hasSuffix("The last primary leads again as soon as it runs"))
    }

    @Test(
        "where only the data of a node that the manifest does not name any more may lead, the condition says what to do"
    )
    func unnamedPrimary() {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.count = 2
        fixture.dcs {
            $0.leader = nil
            $0.leaderPosition = 40 << 20
        }
        for replica: NodeName in ["pg-node-1", "pg-node-2"] {
            fixture.member(replica) { ($0.role, $0.walPosition) = (.replica, 3 << 20) }
        }
        fixture.remove("pg-node-3")
        func message() -> String { fixture.conditions.first { $0.type == .primaryAvailable }?.message ?? "" }
        #expect(
            message().hasSuffix(
                "The container of pg-node-3 is gone, its data is in volume pg-node-3-data, and the manifest does not name "
                    + "it: raise spec.nodes.count until it is named, and lower it again when a node leads"))
        // one that is down may be the last primary
        fixture.stop("pg-node-1", data: PlanningFixture.data(wasPrimary: true))
        #expect(message().hasSuffix("The last primary leads again as soon as it runs"))
    }

    @Test(
        "a dead primary is not kept down for longer than an election takes",
        arguments: [SynchronousSettings.Mode.off, .on, .quorum])
    func waitsNotForEver(mode: SynchronousSettings.Mode) {
        func look(_ state: (String) -> ContainerState, after seconds: Int64) -> Bool {
            var fixture = bereft(mode, received: 40 << 20)
            fixture.dcs { $0.leader = nil }
            let then = Timestamp(microseconds: Timestamp(PlanningFixture.now).microseconds - seconds * 1_000_000)
            fixture.change("pg-node-1") {
                $0.state = state(then.text)
                $0.createdAt = then.text
            }
            return starts(fixture)
        }
        func died(_ end: String) -> ContainerState { .exited(Exit(code: 137, startedAt: "t0", finishedAt: end)) }
        // ttl 30 s and one loop of 10 s
        #expect(!look(died, after: 39))
        #expect(look(died, after: 41))
        #expect(!look(died, after: -39), "two clocks that differ")
        #expect(look(died, after: -41), "a clock that was set back")
        #expect(!look({ _ in .created }, after: 39))
        #expect(look({ _ in .created }, after: 41))
    }

    @Test("a running replica of a newer timeline that nobody elects does not keep a former primary down for ever")
    func newerIsNotForEver() {
        var fixture = bereft(.off, received: 39 << 20)
        fixture.dcs { $0.leader = nil }
        for replica: NodeName in ["pg-node-2", "pg-node-3"] { fixture.member(replica) { $0.timeline = 2 } }
        #expect(!starts(fixture))
        fixture.change("pg-node-1") {
            $0.state = .exited(Exit(code: 137, startedAt: "t0", finishedAt: "2025-10-09 08:00:00Z"))
        }
        #expect(starts(fixture))
        // without memory in etcd the fastest would win
        fixture.dcs { $0.leaderPosition = nil }
        #expect(!starts(fixture))
    }
}
