import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

/// What a planner must not do by itself, whatever a guard would say to it afterwards.
@Suite("Planners know what they do not know")
struct CautionTests {
    private func starts(_ scenery: Scenery) -> [ContainerID] {
        scenery.actions.compactMap { if case .docker(_, .start(let id)) = $0.effect { id } else { nil } }
    }

    /// Nothing of the cluster is known: an empty etcd, and every node at rest with nothing in its volume.
    private var blank: Scenery {
        var scenery = Scenery()
        for node in scenery.cluster.nodeNames { scenery.stop(ContainerName(node.text), data: .empty) }
        scenery.observation.dcs = .present(DCSView(revision: 1))
        scenery.observation.repository = .absent
        return scenery
    }

    @Test("a repository that cannot be read forbids a first initialisation; a missing one does not")
    func unknownRepository() {
        var scenery = blank
        #expect(starts(scenery).contains("id-pg-node-1"))
        scenery.observation.repository = .unknown(Blindness(.timedOut, "no answer"))
        #expect(starts(scenery) == [])
    }

    @Test("a volume that cannot be looked into forbids a first initialisation")
    func unseenVolume() {
        var scenery = blank
        scenery.change("pg-node-2") { $0.data = .unknown(Blindness(.timedOut, "no answer")) }
        #expect(starts(scenery) == [])
        scenery = blank
        scenery.engine.containers.removeAll { $0.name == "pg-node-2" }
        #expect(!starts(scenery).contains("id-pg-node-1"))
    }

    @Test("after the store was lost, the newest timeline starts first, however far an older one's WAL reaches")
    func newestTimelineFirst() {
        var scenery = Scenery()
        func data(_ timeline: Int64, _ position: Int64) -> DataView {
            .postgres(
                PostgresData(
                    systemIdentifier: Scenery.system, majorVersion: 18, timeline: timeline, wasPrimary: true,
                    walPosition: position))
        }
        scenery.stop("pg-node-1", data: data(1, 9_000_000))
        scenery.stop("pg-node-2", data: data(2, 5_000_000))
        scenery.stop("pg-node-3", data: data(1, 1_000_000))
        var dcs = DCSView(revision: 5)
        dcs.initialize = Scenery.system
        scenery.observation.dcs = .present(dcs)
        #expect(starts(scenery).filter { $0.text.hasPrefix("id-pg-node") } == ["id-pg-node-2"])

        // what the newest holds cannot be seen while its container is being made anew
        scenery.remove("pg-node-2")
        #expect(starts(scenery).filter { $0.text.hasPrefix("id-pg-node") }.isEmpty)
    }

    @Test("an etcd member that lost its data is removed only while the others are a majority")
    func memberNeedsAMajority() {
        func removes(_ scenery: Scenery) -> Bool {
            scenery.effects(Etcd()).contains { if case .etcd(.removeMember) = $0 { true } else { false } }
        }
        var scenery = Scenery()
        scenery.stop("etcd-3", data: .empty)
        #expect(removes(scenery))
        if case .present(var store) = scenery.observation.etcd {
            store.endpoints[1].status = .unknown(Blindness(.timedOut, "no answer"))
            scenery.observation.etcd = .present(store)
        }
        #expect(!removes(scenery))
    }

    @Test("a Patroni that is silent is killed only when half its lease has gone by")
    func silenceIsNotDeath() {
        func kills(after left: Duration) -> Bool {
            var scenery = Scenery()
            if let index = scenery.observation.members.firstIndex(where: { $0.node == "pg-node-1" }) {
                scenery.observation.members[index].view = .unknown(Blindness(.timedOut, "no answer"))
            }
            scenery.dcs { $0.members[0].leaseLeft = left }
            return scenery.effects(Nodes()).contains(.docker(.local, .kill("id-pg-node-1")))
        }
        #expect(!kills(after: .seconds(29)))
        #expect(!kills(after: .seconds(16)))
        #expect(kills(after: .seconds(14)))
    }

    @Test("PostgreSQL's own word that it is a standby outweighs Patroni's that it is the primary")
    func primaryByPostgreSQLsWord() {
        func served(_ scenery: Scenery) -> Bool {
            scenery.conditions.contains { $0.type == .primaryAvailable && $0.status == .true }
        }
        var scenery = Scenery()
        #expect(served(scenery))
        scenery.database { $0.isInRecovery = true }
        #expect(!served(scenery))
        #expect(scenery.waiting.contains("pg-node-1 to take writes"))
        #expect(scenery.conditions.contains { $0.reason == "TakesNoWrites" && $0.message.contains("pg-node-1") })
        // the look was at another one, which is nothing new about this one
        scenery.database { $0.node = "pg-node-2" }
        #expect(served(scenery))
    }
}
