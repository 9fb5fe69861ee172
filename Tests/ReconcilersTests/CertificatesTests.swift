import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("The cluster's certificates")
struct CertificatesTests {
    private func effects(_ fixture: PlanningFixture) -> [Effect] { fixture.effects(Certificates()) }

    private static func fixture(_ changes: (inout PlanningFixture) -> Void) -> PlanningFixture {
        var fixture = PlanningFixture()
        changes(&fixture)
        return fixture
    }

    private static func add(_ place: AuthorityView.Place, _ fingerprint: String, to fixture: inout PlanningFixture) {
        fixture.observation.identity.authorities.append(
            AuthorityView(place: place, fingerprint: fingerprint, notAfter: PlanningFixture.later(days: 3600)))
    }

    @Test("are left alone while two thirds of their life are not over")
    func rest() {
        let fixture = PlanningFixture()
        #expect(effects(fixture) == [])
        #expect(Certificates().propose(fixture.input).conditions == [])
        #expect(
            fixture.cluster.principals.map(\.text) == [
                "backup", "controller", "controller.etcd", "etcd-1", "etcd-2", "etcd-3", "pg-node-1", "pg-node-1.etcd",
                "pg-node-2", "pg-node-2.etcd", "pg-node-3", "pg-node-3.etcd", "pooler", "pooler.server",
                "superuser.etcd",
            ])
    }

    @Test(
        "are renewed, and only those, when two thirds are over",
        arguments: [(31, []), (30, [Effect.identity(.issue(.pooler))]), (-1, [Effect.identity(.issue(.pooler))])]
            as [(Int64, [Effect])])
    func renewal(daysLeft: Int64, wanted: [Effect]) {
        let fixture = Self.fixture { fixture in
            for place in fixture.observation.identity.certificates.indices
            where fixture.observation.identity.certificates[place].principal == .pooler {
                fixture.observation.identity.certificates[place].notBefore = PlanningFixture.later(days: daysLeft - 90)
                fixture.observation.identity.certificates[place].notAfter = PlanningFixture.later(days: daysLeft)
            }
        }
        #expect(effects(fixture) == wanted)
        let conditions = Certificates().propose(fixture.input).conditions
        #expect(conditions.map(\.reason) == (daysLeft < 0 ? ["Expired"] : []))
    }

    @Test("that are about to end are told of, and so is an authority")
    func alarm() {
        let fixture = Self.fixture {
            $0.observation.identity.certificates[0].notAfter = PlanningFixture.later(days: 19)
            $0.observation.identity.authorities[0].notAfter = PlanningFixture.later(days: 5)
        }
        let conditions = Certificates().propose(fixture.input).conditions
        #expect(conditions.map(\.subject) == [.certificate(.backup), .authority])
        #expect(
            conditions.allSatisfy {
                $0.type == .certificateExpiring && $0.reason == "ExpiresSoon" && $0.status == .true
            })
    }

    @Test("an authority that ends within a year, or whose key all parties had, gets a successor")
    func successor() {
        #expect(
            effects(Self.fixture { $0.observation.identity.authorities[0].notAfter = PlanningFixture.later(days: 364) })
                == [.identity(.addAuthority)])
        #expect(
            effects(Self.fixture { $0.observation.identity.authorities[0].statesItsUse = false })
                == [.identity(.addAuthority)])
    }

    @Test("the next authority signs when every party that runs has read its certificate, and not before")
    func adoption() {
        let ready = Self.fixture { Self.add(.next, "second", to: &$0) }
        #expect(effects(ready) == [.identity(.adoptAuthority)])
        var late: [PlanningFixture] = []
        for name: ContainerName in ["pg-node-2", "pgbouncer-1-ro", "etcd-3"] {
            late.append(
                Self.fixture { fixture in
                    Self.add(.next, "second", to: &fixture)
                    // an older bundle lies there
                    fixture.change(name) { view in
                        let files = (view.files.value ?? []).map { file in
                            var file = file
                            if file.path == ClusterIdentity.authorities {
                                file.content = .asWritten(template: Digest(text: "old"))
                            }
                            return file
                        }
                        view.files = .present(files)
                    }
                })
            late.append(
                Self.fixture { fixture in
                    Self.add(.next, "second", to: &fixture)
                    fixture.change(name) { $0.files = .unknown(.notLooked) }
                })
        }
        late.append(
            Self.fixture { fixture in
                Self.add(.next, "second", to: &fixture)
                // the files are there, and Patroni has not read them
                fixture.dcs { $0.members[2].tags = [LabelValue(PatroniFile.versionTag, "old")] }
            })
        late.append(
            Self.fixture { fixture in
                Self.add(.next, "second", to: &fixture)
                fixture.observation.poolers[0].view = .unknown(.notLooked)
            })
        for fixture in late {
            let proposal = Certificates().propose(fixture.input)
            #expect(proposal.actions == [])
            #expect(proposal.waiting.first?.hasSuffix("to read the next authority") == true, "\(proposal.waiting)")
        }
        // one that does not run gets its files before it starts
        let stopped = Self.fixture { fixture in
            Self.add(.next, "second", to: &fixture)
            fixture.stop("pg-node-2")
            fixture.change("pg-node-2") { $0.files = .unknown(.notLooked) }
        }
        #expect(effects(stopped) == [.identity(.adoptAuthority)])
    }

    @Test("after that all certificates are signed anew, and only then the authority before is dropped")
    func succession() {
        let adopted = Self.fixture { fixture in
            fixture.observation.identity.authorities[0].place = .previous
            Self.add(.current, "second", to: &fixture)
        }
        #expect(effects(adopted) == adopted.cluster.principals.map { .identity(.issue($0)) })
        let signed = Self.fixture { fixture in
            fixture.observation.identity.authorities[0].place = .previous
            Self.add(.current, "second", to: &fixture)
            for place in fixture.observation.identity.certificates.indices {
                fixture.observation.identity.certificates[place].authority = "second"
            }
        }
        #expect(effects(signed) == [.identity(.dropAuthority)])
        let unread = Self.fixture { fixture in
            fixture.observation = signed.observation
            fixture.dcs { $0.members[0].tags = [LabelValue(PatroniFile.versionTag, "old")] }
        }
        #expect(effects(unread) == [])
    }

    @Test("an authority whose key is lost is not waited for")
    func lostKey() {
        let fixture = Self.fixture { fixture in
            fixture.observation.identity.authorities[0].place = .previous
            Self.add(.next, "second", to: &fixture)
        }
        #expect(effects(fixture) == [.identity(.adoptAuthority)])
    }

    @Test("a change of a node's certificate changes the version that its Patroni shows, and that of no other node")
    func version() {
        var fixture = PlanningFixture()
        func versions() -> [String] {
            fixture.cluster.nodeNames.map { PatroniFile.version(for: $0, fixture.input) }
        }
        let before = versions()
        fixture.observation.secrets.append(SecretView(name: Principal.node("pg-node-2").secret, version: "2"))
        #expect(zip(before, versions()).map { $0 == $1 } == [true, false, true])
        fixture.observation.secrets.append(SecretView(name: .authorities, version: "2"))
        #expect(zip(before, versions()).map { $0 == $1 } == [false, false, false])
    }

    @Test("a node checks the server that it copies from, and serves with its own certificate")
    func patroniFile() {
        let text = PatroniFile.spec(for: "pg-node-1", PlanningFixture().input).content.filled { "<\($0)>" }
        for secret in ["replication", "rewind"] {
            #expect(
                text.contains(
                    """
                          password: "<postgres-\(secret)>"
                          sslmode: verify-full
                          sslrootcert: /etc/controller/cluster.crt
                          sslcert: /etc/controller/identity.pem
                          sslkey: /etc/controller/identity.pem

                    """))
        }
        #expect(text.contains("\n    ssl: \"on\"\n    ssl_ca_file: \"/etc/controller/cluster.crt\"\n"))
        // the trial starts TLS, too, because ciphers and versions of the manifest count only then
        let trial = Trial.task(PlanningFixture().cluster)
        let named = PatroniFile.tls.map(\.value).filter { $0.hasPrefix(FileSpec.directory) }
        #expect(Set(named).isSubset(of: trial.files.map(\.path)) && !named.isEmpty)
        #expect(trial.files.first?.content.filled { $0.text }.contains("ssl = 'on'") == true)
    }

    @Test("only the controller's certificate opens the superuser's sessions, and only a task's reads data for a backup")
    func rules() {
        let cluster = PlanningFixture().cluster
        let rules = ClientRules.lines(cluster, LocalConfiguration(of: cluster, poolers: []))
        #expect(
            rules.filter { $0.contains(" postgres ") && !$0.hasPrefix("local") && !$0.contains("pooler") } == [
                "hostssl all postgres samenet cert map=controller", "host all postgres all reject",
            ])
        let lines = ClientRules.identities(cluster)
        #expect(lines.filter { $0.hasSuffix(" postgres") } == ["controller controller.internal postgres"])
        #expect(
            rules.filter { $0.contains("controller_monitor") } == [
                "hostssl all controller_monitor samenet cert map=controller", "host all controller_monitor all reject",
            ])
        #expect(
            lines.filter { $0.hasSuffix("controller_monitor") } == ["controller controller.internal controller_monitor"]
        )
        let mapped = lines.filter { $0.hasSuffix(" replicator") || $0.hasSuffix(" rewinder") }
        #expect(
            mapped == ["local postgres replicator", "node node.internal replicator", "node node.internal rewinder"])
        #expect(
            rules.filter { $0.contains("replicator") || $0.contains("rewinder") } == [
                "local replication replicator peer map=local", "hostssl replication replicator samenet cert map=node",
                "hostssl all rewinder samenet cert map=node", "host all rewinder all reject",
            ])
        // no party can have the name of another one, whatever the cluster is called
        for name in ["controller", "root", "pg-node-1"] as [ClusterName] {
            let names = cluster.principals.map { ($0, $0.commonName(in: name)) }.filter { !$0.1.isEmpty }
            #expect(Set(names.map(\.1)).count == 5, "\(name)")
            // etcd takes a common name for a user
            let users = EtcdUsers.wanted(cluster).map(\.user)
            #expect(names.filter { users.contains($0.1) }.map(\.0) == [.etcdSuperuser], "\(name)")
        }
    }

    @Test("one that lies unread for long, in maintenance for example, is told of: what is in use ends soon")
    func unread() {
        func fixture(age: Int64) -> PlanningFixture {
            Self.fixture { fixture in
                fixture.observation.identity.certificates = fixture.observation.identity.certificates.map {
                    var certificate = $0
                    certificate.notBefore = PlanningFixture.later(days: -age)
                    return certificate
                }
                fixture.dcs { $0.members[1].tags = [LabelValue(PatroniFile.versionTag, "old")] }
            }
        }
        #expect(Certificates().propose(fixture(age: 11).input).conditions == [])
        let conditions = Certificates().propose(fixture(age: 12).input).conditions
        #expect(conditions.map(\.subject) == [.certificate(.node("pg-node-2"))])
        #expect(conditions.map(\.reason) == ["NotInUse"])
    }

    @Test("a node that the manifest does not name any more and that still runs is waited for")
    func surplus() {
        let fixture = Self.fixture { fixture in
            Self.add(.next, "second", to: &fixture)
            fixture.cluster.nodes.count = 2
            fixture.observation.identity.certificates.removeAll { $0.principal == .node("pg-node-3") }
        }
        #expect(
            Certificates().propose(fixture.input).waiting == [
                "pg-node-3, which is not to run, to read the next authority"
            ])
    }

    @Test("one that ends with its authority is not signed again and again")
    func endsWithItsAuthority() {
        let fixture = Self.fixture { fixture in
            fixture.observation.identity.authorities[0].notAfter = PlanningFixture.later(days: 5)
            for place in fixture.observation.identity.certificates.indices {
                fixture.observation.identity.certificates[place].notAfter = PlanningFixture.later(days: 5)
            }
        }
        #expect(effects(fixture) == [.identity(.addAuthority)])
    }

    @Test("certificates open sessions where each party has its own key, and not under an older build's shared one")
    func rulesOfAnOlderBuild() {
        func text(isShared: Bool) -> String {
            let fixture = Self.fixture { fixture in
                fixture.observation.identity.authorities[0].statesItsUse = !isShared
                if isShared { fixture.observation.secrets = [SecretView(name: .sharedKey, version: "1")] }
            }
            return PatroniFile.spec(for: "pg-node-1", fixture.input).content.filled { $0.text }
        }
        #expect(text(isShared: false).contains(ClientRules.byCertificate))
        #expect(text(isShared: false).contains("verify-full"))
        #expect(!text(isShared: true).contains(ClientRules.byCertificate))
        #expect(!text(isShared: true).contains("verify-full"))
        #expect(text(isShared: true).contains("host all postgres samenet scram-sha-256"))
    }

    @Test("what an older build had in Patroni's configuration goes when every node has read its own file")
    func olderBuild() {
        func fixture(isRead: Bool) -> PlanningFixture {
            Self.fixture { fixture in
                fixture.dcs { view in
                    let old = (view.configuration?.json ?? .null).merging("ssl", "on")
                    view.configuration = PatroniConfiguration(old)
                    if !isRead { view.members[1].tags = [LabelValue(PatroniFile.versionTag, "old")] }
                }
            }
        }
        #expect(fixture(isRead: false).effects(Configuration()) == [])
        let patch = JSONValue.object([("postgresql", .object([("parameters", .object([("ssl", .null)]))]))])
        #expect(fixture(isRead: true).effects(Configuration()) == [.patroni("pg-node-1", .patchConfiguration(patch))])
    }
}

extension JSONValue {
    /// The configuration with a parameter more.
    fileprivate func merging(_ name: String, _ value: String) -> JSONValue {
        guard case .members(let top) = self else { return self }
        return .object(
            top.map { member in
                guard member.name == "postgresql", case .members(let section) = member.value else {
                    return (member.name, member.value)
                }
                return (
                    member.name,
                    .object(
                        section.map { part in
                            guard part.name == "parameters", case .members(let all) = part.value else {
                                return (part.name, part.value)
                            }
                            return (part.name, .object(all.map { ($0.name, $0.value) } + [(name, .string(value))]))
                        })
                )
            })
    }
}
