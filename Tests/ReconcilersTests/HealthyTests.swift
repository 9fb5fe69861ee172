import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

@Suite("A healthy cluster")
struct HealthyTests {
    @Test("plans nothing and waits for nothing", arguments: [1, 3, 5])
    func isQuiet(nodes: Int) {
        let scenery = Scenery(nodes: nodes, etcd: nodes == 1 ? 1 : 3)
        #expect(scenery.actions == [])
        #expect(scenery.waiting == [])
    }

    @Test("keeps nothing but its network when everything else is gone")
    func startsFromNothing() {
        var scenery = Scenery()
        scenery.engine.containers = []
        scenery.engine.volumes = []
        scenery.observation.dcs = .unknown(Blindness(.unreachable))
        scenery.observation.etcd = .unknown(Blindness(.unreachable))
        scenery.observation.database = .unknown(Blindness(.unreachable))
        scenery.observation.repository = .absent
        let effects = scenery.actions.map(\.effect)
        #expect(effects.count == 7)
        #expect(effects.allSatisfy { if case .docker(_, .createVolume) = $0 { true } else { false } })
    }

    @Test("an unseen engine stops every planner that would act on it")
    func goesStillWhenBlind() {
        var scenery = Scenery()
        let blind = EngineSighting(id: .local, view: .unknown(Blindness(.timedOut)))
        var observation = scenery.observation
        observation.engines = [blind]
        scenery.dcs { $0.leader = nil }
        let scene = Scene(cluster: scenery.cluster, observation: observation, now: Scenery.now)
        for reconciler in [Network(), Volumes(), Etcd(), Nodes(), Failover()] as [any Reconciler] {
            #expect(reconciler.propose(scene).actions == [], "\(reconciler.name)")
        }
    }
}
