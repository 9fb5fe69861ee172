import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("TLS between clients and the cluster")
struct ClientTLSTests {
    private static func fixture(_ changes: (inout Cluster) -> Void) -> PlanningFixture {
        var fixture = PlanningFixture()
        changes(&fixture.cluster)
        return fixture
    }

    private func pooler(_ fixture: PlanningFixture) throws -> ContainerSpec {
        let scope = try #require(EngineScope(fixture.input))
        return PoolerSpec.container(fixture.cluster.poolers[0], hosts: ["pg-node-1"], at: scope)
    }

    private func rules(_ fixture: PlanningFixture) -> [String] {
        ClientRules.lines(fixture.cluster, LocalConfiguration(of: fixture.cluster, poolers: []))
    }

    @Test("is offered by poolers and nodes, with a key for it alone")
    func offered() throws {
        let fixture = PlanningFixture()
        let spec = try pooler(fixture)
        let text = spec.files[0].content.filled { "<\($0)>" }
        #expect(text.contains("\nclient_tls_sslmode = allow\n"))
        #expect(text.contains("\nclient_tls_cert_file = /etc/controller/server.pem\n"))
        #expect(text.contains("\nclient_tls_key_file = /etc/controller/server.pem\n"))
        let server = spec.files.first { $0.path == ClusterIdentity.towardsClients }
        #expect(server?.content.filled { "<\($0)>" } == "<identity-pooler.server>")
        #expect(rules(fixture).last == "host all all all scram-sha-256")
    }

    @Test("is demanded where the manifest says so, by poolers and nodes")
    func demanded() throws {
        let fixture = Self.fixture { $0.tls.required = true }
        let text = try pooler(fixture).files[0].content.filled { "<\($0)>" }
        #expect(text.contains("\nclient_tls_sslmode = require\n"))
        #expect(rules(fixture).last == "hostssl all all all scram-sha-256")
        #expect(!rules(fixture).contains { $0.hasPrefix("host ") && !$0.hasSuffix("reject") })
    }

    @Test("certificates have the names by which clients call the servers")
    func names() {
        let cluster = Self.fixture {
            $0.nodes.bindAddress = "192.0.2.1"
            $0.pooler.bindAddress = "0.0.0.0"
            $0.tls.hostNames = ["db.example.com", "192.0.2.1"]
        }.cluster
        let loopback = ["localhost", "127.0.0.1", "::1"]
        #expect(
            Principal.node("pg-node-2").hosts(in: cluster) == ["pg-node-2", "pg-node-2-internal", "pg-node-2.internal"]
                + loopback + [
                    "192.0.2.1", "db.example.com",
                ])
        #expect(
            Principal.poolerServer.hosts(in: cluster)
                == ["pgbouncer-1", "pgbouncer-2", "pgbouncer-1-ro", "pgbouncer-2-ro"].sorted { left, right in
                    let order = cluster.poolers.map(\.name.text)
                    return (order.firstIndex(of: left) ?? 9) < (order.firstIndex(of: right) ?? 9)
                } + loopback + ["db.example.com", "192.0.2.1"])
        // what only asks others has the name of no host
        for principal in [Principal.pooler, .controller, .backup, .etcdClient("pg-node-1")] {
            #expect(principal.hosts(in: cluster) == ["\(principal.text).invalid"])
        }
    }

    @Test(
        "a certificate with other names is signed again, for poolers and nodes, and not while another authority is on its way"
    )
    func renamed() {
        var fixture = PlanningFixture()
        #expect(fixture.effects(Certificates()) == [])
        fixture.cluster.tls.hostNames = ["db.example.com"]
        let issues: [Effect] = ["pg-node-1", "pg-node-2", "pg-node-3"].map { .identity(.issue(.node($0))) }
        #expect(fixture.effects(Certificates()) == issues + [.identity(.issue(.poolerServer))])
        let reason = Certificates().propose(fixture.input).actions.last?.reason.sentence ?? ""
        #expect(reason.hasSuffix("127.0.0.1, ::1, db.example.com"), "\(reason)")
        // a name that was taken back goes as well
        fixture.observation.identity = PlanningFixture.identity(of: fixture.cluster)
        #expect(fixture.effects(Certificates()) == [])
        fixture.cluster.tls.hostNames = []
        #expect(fixture.effects(Certificates()).count == 4)
    }

    @Test("a pooler that has not read its new certificate is waited for in a rotation")
    func late() throws {
        var fixture = PlanningFixture()
        let scope = try #require(EngineScope(fixture.input))
        #expect(CertificatesInForce(scope).late(.poolerServer) == nil)
        fixture.change("pgbouncer-1") { view in
            view.files = view.files.map { $0.filter { $0.path != ClusterIdentity.towardsClients } }
        }
        #expect(CertificatesInForce(try #require(EngineScope(fixture.input))).late(.poolerServer) == "pgbouncer-1")
    }

    @Test("a port that other hosts reach and that takes clients without TLS is told, and is no alarm")
    func exposed() {
        func conditions(_ changes: (inout Cluster) -> Void) -> [Condition] {
            Exposure().propose(Self.fixture(changes).input).conditions
        }
        #expect(conditions { _ in } == [])
        let open = conditions {
            $0.nodes.bindAddress = "0.0.0.0"
            $0.pooler.bindAddress = "192.0.2.1"
        }
        #expect(open.map(\.type) == [.exposed])
        #expect(open[0].message.hasPrefix("spec.nodes.bindAddress and spec.pooler.bindAddress: "))
        #expect(
            conditions {
                $0.nodes.bindAddress = "0.0.0.0"
                $0.tls.required = true
            } == [])
        #expect(
            conditions {
                $0.pooler.bindAddress = "0.0.0.0"
                $0.pooler.enabled = false
            } == [])
    }

    @Test("a certificate of the manifest's own is never signed again; what a person has to do for it is told")
    func own() {
        var fixture = PlanningFixture()
        fixture.observation.identity.certificates.removeAll { $0.principal == .poolerServer }
        func conditions(_ own: OwnCertificateView) -> [Condition] {
            fixture.observation.identity.own = own
            #expect(fixture.effects(Certificates()) == [])
            return Certificates().propose(fixture.input).conditions
        }
        let later = PlanningFixture.later(days: 21)
        #expect(conditions(OwnCertificateView(notAfter: later)) == [])
        let broken = conditions(OwnCertificateView(notAfter: later, trouble: "keyFile holds no key"))
        #expect(broken.map(\.type) == [.certificateInvalid])
        #expect(
            broken[0].message.hasPrefix(
                "the certificate of spec.tls cannot be used: keyFile holds no key. The last good"))
        #expect(
            conditions(OwnCertificateView(notAfter: nil, trouble: "it ended"))[0].message.contains(
                "the cluster's own authority"))
        let soon = conditions(OwnCertificateView(notAfter: PlanningFixture.later(days: 19)))
        #expect(soon.map(\.type) == [.certificateExpiring] && soon.map(\.reason) == ["ExpiresSoon"])
        #expect(conditions(OwnCertificateView(notAfter: PlanningFixture.later(days: -1))).map(\.reason) == ["Expired"])
    }

    @Test("Patroni's interface has an address of its own")
    func patroni() throws {
        let fixture = Self.fixture { $0.nodes.bindAddress = "0.0.0.0" }
        let ports = NodeSpec.container("pg-node-1", at: try #require(EngineScope(fixture.input))).settings.ports
        #expect(ports.map { "\($0.hostAddress):\($0.containerPort)" }.sorted() == ["0.0.0.0:5432", "127.0.0.1:8008"])
    }
}
