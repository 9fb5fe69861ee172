import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("Who may do what in etcd")
struct EtcdAuthenticationTests {
    private static func fixture(_ change: (inout EtcdAccess) -> Void) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.etcd { view in
            guard var access = view.access.value else { return }
            change(&access)
            view.access = .present(access)
        }
        return fixture
    }

    private static func effects(_ change: (inout EtcdAccess) -> Void) -> [Effect] {
        fixture(change).effects(Etcd())
    }

    @Test("a node may do what Patroni does, and read for whom it shuts down; nothing else")
    func grants() {
        let role = EtcdAuthentication.role(in: PlanningFixture().cluster)
        #expect(
            role.grants == [
                EtcdGrant(.readWrite, from: "/service/demo/", to: "/service/demo0"),
                EtcdGrant(.read, on: "/controller/demo/switchover"),
            ])
    }

    @Test("roles and users are made first, and only then are they asked for")
    func order() {
        let cluster = PlanningFixture().cluster
        let roles: [Effect] = [
            .etcd(.setRole(EtcdRole(name: "root", grants: []))), .etcd(.setRole(EtcdAuthentication.role(in: cluster))),
        ]
        let users: [Effect] =
            [.etcd(.setUser("root", "etcd-root", role: "root"))]
            + ["pg-node-1", "pg-node-2", "pg-node-3"].map {
                .etcd(.setUser("\($0).etcd", .etcdUser(of: NodeName($0)), role: "node"))
            }
        #expect(Self.effects { $0 = EtcdAccess(isEnabled: false, users: [], roles: []) } == roles + users)
        #expect(Self.effects { $0.isEnabled = false } == [.etcd(.enableAuthentication("etcd-root"))])
        #expect(Self.effects { _ in } == [])
    }

    @Test(
        "nothing is asked for while a node of an older build shows no user, and no user is made where etcd knows no TLS"
    )
    func olderNodes() {
        var fixture = Self.fixture { $0.isEnabled = false }
        fixture.change("pg-node-3") { view in view.labels.removeAll { $0.key == Label.etcdTLS } }
        for name in fixture.cluster.etcdNames {
            fixture.change(name) { view in
                view.labels.removeAll { $0.key == Label.etcdTLS }
                view.labels.append(LabelValue(Label.etcdTLS, "accepted"))
            }
        }
        func asks(_ fixture: PlanningFixture) -> Bool {
            fixture.effects(Etcd()).contains(.etcd(.enableAuthentication("etcd-root")))
        }
        #expect(!asks(fixture))
        // nor while a member would take a password without TLS
        fixture.change("pg-node-3") { view in view.labels.append(LabelValue(Label.etcdTLS, "used")) }
        #expect(!asks(fixture))
        for name in fixture.cluster.etcdNames {
            fixture.change(name) { view in
                view.labels.removeAll { $0.key == Label.etcdTLS }
                view.labels.append(LabelValue(Label.etcdTLS, "required"))
            }
        }
        #expect(asks(fixture))
        var plain = Self.fixture { $0 = EtcdAccess(isEnabled: false, users: [], roles: []) }
        plain.change("etcd-1") { view in view.labels.removeAll { $0.key == Label.etcdTLS } }
        #expect(!plain.effects(Etcd()).contains { if case .etcd(.setUser) = $0 { true } else { false } })
    }

    @Test("what a person changed is put back: a password, a role, a grant, authentication itself")
    func drift() {
        let one = Effect.etcd(.setUser("pg-node-1.etcd", "etcd-node-pg-node-1", role: "node"))
        #expect(Self.effects { $0.users.removeAll { $0.name == "pg-node-1.etcd" } } == [one])
        #expect(
            Self.effects { access in
                for place in access.users.indices where access.users[place].name == "pg-node-1.etcd" {
                    access.users[place].passwordMatches = false
                }
            } == [one])
        #expect(
            Self.effects { access in
                for place in access.users.indices where access.users[place].name == "pg-node-1.etcd" {
                    access.users[place].roles = ["node", "root"]
                }
            } == [one])
        let role = EtcdAuthentication.role(in: PlanningFixture().cluster)
        #expect(
            Self.effects { access in
                for place in access.roles.indices where access.roles[place].name == "node" {
                    access.roles[place].grants.insert(EtcdGrant(.readWrite, below: "/"))
                }
            } == [.etcd(.setRole(role))])
    }

    @Test("that etcd refuses the controller is said with what to do, and nothing is done")
    func refusal() {
        var fixture = PlanningFixture()
        fixture.observation.etcd = .unknown(UnknownReason(.forbidden, "authentication failed"))
        fixture.observation.dcs = .unknown(UnknownReason(.forbidden, "authentication failed"))
        let proposal = Etcd().propose(fixture.input)
        #expect(proposal.actions == [])
        #expect(proposal.conditions.map(\.reason) == ["Refused"])
        #expect(proposal.conditions.first?.message.contains("docker exec -it etcd-1 etcdctl user passwd root") == true)
    }

    @Test("a user of a node that is gone is removed, and no other user")
    func surplus() {
        let gone = EtcdUser(name: "pg-node-9.etcd", roles: ["node"])
        #expect(Self.effects { $0.users.append(gone) } == [.etcd(.removeUser("pg-node-9.etcd"))])
        #expect(Self.effects { $0.users.append(EtcdUser(name: "somebody", roles: ["reading"])) } == [])
        // one that still runs on its way out needs its user
        var leaving = Self.fixture { _ in }
        leaving.cluster.nodes.count = 2
        #expect(!leaving.effects(Etcd()).contains(.etcd(.removeUser("pg-node-3.etcd"))))
    }

    @Test("a password is changed in etcd only when its node has read the new one; what is not seen is left alone")
    func passwords() {
        func fixture(_ change: (inout PlanningFixture) -> Void) -> PlanningFixture {
            var fixture = Self.fixture { access in
                for place in access.users.indices where access.users[place].name == "pg-node-2.etcd" {
                    access.users[place].passwordMatches = false
                }
            }
            change(&fixture)
            return fixture
        }
        let change = Effect.etcd(.setUser("pg-node-2.etcd", "etcd-node-pg-node-2", role: "node"))
        #expect(fixture { _ in }.effects(Etcd()) == [change])
        let late = fixture { $0.dcs { $0.members[1].tags = [LabelValue(PatroniFile.versionTag, "old")] } }
        #expect(late.effects(Etcd()) == [])
        // one that is shut out has no key by which it could show what it has read
        #expect(fixture { $0.dcs { $0.members.remove(at: 1) } }.effects(Etcd()) == [change])
        #expect(fixture { $0.observation.dcs = .unknown(.notLooked) }.effects(Etcd()) == [])
        #expect(fixture { $0.etcd { $0.access = .unknown(.notLooked) } }.effects(Etcd()) == [])
        #expect(fixture { $0.etcd { $0.members = [] } }.effects(Etcd()) == [])
    }
}
