import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("A healthy cluster")
struct HealthyTests {
    @Test("plans nothing and waits for nothing", arguments: [1, 3, 5])
    func isQuiet(nodes: Int) {
        let fixture = PlanningFixture(nodes: nodes, etcd: nodes == 1 ? 1 : 3)
        #expect(fixture.actions == [])
        #expect(fixture.waiting == [])
    }

    @Test("keeps nothing but its network when everything else is gone")
    func startsFromNothing() {
        var fixture = PlanningFixture()
        fixture.engine.containers = []
        fixture.engine.volumes = []
        fixture.observation.dcs = .unknown(UnknownReason(.unreachable))
        fixture.observation.etcd = .unknown(UnknownReason(.unreachable))
        fixture.observation.database = .unknown(UnknownReason(.unreachable))
        fixture.observation.repository = .absent
        let effects = fixture.actions.map(\.effect)
        #expect(effects.count == 7)
        #expect(effects.allSatisfy { if case .docker(_, .createVolume) = $0 { true } else { false } })
    }

    @Test("an unseen engine stops every planner that would act on it")
    func goesStillWhenBlind() {
        var fixture = PlanningFixture()
        let blind = EngineSighting(id: .local, view: .unknown(UnknownReason(.timedOut)))
        var observation = fixture.observation
        observation.engines = [blind]
        fixture.dcs { $0.leader = nil }
        let input = PlanningInput(cluster: fixture.cluster, observation: observation, now: PlanningFixture.now)
        for reconciler in [Network(), Volumes(), Etcd(), Nodes(), Failover()] as [any Reconciler] {
            #expect(reconciler.propose(input).actions == [], "\(reconciler.name)")
        }
    }
}
