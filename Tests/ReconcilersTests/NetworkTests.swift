import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("The internal network and the clients' network")
struct NetworkTests {
    private static let (own, clients) = (PlanningFixture.networkID, PlanningFixture.clientsID)
    private static let clientsName: NetworkName = "pg-ha-network-clients"

    private static func detach(_ name: ContainerName, from network: NetworkID, in fixture: inout PlanningFixture) {
        fixture.change(name) { $0.attachments.removeAll { $0.network == network } }
        for place in fixture.engine.networks.indices where fixture.engine.networks[place].id == network {
            fixture.engine.networks[place].endpoints.removeAll { $0 == ContainerID("id-\(name)") }
        }
    }

    private static func attach(_ name: ContainerName, to network: NetworkID, in fixture: inout PlanningFixture) {
        let view = fixture.engine.networks.first { $0.id == network }
        fixture.change(name) { seen in
            seen.attachments.append(
                Attachment(network: network, networkName: view?.name ?? "", address: "10.9.0.9", aliases: [name]))
            seen.attachments.sort { $0.networkName < $1.networkName }
        }
    }

    @Test("each part is on the networks that it needs, and on no other one")
    func places() throws {
        let fixture = PlanningFixture()
        let scope = try #require(EngineScope(fixture.input))
        let both = [fixture.cluster.network.name, Self.clientsName]
        let pooler = try #require(fixture.cluster.poolers.first)
        #expect(NodeSpec.container("pg-node-1", at: scope).networks == both)
        #expect(PoolerSpec.container(pooler, hosts: ["pg-node-1"], at: scope).networks == both)
        #expect(EtcdSpec.container("etcd-1", join: EtcdSpec.bootstrap, at: scope).networks == [both[0]])
        #expect(ConsoleSpec.container(primary: "pg-node-1", at: scope).networks == [both[1]])
    }

