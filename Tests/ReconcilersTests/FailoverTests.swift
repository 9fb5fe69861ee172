import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

@Suite("Failover")
struct FailoverTests {
    private func releases(_ scenery: Scenery) -> Bool {
        scenery.effects(Failover()).contains { if case .etcd(.releaseLeader) = $0 { true } else { false } }
    }

    @Test("a leader whose container is proven dead is released, with the proof")
    func releasesTheDead() throws {
        var scenery = Scenery()
        scenery.stop("pg-node-1")
        let action = try #require(Failover().propose(scenery.scene).actions.first)
        #expect(action.proof?.container == "id-pg-node-1")
        #expect(action.proof?.exitCode == 137)
        #expect(action.effect.isDisruptive)
    }

    @Test("a leader whose container was removed is released")
    func releasesTheRemoved() {
        var scenery = Scenery()
        scenery.remove("pg-node-1")
        #expect(releases(scenery))
    }

    @Test(
        "a leader in an unclear state is never released",
        arguments: [
            ContainerState.paused(startedAt: "t0"), .restarting, .running(startedAt: "t0"), .removing, .dead,
            .exited(Exit(code: 255)), .exited(Exit(code: 128, error: "driver failed")),
        ])
    func sparesTheUnclear(state: ContainerState) {
        var scenery = Scenery()
        scenery.stop("pg-node-1")
        scenery.change("pg-node-1") { $0.state = state }
        #expect(!releases(scenery))
    }

    @Test("an endpoint that is still on the network spares the leader")
    func sparesTheConnected() {
        var scenery = Scenery()
        scenery.stop("pg-node-1")
        scenery.engine.networks[0].endpoints.append("id-pg-node-1")
        #expect(!releases(scenery))
    }

    @Test("another living container on the leader's volume spares the leader")
    func sparesASharedVolume() {
        var scenery = Scenery()
        scenery.stop("pg-node-1")
        scenery.change("pg-node-3") { $0.settings.mounts = [VolumeMount(volume: "pg-node-1-data", destination: "/x")] }
        #expect(!releases(scenery))
    }

    @Test("nobody from the sync set alive: the leader is waited for and started again")
    func waitsWithoutHeir() {
        var scenery = Scenery()
        scenery.stop("pg-node-1")
        scenery.stop("pg-node-2")
        #expect(!releases(scenery))
        #expect(scenery.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
    }

    @Test("while Patroni is paused the leader key is not touched")
    func honoursPause() {
        var scenery = Scenery()
        scenery.stop("pg-node-1")
        scenery.dcs { $0.configuration = .object([("pause", .bool(true))]) }
        #expect(!releases(scenery))
    }

    @Test("the dead leader stays down until another leads, then starts")
    func restartsAfterwards() {
        var scenery = Scenery()
        scenery.stop("pg-node-1")
        #expect(!scenery.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
        scenery.dcs { $0.leader = nil }
        #expect(!scenery.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
        scenery.dcs { $0.leader = LeaderKey(node: "pg-node-2", lease: 8, createRevision: 60, modRevision: 60) }
        #expect(scenery.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-1"))))
    }
}
