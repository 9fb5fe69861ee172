import FoundationEssentials
import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("The nodes' own files, over which etcd has no say")
struct LocalConfigurationTests {
    private func text(_ fixture: PlanningFixture, _ node: NodeName = "pg-node-1") -> String {
        PatroniFile.spec(for: node, fixture.input).content.filled { $0.text }
    }

    private func parameter(_ name: String, _ fixture: PlanningFixture = PlanningFixture()) -> String? {
        let line = text(fixture).split(separator: "\n").first { $0.hasPrefix("    \(name): ") }
        return line.flatMap { try? JSONDecoder().decode(String.self, from: Data($0.dropFirst(name.count + 6).utf8)) }
    }

    /// A manifest that loads another library at start, in a cluster that has read its files.
    private var edited: PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.postgres.parameters = [.init("shared_preload_libraries", "pg_stat_statements,auto_explain")]
        return fixture
    }

    private func trial(_ fixture: inout PlanningFixture, exitCode: Int) {
        guard let site = EngineScope(fixture.input) else { return }
        let spec = Trial.task(fixture.cluster).container(at: site)
        fixture.add(spec)
        fixture.stop(spec.name, exitCode: exitCode)
        fixture.change(spec.name) { $0.result = .present(.object([("error", .string("no such library"))])) }
    }

    /// `patronictl edit-config`.
    private func edit(_ fixture: inout PlanningFixture, _ section: [(String, JSONValue)]) {
        fixture.dcs { view in
            view.configuration = view.configuration.map {
                PatroniConfiguration(merged($0.json, .object([("postgresql", .object(section))])))
            }
        }
    }

    private func merged(_ value: JSONValue, _ patch: JSONValue) -> JSONValue {
        guard case .members(let old) = value, case .members(let new) = patch else { return patch }
        let changed = old.map { member in
            new.first { $0.name == member.name }.map { JSONValue.Member($0.name, merged(member.value, $0.value)) }
                ?? member
        }
        return .members(changed + new.filter { member in !old.contains { $0.name == member.name } })
    }

    @Test("nothing that runs a program, loads a library or lets a client in is left to etcd")
    func pinned() {
        #expect(parameter("archive_command")?.contains("exec archive pg-ha %p") == true)
        #expect(parameter("restore_command")?.contains("exec archived pg-ha %f \"%p\"") == true)
        #expect(parameter("hba_file") == "/var/lib/postgresql/data/pg_hba.conf")
        #expect(parameter("ident_file") == "/var/lib/postgresql/data/pg_ident.conf")
        #expect(parameter("shared_preload_libraries") == "pg_stat_statements")
        for name in [
            "archive_cleanup_command", "archive_library", "local_preload_libraries", "oauth_validator_libraries",
            "recovery_end_command", "session_preload_libraries", "ssl_passphrase_command",
        ] { #expect(parameter(name) == "", "\(name)") }
        let text = text(PlanningFixture())
        for line in ["callbacks: {}", "recovery_conf: {}", "pre_promote: \"\"", "before_stop: \"\"", "bin_name: {}"] {
            #expect(text.contains("\n  \(line)\n"), "\(line)")
        }
        #expect(text.contains("\n  pg_hba:\n  - \"local all postgres peer\"\n"))
        #expect(text.contains("\n  pg_ident:\n  - \"controller controller.internal postgres\"\n"))
        var without = PlanningFixture()
        without.cluster.backups.enabled = false
        #expect(parameter("archive_command", without) == "/bin/true" && parameter("restore_command", without) == "")
        // and etcd is not given any of it
        let shared = DynamicConfiguration.desired(for: PlanningFixture().cluster)
        let names = LocalParameters.names(PlanningFixture().cluster)
        #expect(!names.contains { shared["postgresql"]?["parameters"]?[$0] != nil })
        #expect(!LocalParameters.settings.contains { shared["postgresql"]?[$0] != nil })
    }

    @Test("a parameter has a name", arguments: ["a", "Work_Mem", "auto_explain.log_min_duration", "x.y$1"])
    func names(text: String) { #expect(LocalParameters.isName(text)) }

    @Test("other text is no name", arguments: ["", "a b", "a.b.c", "1a", ".a", "a.", "a='x'#.b", "a\nb", "ä"])
    func noNames(text: String) { #expect(!LocalParameters.isName(text)) }

    @Test("PostgreSQL 17 gets none of the parameters that came with 18")
    func olderPostgres() {
        var fixture = PlanningFixture()
        fixture.cluster.postgres.version = 17
        #expect(parameter("oauth_validator_libraries", fixture) == nil && parameter("jit_provider", fixture) != nil)
    }

    @Test("a cluster that is made has its record at once, and not one of a cluster before; no value could take it down")
    func madeAnew() {
        let wanted = LocalConfiguration(of: PlanningFixture().cluster, poolers: PlanningFixture.poolerAddresses)
        func effects(of known: LocalConfiguration?, hasData: Bool = false) -> [Effect] {
            var fixture = PlanningFixture()
            fixture.observation.localConfiguration = known
            fixture.dcs { view in
                (view.configuration, view.leader) = (nil, nil)
                view.initialize = hasData ? PlanningFixture.system : nil
            }
            for node in fixture.cluster.nodeNames { fixture.stop(node.container, data: hasData ? nil : .empty) }
            fixture.observation.repository = .absent
            return fixture.effects(Configuration())
        }
        #expect(effects(of: nil) == [.configureLocally(wanted)])
        #expect(
            effects(
                of: edited.observation.localConfiguration.map { known in
                    var known = known
                    known.parameters[2].value = "vector"
                    return known
                }) == [.configureLocally(wanted)])
        // a pooler that comes up meanwhile costs the nodes no reload
        #expect(effects(of: LocalConfiguration(of: PlanningFixture().cluster, poolers: [])) == [])
        // a cluster that lives, and of which etcd has lost this key
        #expect(effects(of: nil, hasData: true) == [])
    }

    @Test("without a record, as under an older build, nodes keep the files that they have until a trial has passed")
    func olderBuild() {
        var fixture = PlanningFixture()
        edit(&fixture, [("pg_hba", .array([.string("host all all all scram-sha-256")]))])
        fixture.observation.localConfiguration = nil
        for node in fixture.cluster.nodeNames {
            fixture.change(node.container) { view in
                view.files = view.files.map { $0.filter { $0.path != PatroniFile.path } }
            }
        }
        #expect(fixture.effects(Nodes()) == [])
        #expect(Configuration().propose(fixture.input).waiting == ["the trial of the parameters"])
        trial(&fixture, exitCode: 0)
        let wanted = LocalConfiguration(
            of: fixture.cluster, poolers: PlanningFixture.poolerAddresses, nodesProve: false, patroniTLS: false)
        #expect(fixture.effects(Configuration()) == [.configureLocally(wanted)])
        fixture.observation.localConfiguration = wanted
        #expect(fixture.effects(Nodes()).count == 3)
        // a node that is made anew meanwhile gets one all the same
        fixture.observation.localConfiguration = nil
        fixture.remove("pg-node-3")
        let effects = fixture.effects(Nodes())
        #expect(
            effects.contains {
                if case .docker(_, .createContainer(let spec)) = $0 {
                    spec.files.contains { $0.path == PatroniFile.path }
                } else {
                    false
                }
            })
    }

    @Test("a record that cannot be read is written by nothing, and no node gets another file")
    func unreadable() {
        var fixture = PlanningFixture()
        fixture.observation.localRecord = .unknown(.notLooked)
        trial(&fixture, exitCode: 0)
        #expect(fixture.effects(Configuration()) == [] && fixture.effects(Nodes()) == [])
    }

    @Test("what PostgreSQL loads at start is tried, goes into the files only when it started, and never into etcd")
    func triedFirst() {
        var fixture = edited
        #expect(Configuration().propose(fixture.input).waiting == ["the trial of the parameters"])
        #expect(!fixture.effects(Configuration()).contains { if case .configureLocally = $0 { true } else { false } })
        #expect(
            fixture.effects(Nodes()) == [] && parameter("shared_preload_libraries", fixture) == "pg_stat_statements")
        trial(&fixture, exitCode: 0)
        let wanted = LocalConfiguration(of: fixture.cluster, poolers: PlanningFixture.poolerAddresses)
        #expect(fixture.effects(Configuration()) == [.configureLocally(wanted)])
        fixture.observation.localConfiguration = wanted
        #expect(parameter("shared_preload_libraries", fixture) == "pg_stat_statements,auto_explain")
        #expect(fixture.effects(Nodes()).count == 3)
        var rules = PlanningFixture()
        rules.cluster.postgres.hba = ["host all all 10.0.0.0/8 reject"]
        #expect(Configuration().propose(rules.input).waiting == ["the trial of the parameters"])
    }

    @Test("what PostgreSQL does not start with is told of; a pooler's new address is taken all the same")
    func refused() {
        var fixture = edited
        trial(&fixture, exitCode: Trial.refusal)
        let condition = Configuration().propose(fixture.input).conditions.first
        #expect(condition?.reason == "DoesNotStart")
        #expect(condition?.message.contains("with shared_preload_libraries as the manifest has it: no such") == true)
        #expect(fixture.effects(Configuration()) == [])
        fixture.observation.localConfiguration?.poolers = ["10.0.0.7"]
        let held = LocalConfiguration(of: PlanningFixture().cluster, poolers: PlanningFixture.poolerAddresses)
        #expect(fixture.effects(Configuration()) == [.configureLocally(held)])
    }

    @Test("a node's certificate is asked for where it copies from once every node has it, and for good then")
    func nodesProve() {
        var fixture = PlanningFixture()
        fixture.observation.localConfiguration?.nodesProve = false
        fixture.readFiles()
        let rule = "hostssl replication replicator samenet"
        #expect(text(fixture).contains("\(rule) scram-sha-256") && text(fixture).contains("\n      sslcert: "))
        let wanted = LocalConfiguration(of: fixture.cluster, poolers: PlanningFixture.poolerAddresses)
        #expect(fixture.effects(Configuration()) == [.configureLocally(wanted)])
        var late = fixture
        late.dcs { $0.members[2].tags = [LabelValue(PatroniFile.versionTag, "old")] }
        #expect(late.effects(Configuration()) == [])
        var shared = fixture
        shared.observation.secrets.append(SecretView(name: .sharedKey, version: "1"))
        shared.readFiles()
        #expect(shared.effects(Configuration()) == [])
        fixture.observation.localConfiguration = wanted
        #expect(text(fixture).contains("\(rule) cert map=node"))
        // a node that reads its file late takes nothing back
        fixture.dcs { $0.members[2].tags = [LabelValue(PatroniFile.versionTag, "old")] }
        #expect(fixture.effects(Configuration()) == [])
    }

    @Test("Patroni takes TLS once every node has read how to check the others, and for good then")
    func patroniTLS() {
        var fixture = PlanningFixture()
        fixture.observation.localConfiguration?.patroniTLS = false
        fixture.readFiles()
        #expect(text(fixture).contains("\nctl:\n  cacert: /etc/controller/cluster.crt\n"))
        #expect(!text(fixture).contains("verify_client"))
        let wanted = LocalConfiguration(of: fixture.cluster, poolers: PlanningFixture.poolerAddresses)
        #expect(fixture.effects(Configuration()) == [.configureLocally(wanted)])
        var late = fixture
        late.dcs { $0.members[2].tags = [LabelValue(PatroniFile.versionTag, "old")] }
        #expect(late.effects(Configuration()) == [])
        fixture.observation.localConfiguration = wanted
        let served =
            "\n  certfile: /etc/controller/identity.pem\n  keyfile: /etc/controller/identity.pem\n  keyfile_password: "
        #expect(text(fixture).contains(served) && text(fixture).contains("\n  verify_client: optional\nctl:\n"))
        // not on a node that goes on with an older image, whose programs ask without TLS
        var older = fixture
        older.change("pg-node-1") { $0.features = [] }
        #expect(!text(older).contains("verify_client") && text(older, "pg-node-2").contains("verify_client"))
        older.remove("pg-node-1")
        #expect(text(older).contains("verify_client"))
        // a new certificate or another authority is another value, because Patroni reads the files again only then
        func version() -> Substring? { text(fixture).split(separator: "keyfile_password: ").last?.prefix(10) }
        let before = version()
        fixture.observation.secrets.append(SecretView(name: .authorities, version: "other"))
        #expect(version() != before)
        // a node that reads its file late takes nothing back
        fixture.dcs { $0.members[2].tags = [LabelValue(PatroniFile.versionTag, "old")] }
        #expect(fixture.effects(Configuration()) == [])
    }

    @Test("a pooler's address needs no trial, and is in every node's rules")
    func addresses() {
        var fixture = PlanningFixture()
        fixture.observation.localConfiguration?.poolers = []
        let wanted = LocalConfiguration(of: fixture.cluster, poolers: PlanningFixture.poolerAddresses)
        #expect(fixture.effects(Configuration()) == [.configureLocally(wanted)])
        #expect(!text(fixture).contains("10.0.0.2/32"))
        fixture.observation.localConfiguration = wanted
        #expect(text(fixture, "pg-node-3").contains("10.0.0.2/32 cert map=pooler"))
    }

    @Test(
        "what somebody writes into etcd of this is taken out, and by an older build's only when all nodes have their own"
    )
    func takenOut() {
        var fixture = PlanningFixture()
        edit(
            &fixture,
            [
                ("callbacks", .object([("on_start", .string("/bin/true"))])),
                ("pg_hba", .array([.string("host all all all trust")])),
                ("parameters", .object([("archive_command", .string("/bin/false"))])),
            ])
        func members(_ values: [(String, JSONValue)]) -> JSONValue { .members(values.map { .init($0.0, $0.1) }) }
        let gone = [
            ("parameters", members([("archive_command", .null)])), ("callbacks", .null), ("pg_hba", .null),
        ]
        let patch = members([("postgresql", members(gone))])
        #expect(fixture.effects(Configuration()) == [.patroni("pg-node-1", .patchConfiguration(patch))])
        fixture.dcs { $0.members[2].tags = [LabelValue(PatroniFile.versionTag, "old")] }
        #expect(fixture.effects(Configuration()) == [])
        // names that are no names, and a standby cluster, go at once and without a trial
        fixture.dcs { view in
            let planted = JSONValue.object([("standby_cluster", .object([("restore_command", .string("/bin/true"))]))])
            view.configuration = view.configuration.map { PatroniConfiguration(merged($0.json, planted)) }
        }
        edit(&fixture, [("parameters", .object([("work_mem = 1 #.x", .string("1"))]))])
        let odd = members([
            ("standby_cluster", .null),
            ("postgresql", members([("parameters", members([("work_mem = 1 #.x", .null)]))])),
        ])
        #expect(fixture.effects(Configuration()) == [.patroni("pg-node-1", .patchConfiguration(odd))])
        // what is of no such kind goes after a trial
        edit(&fixture, [("parameters", .object([("geqo", .string("off"))]))])
        #expect(Configuration().propose(fixture.input).waiting == ["the trial of the parameters"])
    }
}
