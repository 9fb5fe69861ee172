import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

/// What the cluster stands on goes bad: its network, etcd, Patroni's configuration (FAULTS.md 1C, 1E, 1F).
@Suite("When the ground shakes")
struct GroundTests {
    private func etcd(_ scenery: inout Scenery, _ change: (inout EtcdView) -> Void) {
        guard case .present(var view) = scenery.observation.etcd else { return }
        change(&view)
        scenery.observation.etcd = .present(view)
    }

    private func silence(_ name: ContainerName, in scenery: inout Scenery) {
        scenery.stop(name, data: .etcd)
        etcd(&scenery) { view in
            for index in view.endpoints.indices where view.endpoints[index].container == name {
                view.endpoints[index].status = .absent
            }
        }
    }

    /// `patronictl edit-config`.
    private func edit(_ scenery: inout Scenery, _ changes: [(name: String, value: JSONValue)]) {
        scenery.dcs { view in
            guard case .members(let before)? = view.configuration else { return }
            let kept = before.filter { member in !changes.contains { $0.name == member.name } }
            view.configuration = .object(kept.map { ($0.name, $0.value) } + changes)
        }
    }

    private func isMembership(_ effect: Effect) -> Bool {
        switch effect {
        case .etcd(.removeMember), .etcd(.addLearner), .etcd(.promote): true
        case .etcd, .docker, .patroni, .sql, .pooler: false
        }
    }

    @Test("E01: a member that crashed is started on its own data, and nothing else is done")
    func startsMember() {
        var scenery = Scenery()
        silence("etcd-2", in: &scenery)
        #expect(scenery.actions.map(\.effect) == [.docker(.local, .start("id-etcd-2"))])
    }

    @Test("E04: without a quorum the members are started; none is removed, and no node is touched")
    func waitsForTheQuorum() {
        var scenery = Scenery()
        silence("etcd-2", in: &scenery)
        silence("etcd-3", in: &scenery)
        etcd(&scenery) { $0.members = [] }
        scenery.observation.dcs = .unknown(Blindness(.timedOut, "no quorum"))
        let effects = scenery.actions.map(\.effect)
        #expect(effects == [.docker(.local, .start("id-etcd-2")), .docker(.local, .start("id-etcd-3"))])
        #expect(scenery.conditions.contains { $0.type == .storeHealthy && $0.reason == "NoQuorum" })
    }

    @Test("E04: one of two lost members has lost its data, too: it is not removed while there is no quorum")
    func keepsTheEmptied() {
        var scenery = Scenery()
        silence("etcd-2", in: &scenery)
        silence("etcd-3", in: &scenery)
        scenery.change("etcd-3") { $0.data = .present(.empty) }
        for members in [true, false] {
            if !members { etcd(&scenery) { $0.members = [] } }
            #expect(!scenery.effects(Etcd()).contains { isMembership($0) })
            #expect(!scenery.effects(Etcd()).contains(.docker(.local, .start("id-etcd-3"))))
        }
    }

    @Test("E07: a full store is compacted, defragmented one member at a time, the leader last, then disarmed")
    func freesSpace() {
        var scenery = Scenery()
        let alarm = EtcdAlarm(member: 1, kind: .noSpace)
        func sizes(_ full: Set<ContainerName>) -> [Effect] {
            etcd(&scenery) { view in
                view.alarms = [alarm]
                for index in view.endpoints.indices {
                    guard case .present(var status) = view.endpoints[index].status else { continue }
                    status.databaseBytes = full.contains(view.endpoints[index].container) ? 1 << 62 : 1
                    view.endpoints[index].status = .present(status)
                }
            }
            return scenery.effects(Etcd())
        }
        #expect(
            sizes(["etcd-1", "etcd-2", "etcd-3"]) == [.etcd(.compact(revision: 50)), .etcd(.defragment("etcd-2"))])
        #expect(sizes(["etcd-1", "etcd-3"]) == [.etcd(.compact(revision: 50)), .etcd(.defragment("etcd-3"))])
        #expect(sizes(["etcd-1"]) == [.etcd(.compact(revision: 50)), .etcd(.defragment("etcd-1"))])
        #expect(sizes([]) == [.etcd(.disarm(alarm))])
    }

    @Test("N02: a primary that is cut off is connected while it leads, and killed before that once another leads")
    func reconnectsPrimary() {
        var scenery = Scenery()
        scenery.change("pg-node-1") { $0.attachments = [] }
        scenery.engine.networks[0].endpoints.removeAll { $0 == "id-pg-node-1" }
        let leads = scenery.actions.map(\.effect)
        #expect(leads.contains(.docker(.local, .connect(Scenery.networkID, "id-pg-node-1", alias: "pg-node-1"))))
        #expect(!leads.contains { if case .etcd(.releaseLeader) = $0 { true } else { false } })
        scenery.dcs { $0.leader = LeaderKey(node: "pg-node-2", lease: 8, createRevision: 60, modRevision: 60) }
        let replaced = scenery.actions.map(\.effect)
        #expect(replaced.contains(.docker(.local, .kill("id-pg-node-1"))))
        #expect(!replaced.contains { if case .docker(_, .connect) = $0 { true } else { false } })
    }

    @Test(
        "N08: a subnet that overlaps with another network is waited for, and the rival is named",
        arguments: [("172.30.0.0/16", true), ("172.30.7.128/25", true), ("172.31.0.0/16", false), ("fd00::/64", false)])
    func namesTheRival(subnet: String, overlaps: Bool) {
        var scenery = Scenery()
        scenery.cluster.network.subnet = "172.30.7.0/24"
        scenery.engine.networks = [
            NetworkView(id: "other", name: "vpn", driver: "bridge", subnet: subnet, labels: [], endpoints: [])
        ]
        let proposal = Network().propose(scenery.scene)
        #expect(proposal.actions.isEmpty == overlaps)
        #expect(proposal.conditions.contains { $0.reason == "SubnetTaken" && $0.message.contains("vpn") } == overlaps)
        scenery.cluster.network.subnet = nil
        #expect(Network().propose(scenery.scene).actions.count == 1)
    }

    @Test("P05: what was changed in Patroni's configuration is put back; what the manifest does not manage stays")
    func repairsConfiguration() {
        var scenery = Scenery()
        edit(&scenery, [("ttl", .integer(99)), ("synchronous_mode", .bool(false)), ("mine", .bool(true))])
        let patch = JSONValue.object([("ttl", .integer(30)), ("synchronous_mode", .bool(true))])
        #expect(scenery.actions.map(\.effect) == [.patroni("pg-node-1", .patchConfiguration(patch))])
    }

    @Test("P06: while Patroni is paused, an edited configuration is told of and left alone")
    func leavesThePausedAlone() {
        var scenery = Scenery()
        edit(&scenery, [("ttl", .integer(99)), ("pause", .bool(true))])
        #expect(scenery.actions == [])
        #expect(scenery.waiting.contains { $0.contains("resume") && $0.contains("ttl") })
        #expect(scenery.conditions.contains { $0.type == .paused && $0.status == .true })
    }
}