    @Test("a network that is missing is made, and one that cannot be made keeps nothing else from its place")
    func made() {
        var fixture = PlanningFixture()
        fixture.engine.networks.removeLast()
        for place in fixture.engine.containers.indices {
            fixture.engine.containers[place].attachments.removeAll { $0.network == Self.clients }
        }
        let spec = NetworkSpec(name: Self.clientsName, driver: "bridge", subnet: nil)
        #expect(fixture.effects(Network()) == [.docker(.local, .createNetwork(spec))])
        fixture.engine.networks.append(
            NetworkView(id: "other", name: Self.clientsName, driver: "bridge", subnet: nil, labels: [], endpoints: []))
        #expect(fixture.effects(Network()) == [])
        #expect(Network().propose(fixture.input).conditions.map(\.reason) == ["NameTaken"])
        fixture.remove("pg-node-3")
        #expect(
            fixture.effects(Nodes()).contains { effect in
                if case .docker(_, .createContainer(let spec)) = effect { spec.name == "pg-node-3" } else { false }
            })
    }

    @Test("a part that lacks the clients' network is connected while it runs; one of an older build, too")
    func connects() {
        var fixture = PlanningFixture()
        Self.detach("pg-node-1", from: Self.clients, in: &fixture)
        let connect = Effect.docker(.local, .connect(Self.clients, "id-pg-node-1", aliases: ["pg-node-1"]))
        #expect(fixture.effects(Nodes()) == [connect])
        fixture.change("pg-node-1") { seen in
            seen.features = []
            seen.attachments[0].aliases = ["pg-node-1"]
        }
        // and its file is written for the name that it has
        #expect(fixture.effects(Nodes()).contains(connect))
        #expect(!fixture.actions.contains { $0.effect.isDisruptive })
    }

    @Test("a part is taken off a network of ours that is not for it, and left on any other one")
    func disconnects() {
        var fixture = PlanningFixture()
        Self.attach("etcd-2", to: Self.clients, in: &fixture)
        #expect(fixture.effects(Etcd()) == [.docker(.local, .disconnect(Self.clients, "id-etcd-2"))])
        var foreign = PlanningFixture()
        foreign.engine.networks.append(
            NetworkView(id: "net9", name: "app", driver: "bridge", subnet: nil, labels: [], endpoints: ["id-etcd-2"]))
        Self.attach("etcd-2", to: "net9", in: &foreign)
        #expect(foreign.effects(Etcd()) == [])
    }

    @Test("a container that was to be on a network which is gone is made again, and one of ours is connected again")
    func gone() {
        // a stranger's network has the name now
        var taken = PlanningFixture()
        taken.stop("pg-node-3")
        taken.engine.networks[1] = NetworkView(
            id: "other", name: Self.clientsName, driver: "bridge", subnet: nil, labels: [], endpoints: [])
        #expect(taken.effects(Nodes()).contains(.docker(.local, .remove("id-pg-node-3"))))
        // made again by us under another ID
        var fresh = PlanningFixture()
        fresh.stop("pg-node-3")
        fresh.engine.networks[1].id = "new"
        let connect = DockerEffect.connect("new", "id-pg-node-3", aliases: ["pg-node-3"])
        #expect(fresh.effects(Nodes()).contains(.docker(.local, connect)))
        // a person had put a member there, which then stopped
        var member = PlanningFixture()
        Self.attach("etcd-2", to: Self.clients, in: &member)
        member.stop("etcd-2", exitCode: 0, data: .etcd)
        member.engine.networks[1].id = "new"
        #expect(member.effects(Etcd()).contains(.docker(.local, .remove("id-etcd-2"))))
    }

    @Test("a node that is to be made again is connected all the same, until its turn comes")
    func outdated() {
        var fixture = PlanningFixture()
        Self.detach("pg-node-1", from: Self.clients, in: &fixture)
        fixture.change("pg-node-1") { $0.settings.user = "postgres" }
        let connect = DockerEffect.connect(Self.clients, "id-pg-node-1", aliases: ["pg-node-1"])
        #expect(fixture.effects(Nodes()).contains(.docker(.local, connect)))
    }

    @Test("the console of an older build moves to the clients' network")
    func movesConsole() {
        var fixture = PlanningFixture()
        Self.detach("dbhub", from: Self.clients, in: &fixture)
        Self.attach("dbhub", to: Self.own, in: &fixture)
        #expect(
            fixture.effects(Console()) == [.docker(.local, .connect(Self.clients, "id-dbhub", aliases: ["dbhub"]))])
        Self.attach("dbhub", to: Self.clients, in: &fixture)
        #expect(fixture.effects(Console()) == [.docker(.local, .disconnect(Self.own, "id-dbhub"))])
    }

    @Test("Patroni and pgBackRest's server listen on the internal network alone, and members call them there")
    func listens() throws {
        var fixture = PlanningFixture()
        func text(_ path: String) throws -> String {
            let files = NodeSpec.container("pg-node-2", at: try #require(EngineScope(fixture.input))).files
            return try #require(files.first { $0.path.hasSuffix(path) }).content.filled { _ in "" }
        }
        let name = "pg-node-2-internal"
        #expect(try text("patroni.yml").contains("  listen: \"\(name):8008\"\n  connect_address: \"\(name):8008\"\n"))
        #expect(try text("pgbackrest.conf").contains("tls-server-address=\(name)\n"))
        let backup = PgBackRestFile.backup(at: try #require(EngineScope(fixture.input)))[0].content.filled { _ in "" }
        #expect(backup.contains("pg2-host=\(name)\n"))
        #expect(Principal.node("pg-node-2").hosts(in: fixture.cluster).prefix(2) == ["pg-node-2", name])
        // a container of an older build keeps the name that it has until it is made anew
        var older = fixture
        older.change("pg-node-2") { seen in
            seen.attachments = seen.attachments.map { endpoint in
                var endpoint = endpoint
                endpoint.aliases = ["pg-node-2", "pg-node-2.internal"]
                return endpoint
            }
        }
        let scope = try #require(EngineScope(older.input))
        let kept = NodeSpec.container("pg-node-2", at: scope)
        let file = try #require(kept.files.first { $0.path.hasSuffix("patroni.yml") }).content.filled { _ in "" }
        #expect(file.contains("  connect_address: \"pg-node-2.internal:8008\"\n"))
        let seen = try #require(scope.container("pg-node-2"))
        #expect(kept.differences(from: seen, recreating: true).map(\.setting) == ["names"])
        // a node goes on with the image that it has, and its programs ask Patroni at 127.0.0.1
        fixture.change("pg-node-2") { seen in
            seen.features = [.patroniTLS]
            seen.attachments = seen.attachments.map { endpoint in
                var endpoint = endpoint
                endpoint.aliases = ["pg-node-2"]
                return endpoint
            }
        }
        #expect(try text("patroni.yml").contains("  listen: \"0.0.0.0:8008\"\n  connect_address: \"pg-node-2:8008\"\n"))
        #expect(try text("pgbackrest.conf").contains("tls-server-address=0.0.0.0\n"))
        #expect(!fixture.actions.contains { $0.effect.isDisruptive })
        // connected by hand, without the name: Docker gives an endpoint its names when it makes it
        fixture.change("pg-node-2") { $0.features.insert(.internalName) }
        #expect(fixture.effects(Nodes()).contains(.docker(.local, .stop("id-pg-node-2"))))
    }

    @Test("of one for which Docker does not answer, the names are not known, and nothing is changed")
    func unanswered() {
        var fixture = PlanningFixture()
        let before = PatroniFile.version(for: "pg-node-2", fixture.input)
        fixture.change("pg-node-2") { seen in
            seen.state = .restarting
            seen.attachments = seen.attachments.map {
                Attachment(network: $0.network, networkName: $0.networkName, address: $0.address)
            }
        }
        #expect(PatroniFile.version(for: "pg-node-2", fixture.input) == before)
    }

    @Test("a task has no network where the repository lies in a volume, and the clients' one where it lies in S3")
    func tasks() throws {
        var fixture = PlanningFixture()
        func networks() throws -> [NetworkName] {
            RepositoryAccess(fixture.cluster.backups).networks(try #require(EngineScope(fixture.input)).cluster)
        }
        #expect(try networks() == [])
        fixture.cluster.backups.s3 = ObjectStore(bucket: "b", endpoint: "s3.test", keyFile: "k", keySecretFile: "s")
        #expect(try networks() == [Self.clientsName])
    }

    @Test("a container on the internal network that is not the cluster's is told of")
    func exposed() {
        var fixture = PlanningFixture()
        #expect(Exposure().propose(fixture.input).conditions == [])
        fixture.engine.containers.append(
            ContainerView(id: "id-app", name: "app", image: "app:1", labels: [], state: .running(startedAt: "")))
        fixture.engine.networks[1].endpoints.append("id-app")
        #expect(Exposure().propose(fixture.input).conditions == [])
        fixture.engine.networks[0].endpoints.append("id-app")
        let conditions = Exposure().propose(fixture.input).conditions
        #expect(conditions.map(\.reason) == ["OnInternalNetwork"])
        #expect(conditions.first?.message.contains("docker network connect pg-ha-network-clients app") == true)
    }

    @Test("a leader that has an endpoint on either network is not proven dead")
    func proof() {
        for place in 0...1 {
            var fixture = PlanningFixture()
            fixture.stop("pg-node-1")
            #expect(fixture.effects(Failover()).count == 1)
            fixture.engine.networks[place].endpoints.append("id-pg-node-1")
            #expect(fixture.effects(Failover()) == [])
        }
    }
}
