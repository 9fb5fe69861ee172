import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("Parameters that change")
struct ParameterTests {
    /// A cluster whose manifest wants other parameters than are in force.
    private func fixture(_ parameters: [PostgresSettings.Parameter]) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.postgres.parameters = parameters
        return fixture
    }

    /// The trial's container as it is after its end.
    private func end(_ fixture: inout PlanningFixture, exitCode: Int, error: String? = nil, age: Duration = .seconds(5))
    {
        guard let scope = EngineScope(fixture.input) else { return }
        fixture.add(Trial.task(fixture.cluster).container(at: scope))
        fixture.change("demo-trial") { view in
            let end = Moment(
                uptime: .zero, wallMilliseconds: PlanningFixture.now.wallMilliseconds - age.components.seconds * 1000)
            view.state = .exited(Exit(code: exitCode, startedAt: end.text, finishedAt: end.text))
            view.result = .present(.object([("error", error.map { .string($0) } ?? .null)]))
        }
    }

    private var isPatch: (Effect) -> Bool {
        { if case .patroni(_, .patchConfiguration) = $0 { true } else { false } }
    }

    @Test("what PostgreSQL must take is tried in a container before Patroni gets it; the rest goes at once")
    func triesFirst() {
        var fixture = fixture([.init("max_connections", "300")])
        fixture.cluster.patroni.ttl = .seconds(60)
        let effects = fixture.effects(Configuration())
        #expect(
            effects.contains {
                if case .docker(_, .createContainer(let spec)) = $0 {
                    spec.name == "demo-trial" && spec.command == ["task", "trial"] && spec.settings.mounts.isEmpty
                        && spec.files.first?.content.filled { $0.text }.contains("max_connections = '300'") == true
                } else {
                    false
                }
            })
        #expect(
            effects.filter(isPatch) == [.patroni("pg-node-1", .patchConfiguration(.object([("ttl", .integer(60))])))])
    }

    @Test(
        "no parameter that all nodes share names a file of ours, which the trial would lack", arguments: [true, false])
    func hasFiles(isPooled: Bool) {
        var cluster = PlanningFixture().cluster
        cluster.pooler.enabled = isPooled
        let named = DynamicConfiguration.parameters(cluster).filter { $0.value.contains(FileSpec.directory) }
        #expect(named == [])
    }

    @Test("values that started go to Patroni, and only those that differ")
    func patchesWhatStarted() {
        var fixture = fixture([.init("max_connections", "300")])
        end(&fixture, exitCode: 0)
        let change = JSONValue.object([
            ("postgresql", .object([("parameters", .object([("max_connections", .string("300"))]))]))
        ])
        #expect(fixture.effects(Configuration()) == [.patroni("pg-node-1", .patchConfiguration(change))])
        #expect(!fixture.conditions.contains { $0.type == .parametersRefused })
    }

    @Test("values that PostgreSQL refuses never reach Patroni, are not tried again, and its own words are told")
    func refuses() {
        var fixture = fixture([.init("timezone", "Nowhere")])
        end(&fixture, exitCode: Trial.refusal, error: "invalid value for parameter \"TimeZone\": \"Nowhere\"")
        #expect(fixture.effects(Configuration()) == [])
        let condition = fixture.conditions.first { $0.type == .parametersRefused }
        #expect(condition?.reason == "DoesNotStart")
        #expect(condition?.message.contains("timezone") == true)
        #expect(condition?.message.contains("\"Nowhere\"") == true)
        #expect(!fixture.waiting.isEmpty)
    }

    @Test("an edit after a refusal is another trial, and the old container makes room for it")
    func triesTheNextEdit() {
        var fixture = fixture([.init("timezone", "Nowhere")])
        end(&fixture, exitCode: Trial.refusal)
        fixture.cluster.postgres.parameters = [.init("timezone", "Europe/Berlin")]
        #expect(fixture.effects(Configuration()) == [.docker(.local, .remove("id-demo-trial"))])
        #expect(!fixture.conditions.contains { $0.type == .parametersRefused })
        // back to what is in force: nothing is left to do or to say
        fixture.cluster.postgres.parameters = []
        #expect(fixture.effects(Configuration()) == [])
        #expect(fixture.waiting == [])
    }

    @Test("a trial that was killed says nothing about the values, and is run again after a while")
    func retries() {
        var fixture = fixture([.init("max_connections", "300")])
        end(&fixture, exitCode: 137)
        #expect(fixture.effects(Configuration()) == [])
        #expect(fixture.conditions.contains { $0.type == .parametersRefused && $0.reason == "TrialFailed" })
        fixture.engine.containers.removeAll { $0.name == "demo-trial" }
        end(&fixture, exitCode: 137, age: .seconds(60))
        #expect(fixture.effects(Configuration()) == [.docker(.local, .remove("id-demo-trial"))])
    }

    @Test("another image or another memory is another trial; a quote in a value stays one value")
    func identifiesTrials() {
        var cluster = PlanningFixture().cluster
        let first = Trial.task(cluster).identity
        cluster.nodes.memory = .gibibytes(2)
        let second = Trial.task(cluster).identity
        cluster.nodes.image = "pg-controller/postgres:19"
        #expect(Set([first, second, Trial.task(cluster).identity]).count == 3)
        cluster.postgres.parameters = [.init("log_line_prefix", "it's \\ %m")]
        let text = Trial.task(cluster).files[0].content.filled { $0.text }
        #expect(text.contains(#"log_line_prefix = 'it''s \\ %m'"#))
    }
}

