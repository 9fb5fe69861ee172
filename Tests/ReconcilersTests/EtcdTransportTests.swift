import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("TLS between etcd, its members and its clients")
struct EtcdTransportTests {
    /// A cluster as an older build left it: no party speaks TLS.
    private static func older(nodes: Int = 3, etcd: Int = 3) -> PlanningFixture {
        var fixture = PlanningFixture(nodes: nodes, etcd: etcd)
        for name in fixture.cluster.etcdNames { relabel(name, nil, in: &fixture) }
        for node in fixture.cluster.nodeNames { relabel(node.container, nil, in: &fixture) }
        for place in fixture.engine.volumes.indices {
            fixture.engine.volumes[place].labels.removeAll { $0.key == Label.etcdTLS }
        }
        for name in fixture.cluster.etcdNames { move(name, tls: false, in: &fixture) }
        fixture.readEtcdFiles()
        fixture.readFiles()
        return fixture
    }

    private static func relabel(_ name: ContainerName, _ value: String?, in fixture: inout PlanningFixture) {
        fixture.change(name) { view in
            view.labels.removeAll { $0.key == Label.etcdTLS }
            if let value { view.labels.append(LabelValue(Label.etcdTLS, value)) }
        }
    }

    private static func move(_ name: ContainerName, tls: Bool, in fixture: inout PlanningFixture) {
        fixture.etcd { view in
            guard let place = view.members.firstIndex(where: { $0.name == name.text }) else { return }
            view.members[place].peerURLs = [EtcdSpec.peerURL(of: name, tls: tls)]
        }
    }

    private static func file(_ name: String, of spec: ContainerSpec) -> String? {
        spec.files.first { $0.path.hasSuffix(name) }?.content.filled { "{\($0)}" }
    }

    private static func specs(_ fixture: PlanningFixture) throws -> (etcd: ContainerSpec, node: ContainerSpec) {
        let scope = try #require(EngineScope(fixture.input))
        let join = EtcdSpec.bootstrap
        return (
            EtcdSpec.container("etcd-2", join: join, at: scope), NodeSpec.container("pg-node-2", at: scope)
        )
    }

