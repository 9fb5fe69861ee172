import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

/// What a planner must not do by itself, whatever a guard would say to it afterwards.
@Suite("Planners know what they do not know")
struct CautionTests {
    private func starts(_ fixture: PlanningFixture) -> [ContainerID] {
        fixture.actions.compactMap { if case .docker(_, .start(let id)) = $0.effect { id } else { nil } }
    }

    /// Nothing of the cluster is known: an empty etcd, and every node at rest with nothing in its volume.
    private var blank: PlanningFixture {
        var fixture = PlanningFixture()
        for node in fixture.cluster.nodeNames { fixture.stop(ContainerName(node.text), data: .empty) }
        fixture.observation.dcs = .present(DCSView(revision: 1))
        fixture.observation.repository = .absent
        return fixture
    }

    @Test("a repository that cannot be read forbids a first initialisation; a missing one does not")
    func unknownRepository() {
        var fixture = blank
        #expect(starts(fixture).contains("id-pg-node-1"))
        fixture.observation.repository = .unknown(UnknownReason(.timedOut, "no answer"))
        #expect(starts(fixture) == [])
    }

    @Test("the volume with the cluster's passwords is in use by the supervisor: no advice to remove it is given")
    func supervisorState() {
        var fixture = PlanningFixture()
        func kept() -> [Condition] { fixture.conditions.filter { $0.type == .retired } }
        for component in [Component.supervisor, .node] {
            fixture.engine.volumes.append(
                VolumeView(
                    name: VolumeName("\(component.rawValue)-state"),
                    labels: [
                        LabelValue(Label.cluster, "demo"), LabelValue(Label.component, component.rawValue),
                    ]))
        }
        #expect(kept().map(\.subject) == [.volume(.local, "node-state")])
    }

    @Test("a volume that cannot be looked into forbids a first initialisation")
    func unseenVolume() {
        var fixture = blank
        fixture.change("pg-node-2") { $0.data = .unknown(UnknownReason(.timedOut, "no answer")) }
        #expect(starts(fixture) == [])
        fixture = blank
        fixture.engine.containers.removeAll { $0.name == "pg-node-2" }
        #expect(!starts(fixture).contains("id-pg-node-1"))
    }

    @Test("after the store was lost, the newest timeline starts first, however far an older one's WAL reaches")
    func newestTimelineFirst() {
        var fixture = PlanningFixture()
        func data(_ timeline: Int64, _ position: Int64) -> DataView {
            .postgres(
                PostgresData(
                    systemIdentifier: PlanningFixture.system, majorVersion: 18, timeline: timeline, wasPrimary: true,
                    walPosition: position))
        }
        fixture.stop("pg-node-1", data: data(1, 9_000_000))
        fixture.stop("pg-node-2", data: data(2, 5_000_000))
        fixture.stop("pg-node-3", data: data(1, 1_000_000))
        var dcs = DCSView(revision: 5)
        dcs.initialize = PlanningFixture.system
        fixture.observation.dcs = .present(dcs)
        #expect(starts(fixture).filter { $0.text.hasPrefix("id-pg-node") } == ["id-pg-node-2"])

        // what the newest holds cannot be seen while its container is being made anew
        fixture.remove("pg-node-2")
        #expect(starts(fixture).filter { $0.text.hasPrefix("id-pg-node") }.isEmpty)
    }

    @Test("an etcd member that lost its data is removed only while the others are a majority")
    func memberNeedsAMajority() {
        func removes(_ fixture: PlanningFixture) -> Bool {
            fixture.effects(Etcd()).contains { if case .etcd(.removeMember) = $0 { true } else { false } }
        }
        var fixture = PlanningFixture()
        fixture.stop("etcd-3", data: .empty)
        #expect(removes(fixture))
        if case .present(var store) = fixture.observation.etcd {
            store.endpoints[1].status = .unknown(UnknownReason(.timedOut, "no answer"))
            fixture.observation.etcd = .present(store)
        }
        #expect(!removes(fixture))
    }

    @Test("a Patroni that is silent is killed only when half its lease has gone by")
    func silenceIsNotDeath() {
        func kills(after left: Duration) -> Bool {
            var fixture = PlanningFixture()
            if let index = fixture.observation.members.firstIndex(where: { $0.node == "pg-node-1" }) {
                fixture.observation.members[index].view = .unknown(UnknownReason(.timedOut, "no answer"))
            }
            fixture.dcs { $0.members[0].leaseLeft = left }
            return fixture.effects(Nodes()).contains(.docker(.local, .kill("id-pg-node-1")))
        }
        #expect(!kills(after: .seconds(29)))
        #expect(!kills(after: .seconds(16)))
        #expect(kills(after: .seconds(14)))
    }

    @Test("PostgreSQL's own word that it is a standby outweighs Patroni's that it is the primary")
    func primaryByPostgreSQLsWord() {
        func served(_ fixture: PlanningFixture) -> Bool {
            fixture.conditions.contains { $0.type == .primaryAvailable && $0.status == .true }
        }
        var fixture = PlanningFixture()
        #expect(served(fixture))
        fixture.database { $0.isInRecovery = true }
        #expect(!served(fixture))
        #expect(fixture.waiting.contains("pg-node-1 to take writes"))
        #expect(fixture.conditions.contains { $0.reason == "TakesNoWrites" && $0.message.contains("pg-node-1") })
        // the look was at another one, which is nothing new about this one
        fixture.database { $0.node = "pg-node-2" }
        #expect(served(fixture))
    }
}