@Suite("Limits that standbys must not be below")
struct LimitTests {
    /// What the primary runs with.
    private func primary(_ fixture: inout PlanningFixture, _ limits: [LabelValue]) {
        guard case .present(var database) = fixture.observation.database else { return }
        database.limits = limits
        fixture.observation.database = .present(database)
    }

    private func pending(_ fixture: inout PlanningFixture, _ nodes: [NodeName], from old: String, to new: String) {
        primary(&fixture, [LabelValue("max_connections", old)])
        for node in nodes {
            fixture.member(node) { member in
                member.needsRestart = true
                member.pending = [PendingParameter("max_connections", current: old, wanted: new)]
            }
        }
    }

    @Test("a replica below its primary's limits is restarted before anybody is synchronous, or hands over")
    func restartsWhoCannotReplay() {
        var fixture = PlanningFixture(nodes: 2)
        fixture.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: []) }
        pending(&fixture, ["pg-node-2"], from: "200", to: "400")
        primary(&fixture, [LabelValue("max_connections", "300")])
        let restart = Effect.patroni("pg-node-2", .restart())
        #expect(fixture.effects(Nodes()).contains(restart))
        var record = SwitchoverRecord(
            from: "pg-node-1", to: nil, author: .controller, why: "", at: Timestamp(PlanningFixture.now), modRevision: 4
        )
        fixture.dcs { $0.switchover = record }
        #expect(fixture.effects(Nodes()).contains(restart))
        record.stage = .pausing
        fixture.dcs { $0.switchover = record }
        #expect(!fixture.effects(Nodes()).contains(restart))
        fixture.dcs { $0.switchover = nil }
        // one that replays waits until commits wait for somebody
        primary(&fixture, [LabelValue("max_connections", "200")])
        #expect(!fixture.effects(Nodes()).contains(restart))
    }

    @Test("a raised limit goes to the replicas first, then the primary hands over")
    func raises() {
        var fixture = PlanningFixture()
        fixture.cluster.pooler.enabled = false
        fixture.readFiles()
        pending(&fixture, fixture.cluster.nodeNames, from: "100", to: "200")
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-2", .restart())])
        fixture.member("pg-node-2") { $0.needsRestart = false }
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-3", .restart())])
        fixture.member("pg-node-3") { $0.needsRestart = false }
        #expect(
            fixture.effects(Nodes()) == [.patroni("pg-node-1", .switchover(from: "pg-node-1", to: "pg-node-2"))])
    }

    @Test(
        "a lowered limit goes to the primary first and in its place, then to the replicas, which are not restarted in vain"
    )
    func lowers() {
        var fixture = PlanningFixture()
        fixture.cluster.pooler.enabled = false
        fixture.readFiles()
        // a replica that has read the parameters before the primary is not restarted either
        pending(&fixture, ["pg-node-2"], from: "200", to: "100")
        #expect(fixture.effects(Nodes()) == [])
        pending(&fixture, fixture.cluster.nodeNames, from: "200", to: "100")
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-1", .restart())])
        fixture.member("pg-node-1") { member in
            member.needsRestart = false
            member.pending = []
        }
        #expect(fixture.effects(Nodes()) == [])
        primary(&fixture, [LabelValue("max_connections", "100")])
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-2", .restart())])
    }

    @Test("with one limit raised and one lowered the replicas get the first before the primary and the second after it")
    func mixes() {
        var fixture = PlanningFixture()
        fixture.cluster.pooler.enabled = false
        fixture.readFiles()
        primary(&fixture, [LabelValue("max_connections", "100"), LabelValue("max_wal_senders", "20")])
        for node in fixture.cluster.nodeNames {
            fixture.member(node) { member in
                member.needsRestart = true
                member.pending = [
                    PendingParameter("max_connections", current: "100", wanted: "200"),
                    PendingParameter("max_wal_senders", current: "20", wanted: "10"),
                ]
            }
        }
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-2", .restart())])
        for node: NodeName in ["pg-node-2", "pg-node-3"] { fixture.member(node) { $0.pending.removeFirst() } }
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-1", .restart())])
        fixture.member("pg-node-1") { member in
            member.needsRestart = false
            member.pending = []
        }
        primary(&fixture, [LabelValue("max_connections", "200"), LabelValue("max_wal_senders", "10")])
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-2", .restart())])
    }

    @Test("nobody is interrupted while a synchronous standby is missing")
    func waitsForTheSynchronousSet() {
        var fixture = PlanningFixture()
        pending(&fixture, fixture.cluster.nodeNames, from: "100", to: "200")
        fixture.dcs { $0.synchronous?.standbys = [] }
        #expect(!fixture.effects(Nodes()).contains { $0.isDisruptive })
        #expect(fixture.waiting.contains { $0.contains("synchronous standby") })
    }
}