    @Test("in a new cluster all parties speak it from the start, and nothing else is taken")
    func founding() throws {
        var fixture = PlanningFixture()
        fixture.engine.containers = []
        fixture.observation.etcd = .unknown(UnknownReason(.unreachable))
        for seen in [fixture, PlanningFixture()] {
            let (etcd, node) = try Self.specs(seen)
            let text = try #require(Self.file("etcd.yaml", of: etcd))
            #expect(!text.contains("http://") && text.contains("listen-peer-urls: https://0.0.0.0:2381\n"))
            #expect(text.split(separator: "client-cert-auth: true").count == 3)
            #expect(text.contains("etcd-1=https://etcd-1:2381,etcd-2=https://etcd-2:2381"))
            #expect(etcd.labels.value(of: Label.etcdTLS) == "required")
            #expect(Self.file("identity.pem", of: etcd) == "{identity-etcd-2}")
            #expect(
                Self.file("patroni.yml", of: node)?.contains("  protocol: https\n  cacert: /etc/controller/") == true)
            #expect(Self.file("etcd.pem", of: node) == "{identity-pg-node-2.etcd}")
            #expect(node.labels.value(of: Label.etcdTLS) == "used")
        }
    }

    @Test("with certificates of an older build's authority no party does, and no file is another one")
    func sharedAuthority() throws {
        var fixture = Self.older()
        fixture.observation.identity.authorities[0].statesItsUse = false
        fixture.readEtcdFiles()
        let (etcd, node) = try Self.specs(fixture)
        #expect(Self.file("etcd.yaml", of: etcd)?.contains("https") == false)
        #expect(etcd.files.count == 1 && etcd.labels.value(of: Label.etcdTLS) == nil)
        #expect(Self.file("patroni.yml", of: node)?.contains("protocol") == false)
        #expect(node.labels.value(of: Label.etcdTLS) == nil && Self.file("etcd.pem", of: node) == nil)
        #expect(fixture.effects(Etcd()) == [])
    }

    @Test("an older build's cluster changes over in steps, each of which interrupts one member or one node")
    func steps() throws {
        var fixture = Self.older()
        // the members first, one by one; the nodes go on as they are
        for name in fixture.cluster.etcdNames {
            #expect(fixture.effects(Etcd()) == [.docker(.local, .stop(ContainerID("id-\(name)")))])
            #expect(!fixture.effects(Nodes()).contains { $0.isDisruptive })
            let (etcd, node) = try Self.specs(fixture)
            #expect(etcd.labels.value(of: Label.etcdTLS) == "accepted")
            let text = try #require(Self.file("etcd.yaml", of: etcd))
            #expect(text.contains("listen-client-urls: http://0.0.0.0:2379,https://0.0.0.0:2379\n"))
            #expect(text.contains("listen-peer-urls: http://0.0.0.0:2380,https://0.0.0.0:2381\n"))
            // Patroni speaks with a member as the member list says
            #expect(text.contains("advertise-client-urls: http://etcd-2:2379,https://etcd-2:2379\n"))
            #expect(node.labels.value(of: Label.etcdTLS) == nil)
            Self.relabel(name, "accepted", in: &fixture)
            fixture.readEtcdFiles()
        }
        // then the peers' addresses, one by one; the nodes wait for all of them
        for (place, name) in fixture.cluster.etcdNames.enumerated() {
            #expect(
                fixture.effects(Etcd()) == [
                    .etcd(.movePeer(memberID: UInt64(place + 1), peerURL: "https://\(name):2381"))
                ])
            #expect(!fixture.effects(Nodes()).contains { $0.isDisruptive })
            Self.move(name, tls: true, in: &fixture)
        }
        #expect(fixture.effects(Etcd()) == [])
        // without a quorum it is not known whether they have moved
        var silent = fixture
        silent.etcd { $0.members = [] }
        #expect(try Self.specs(silent).node.labels.value(of: Label.etcdTLS) == nil)
        // then the nodes
        for node in ["pg-node-2", "pg-node-3"] as [NodeName] {
            #expect(fixture.effects(Nodes()).contains(.docker(.local, .stop(ContainerID("id-\(node)")))))
            Self.relabel(node.container, "used", in: &fixture)
            #expect(fixture.effects(Etcd()) == [])
        }
        Self.relabel("pg-node-1", "used", in: &fixture)
        // at last nothing else is taken
        for name in fixture.cluster.etcdNames {
            #expect(fixture.effects(Etcd()) == [.docker(.local, .stop(ContainerID("id-\(name)")))])
            #expect(try Self.specs(fixture).etcd.labels.value(of: Label.etcdTLS) == "required")
            Self.relabel(name, "required", in: &fixture)
            fixture.readEtcdFiles()
        }
        #expect(fixture.effects(Etcd()) == [])
    }

    /// The volumes of an older build whose containers are gone, and the members' data as it names its peers.
    @Test("members that are made for volumes of an older build find the peers that their data names")
    func volumesAlone() throws {
        func wanted(_ fixture: PlanningFixture) throws -> String? {
            try Self.specs(fixture).etcd.labels.value(of: Label.etcdTLS)
        }
        func label(_ fixture: PlanningFixture) throws -> String? {
            let scope = try #require(EngineScope(fixture.input))
            let specs = Volumes.wanted(at: scope).filter { $0.component == .etcd }
            #expect(Set(specs.map { $0.labels.value(of: Label.etcdTLS) }).count == 1)
            return specs.first?.labels.value(of: Label.etcdTLS)
        }
        var fixture = Self.older()
        fixture.engine.containers = []
        fixture.observation.etcd = .unknown(UnknownReason(.unreachable))
        #expect(try wanted(fixture) == "accepted")
        #expect(try Self.specs(fixture).node.labels.value(of: Label.etcdTLS) == nil)
        // with the first made, and with all, before there is a quorum
        for name in fixture.cluster.etcdNames {
            let scope = try #require(EngineScope(fixture.input))
            fixture.add(EtcdSpec.container(name, join: EtcdSpec.bootstrap, at: scope))
            fixture.stop(name, data: .etcd)
            #expect(try wanted(fixture) == "accepted")
        }
        // one volume of a newer build, or a lost one, changes nothing of what the other data says
        fixture.engine.containers = []
        var mixed = fixture
        mixed.engine.volumes[0].labels.append(LabelValue(Label.etcdTLS, "required"))
        #expect(try wanted(mixed) == "accepted")
        fixture.engine.volumes.removeFirst()
        #expect(try wanted(fixture) == "accepted")
        #expect(try label(fixture) == nil)
        // nodes that have followed show that the peers had moved before
        fixture = Self.older()
        fixture.engine.containers.removeAll { $0.labels.value(of: Label.component) == Component.etcd.rawValue }
        #expect(try wanted(fixture) == "accepted")
        for node in fixture.cluster.nodeNames { Self.relabel(node.container, "used", in: &fixture) }
        #expect(try wanted(fixture) == "required")
        // volumes that were made for TLS alone, or none
        fixture = PlanningFixture()
        fixture.engine.containers = []
        #expect(try wanted(fixture) == "required")
        fixture.observation.identity.authorities = []
        #expect(try wanted(fixture) == "required")
        fixture = PlanningFixture()
        fixture.engine.containers = []
        fixture.engine.volumes = []
        #expect(try wanted(fixture) == "required")
        #expect(try label(fixture) == "required")
    }

    @Test("nothing is required while a party cannot do without")
    func notYet() throws {
        func accepting(_ change: (inout PlanningFixture) -> Void) -> PlanningFixture {
            var fixture = PlanningFixture()
            for name in fixture.cluster.etcdNames { Self.relabel(name, "accepted", in: &fixture) }
            change(&fixture)
            return fixture
        }
        func wanted(_ fixture: PlanningFixture) throws -> String? {
            try Self.specs(fixture).etcd.labels.value(of: Label.etcdTLS)
        }
        #expect(try wanted(accepting { _ in }) == "required")
        #expect(try wanted(accepting { Self.relabel("pg-node-3", nil, in: &$0) }) == "accepted")
        // one that does not run starts again with what its container has
        #expect(
            try wanted(
                accepting {
                    Self.relabel("pg-node-3", nil, in: &$0)
                    $0.stop("pg-node-3")
                }) == "accepted")
        // no member is interrupted before the peers of all have its new address
        func interrupts(_ fixture: PlanningFixture) -> Bool { fixture.effects(Etcd()).contains { $0.isDisruptive } }
        #expect(interrupts(accepting { _ in }))
        #expect(!interrupts(accepting { Self.move("etcd-3", tls: false, in: &$0) }))
        // a member that was stopped for it comes back with it, also where that took the quorum
        let stopped = accepting { fixture in
            fixture.stop("etcd-1", data: .etcd)
            fixture.etcd { $0.members = [] }
        }
        #expect(try wanted(stopped) == "required")
        #expect(stopped.effects(Etcd()).contains(.docker(.local, .remove("id-etcd-1"))))
    }

    @Test("no member is interrupted in an election, and in a loss of the quorum that lasts only when all run for long")
    func elections() {
        func interrupts(_ change: (inout PlanningFixture) -> Void) -> Bool {
            var fixture = PlanningFixture()
            Self.relabel("etcd-2", "accepted", in: &fixture)
            for name in fixture.cluster.etcdNames {
                fixture.change(name) { $0.state = .running(startedAt: "2025-10-09T08:00:00Z") }
            }
            change(&fixture)
            return fixture.effects(Etcd()).contains(.docker(.local, .stop("id-etcd-2")))
        }
        #expect(interrupts { _ in })
        #expect(interrupts { $0.etcd { $0.members = [] } })
        #expect(
            !interrupts { fixture in
                fixture.etcd { $0.members = [] }
                fixture.stop("etcd-1", data: .etcd)
            })
        #expect(
            !interrupts { fixture in
                fixture.etcd { $0.members = [] }
                fixture.change("etcd-1") { $0.state = .running(startedAt: PlanningFixture.now.text) }
            })
    }

    @Test("there is no way back: not with a lost authority, and not for a node that stands still")
    func noWayBack() throws {
        var fixture = PlanningFixture()
        fixture.observation.identity.authorities = []
        fixture.observation.etcd = .unknown(UnknownReason(.timedOut))
        fixture.remove("pg-node-2")
        let (etcd, node) = try Self.specs(fixture)
        #expect(etcd.labels.value(of: Label.etcdTLS) == "required")
        #expect(node.labels.value(of: Label.etcdTLS) == "used")
        Self.relabel("etcd-3", "accepted", in: &fixture)
        #expect(try Self.specs(fixture).etcd.labels.value(of: Label.etcdTLS) == "required")
    }

    @Test("the only member is made again with TLS, also while the authority's key is lost")
    func onlyMember() throws {
        for containers in [["etcd-1"], ["etcd-1", "pg-node-1"]] as [[ContainerName]] {
            var fixture = PlanningFixture(nodes: 1, etcd: 1)
            fixture.observation.identity.authorities = [
                AuthorityView(place: .next, fingerprint: "next", notAfter: PlanningFixture.later(days: 3600))
            ]
            fixture.observation.etcd = .unknown(UnknownReason(.unreachable))
            for name in containers { fixture.remove(name) }
            let scope = try #require(EngineScope(fixture.input))
            let etcd = EtcdSpec.container("etcd-1", join: EtcdSpec.bootstrap, at: scope)
            #expect(etcd.labels.value(of: Label.etcdTLS) == "required")
            #expect(NodeSpec.container("pg-node-1", at: scope).labels.value(of: Label.etcdTLS) == "used")
        }
    }

    @Test("peers are not moved while a member is away, joins, or does not listen there")
    func peersWait() {
        func moves(_ change: (inout PlanningFixture) -> Void) -> Bool {
            var fixture = Self.older()
            for name in fixture.cluster.etcdNames { Self.relabel(name, "accepted", in: &fixture) }
            change(&fixture)
            return fixture.effects(Etcd()).contains { if case .etcd(.movePeer) = $0 { true } else { false } }
        }
        #expect(moves { _ in })
        #expect(!moves { Self.relabel("etcd-3", nil, in: &$0) })
        #expect(
            !moves { fixture in
                fixture.stop("etcd-3", data: .etcd)
                fixture.etcd { $0.endpoints[2].status = .unknown(UnknownReason(.timedOut)) }
            })
        // one that runs and is not heard is the first
        #expect(moves { $0.etcd { $0.endpoints[2].status = .unknown(UnknownReason(.timedOut)) } })
        #expect(!moves { $0.etcd { $0.members[2].name = "" } })
        #expect(!moves { $0.etcd { $0.members[2].isLearner = true } })
        // a learner that is not heard would be the first
        #expect(
            !moves { fixture in
                fixture.etcd { view in
                    view.members[2].isLearner = true
                    view.endpoints[2].status = .unknown(UnknownReason(.timedOut))
                }
            })
        #expect(!moves { $0.etcd { $0.members = [] } })
    }

    @Test("a member that joins has the address by which it was added")
    func joining() throws {
        var fixture = PlanningFixture()
        fixture.stop("etcd-3", data: .empty)
        fixture.etcd { view in
            view.members.removeLast()
            view.endpoints.removeLast()
        }
        #expect(fixture.effects(Etcd()).contains(.etcd(.addLearner(peerURL: "https://etcd-3:2381"))))
        Self.relabel("etcd-1", nil, in: &fixture)
        Self.relabel("etcd-2", "accepted", in: &fixture)
        Self.relabel("etcd-3", "accepted", in: &fixture)
        #expect(fixture.effects(Etcd()).contains(.etcd(.addLearner(peerURL: "http://etcd-3:2380"))))
        let scope = try #require(EngineScope(fixture.input))
        let join = "existing etcd-1=http://etcd-1:2380,etcd-3=http://etcd-3:2380"
        let spec = EtcdSpec.container("etcd-3", join: join, at: scope)
        let text = try #require(Self.file("etcd.yaml", of: spec))
        #expect(text.contains("initial-advertise-peer-urls: http://etcd-3:2380\n"))
    }

    @Test("a new certificate is put into a member that runs; a new authority is put there before it starts")
    func renewal() {
        func effects(_ paths: [String]) -> [Effect] {
            var fixture = PlanningFixture()
            fixture.change("etcd-2") { view in
                view.files = .present(
                    (view.files.value ?? []).map { file in
                        paths.contains { file.path.hasSuffix($0) }
                            ? FileView(path: file.path, content: .asWritten(template: Digest(text: "old"))) : file
                    })
            }
            return fixture.effects(Etcd())
        }
        let renewed = effects(["identity.pem"])
        guard case .docker(_, .upload("id-etcd-2", let files))? = renewed.first, renewed.count == 1 else {
            Issue.record("\(renewed)")
            return
        }
        // only that: another authority may have been added since the look, and would be written with the rest
        #expect(files.map(\.path) == [ClusterIdentity.own])
        for others in [["cluster.crt"], ["etcd.yaml"], ["identity.pem", "cluster.crt"]] {
            #expect(effects(others) == [.docker(.local, .stop("id-etcd-2"))])
        }
    }

    @Test("the next authority waits for every party of etcd that speaks TLS, and for no other")
    func adoption() {
        func late(_ change: (inout PlanningFixture) -> Void) -> String? {
            var fixture = PlanningFixture()
            change(&fixture)
            return EngineScope(fixture.input).flatMap { CertificatesInForce($0).late }
        }
        func forget(_ name: ContainerName, _ path: String, in fixture: inout PlanningFixture) {
            fixture.change(name) { view in
                view.files = .present((view.files.value ?? []).filter { !$0.path.hasSuffix(path) })
            }
        }
        #expect(late { _ in } == nil)
        #expect(late { forget("etcd-2", "identity.pem", in: &$0) } == "etcd-2")
        #expect(late { forget("etcd-2", "cluster.crt", in: &$0) } == "etcd-2")
        #expect(late { forget("pg-node-3", "etcd.pem", in: &$0) } == "pg-node-3")
        #expect(
            late {
                forget("etcd-2", "cluster.crt", in: &$0)
                Self.relabel("etcd-2", nil, in: &$0)
            } == nil)
        #expect(
            late { fixture in
                guard let scope = EngineScope(fixture.input) else { return }
                fixture.add(EtcdSpec.container("etcd-4", join: EtcdSpec.bootstrap, at: scope))
            } == "etcd-4, which is not to run,")
    }
}
