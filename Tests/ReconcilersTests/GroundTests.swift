import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

/// What the cluster stands on goes bad: its network, etcd, Patroni's configuration (docs/faults.md).
@Suite("When the ground shakes")
struct GroundTests {
    private func silence(_ name: ContainerName, in fixture: inout PlanningFixture) {
        fixture.stop(name, data: .etcd)
        fixture.etcd { view in
            for index in view.endpoints.indices where view.endpoints[index].container == name {
                view.endpoints[index].status = .absent
            }
        }
    }

    /// `patronictl edit-config`.
    private func edit(_ fixture: inout PlanningFixture, _ changes: [(name: String, value: JSONValue)]) {
        fixture.dcs { view in
            guard case .members(let before)? = view.configuration?.json else { return }
            let kept = before.filter { member in !changes.contains { $0.name == member.name } }
            view.configuration = .object(kept.map { ($0.name, $0.value) } + changes)
        }
    }

    private func isMembership(_ effect: Effect) -> Bool {
        switch effect {
        case .etcd(.removeMember), .etcd(.addLearner), .etcd(.promote): true
        case .etcd, .docker, .patroni, .sql, .pooler, .identity, .configureLocally: false
        }
    }

    @Test("E01: a member that crashed is started on its own data, and nothing else is done")
    func startsMember() {
        var fixture = PlanningFixture()
        silence("etcd-2", in: &fixture)
        #expect(fixture.actions.map(\.effect) == [.docker(.local, .start("id-etcd-2"))])
    }

    @Test("E04: without a quorum the members are started; none is removed, and no node is touched")
    func waitsForTheQuorum() {
        var fixture = PlanningFixture()
        silence("etcd-2", in: &fixture)
        silence("etcd-3", in: &fixture)
        fixture.etcd { $0.members = [] }
        fixture.observation.dcs = .unknown(UnknownReason(.timedOut, "no quorum"))
        let effects = fixture.actions.map(\.effect)
        #expect(effects == [.docker(.local, .start("id-etcd-2")), .docker(.local, .start("id-etcd-3"))])
        #expect(fixture.conditions.contains { $0.type == .etcdHealthy && $0.reason == "NoQuorum" })
    }

    @Test("E04: one of two lost members has lost its data, too: it is not removed while there is no quorum")
    func keepsTheEmptied() {
        var fixture = PlanningFixture()
        silence("etcd-2", in: &fixture)
        silence("etcd-3", in: &fixture)
        fixture.change("etcd-3") { $0.data = .present(.empty) }
        for members in [true, false] {
            if !members { fixture.etcd { $0.members = [] } }
            #expect(!fixture.effects(Etcd()).contains { isMembership($0) })
            #expect(!fixture.effects(Etcd()).contains(.docker(.local, .start("id-etcd-3"))))
        }
    }

    @Test("E07: a full store is compacted, defragmented one member at a time, the leader last, then disarmed")
    func freesSpace() {
        var fixture = PlanningFixture()
        let alarm = EtcdAlarm(member: 1, kind: .noSpace)
        func sizes(_ full: Set<ContainerName>) -> [Effect] {
            fixture.etcd { view in
                view.alarms = [alarm]
                for index in view.endpoints.indices {
                    guard case .present(var status) = view.endpoints[index].status else { continue }
                    status.databaseBytes = full.contains(view.endpoints[index].container) ? 1 << 62 : 1
                    view.endpoints[index].status = .present(status)
                }
            }
            return fixture.effects(Etcd())
        }
        #expect(
            sizes(["etcd-1", "etcd-2", "etcd-3"]) == [.etcd(.compact(revision: 50)), .etcd(.defragment("etcd-2"))])
        #expect(sizes(["etcd-1", "etcd-3"]) == [.etcd(.compact(revision: 50)), .etcd(.defragment("etcd-3"))])
        #expect(sizes(["etcd-1"]) == [.etcd(.compact(revision: 50)), .etcd(.defragment("etcd-1"))])
        #expect(sizes([]) == [.etcd(.disarm(alarm))])
    }

    @Test("N02: a primary that is cut off is connected while it leads, and killed before that once another leads")
    func reconnectsPrimary() {
        var fixture = PlanningFixture()
        fixture.change("pg-node-1") { $0.attachments = [] }
        fixture.engine.networks[0].endpoints.removeAll { $0 == "id-pg-node-1" }
        let leads = fixture.actions.map(\.effect)
        #expect(
            leads.contains(
                .docker(
                    .local,
                    .connect(PlanningFixture.networkID, "id-pg-node-1", aliases: ["pg-node-1", "pg-node-1-internal"]))))
        #expect(!leads.contains { if case .etcd(.releaseLeader) = $0 { true } else { false } })
        fixture.dcs { $0.leader = LeaderKey(node: "pg-node-2", lease: 8, createRevision: 60, modRevision: 60) }
        let replaced = fixture.actions.map(\.effect)
        #expect(replaced.contains(.docker(.local, .kill("id-pg-node-1"))))
        #expect(!replaced.contains { if case .docker(_, .connect) = $0 { true } else { false } })
    }

    @Test(
        "N08: a subnet that overlaps with another network is waited for, and the rival is named",
        arguments: [("172.30.0.0/16", true), ("172.30.7.128/25", true), ("172.31.0.0/16", false), ("fd00::/64", false)])
    func namesTheRival(subnet: String, overlaps: Bool) {
        var fixture = PlanningFixture()
        fixture.cluster.network.subnet = "172.30.7.0/24"
        fixture.engine.networks = [
            NetworkView(id: "other", name: "vpn", driver: "bridge", subnet: subnet, labels: [], endpoints: [])
        ]
        let proposal = Network().propose(fixture.input)
        // the clients' network has no subnet in the manifest
        #expect(proposal.actions.count == (overlaps ? 1 : 2))
        #expect(proposal.conditions.contains { $0.reason == "SubnetTaken" && $0.message.contains("vpn") } == overlaps)
        fixture.cluster.network.subnet = nil
        #expect(Network().propose(fixture.input).actions.count == 2)
    }

    @Test("P05: what was changed in Patroni's configuration is put back; what the manifest does not manage stays")
    func repairsConfiguration() {
        var fixture = PlanningFixture()
        edit(&fixture, [("ttl", .integer(99)), ("synchronous_mode", .bool(false)), ("mine", .bool(true))])
        let patch = JSONValue.object([("ttl", .integer(30)), ("synchronous_mode", .bool(true))])
        #expect(fixture.actions.map(\.effect) == [.patroni("pg-node-1", .patchConfiguration(patch))])
    }

    @Test("P06: while Patroni is paused, an edited configuration is told of and left alone")
    func leavesThePausedAlone() {
        var fixture = PlanningFixture()
        edit(&fixture, [("ttl", .integer(99)), ("pause", .bool(true))])
        #expect(fixture.actions == [])
        #expect(fixture.waiting.contains { $0.contains("resume") && $0.contains("ttl") })
        #expect(fixture.conditions.contains { $0.type == .paused && $0.status == .true })
    }
}
