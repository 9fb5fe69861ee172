import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

@Suite("Parameters that change")
struct ParameterTests {
    /// A cluster whose manifest wants other parameters than are in force.
    private func scenery(_ parameters: [PostgresSettings.Parameter]) -> Scenery {
        var scenery = Scenery()
        scenery.cluster.postgres.parameters = parameters
        return scenery
    }

    /// The trial's container as it is after its end.
    private func end(_ scenery: inout Scenery, exitCode: Int, error: String? = nil, age: Duration = .seconds(5)) {
        guard let site = Site(scenery.scene) else { return }
        scenery.add(Trial.task(scenery.cluster).container(at: site))
        scenery.change("demo-trial") { view in
            let end = Moment(
                uptime: .zero, wallMilliseconds: Scenery.now.wallMilliseconds - age.components.seconds * 1000)
            view.state = .exited(Exit(code: exitCode, startedAt: end.text, finishedAt: end.text))
            view.result = .present(.object([("error", error.map { .string($0) } ?? .null)]))
        }
    }

    private var isPatch: (Effect) -> Bool {
        { if case .patroni(_, .patchConfiguration) = $0 { true } else { false } }
    }

    @Test("what PostgreSQL must take is tried in a container before Patroni gets it; the rest goes at once")
    func triesFirst() {
        var scenery = scenery([.init("max_connections", "300")])
        scenery.cluster.patroni.ttl = .seconds(60)
        let effects = scenery.effects(Configuration())
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

    @Test("the trial has every file that a parameter names, with poolers and without", arguments: [true, false])
    func hasFiles(isPooled: Bool) {
        var cluster = Scenery().cluster
        cluster.pooler.enabled = isPooled
        let named = DynamicConfiguration.parameters(cluster).map(\.value).filter { $0.hasPrefix(FileSpec.directory) }
        let paths = Trial.task(cluster).files.map(\.path)
        #expect(named.allSatisfy(paths.contains), "\(named) of \(paths)")
        #expect(named.isEmpty != isPooled)
    }

    @Test("values that started go to Patroni, and only those that differ")
    func patchesWhatStarted() {
        var scenery = scenery([.init("max_connections", "300")])
        end(&scenery, exitCode: 0)
        let change = JSONValue.object([
            ("postgresql", .object([("parameters", .object([("max_connections", .string("300"))]))]))
        ])
        #expect(scenery.effects(Configuration()) == [.patroni("pg-node-1", .patchConfiguration(change))])
        #expect(!scenery.conditions.contains { $0.type == .parametersRefused })
    }

    @Test("values that PostgreSQL refuses never reach Patroni, are not tried again, and its own words are told")
    func refuses() {
        var scenery = scenery([.init("timezone", "Nowhere")])
        end(&scenery, exitCode: Trial.refusal, error: "invalid value for parameter \"TimeZone\": \"Nowhere\"")
        #expect(scenery.effects(Configuration()) == [])
        let condition = scenery.conditions.first { $0.type == .parametersRefused }
        #expect(condition?.reason == "DoesNotStart")
        #expect(condition?.message.contains("timezone") == true)
        #expect(condition?.message.contains("\"Nowhere\"") == true)
        #expect(!scenery.waiting.isEmpty)
    }

    @Test("an edit after a refusal is another trial, and the old container makes room for it")
    func triesTheNextEdit() {
        var scenery = scenery([.init("timezone", "Nowhere")])
        end(&scenery, exitCode: Trial.refusal)
        scenery.cluster.postgres.parameters = [.init("timezone", "Europe/Berlin")]
        #expect(scenery.effects(Configuration()) == [.docker(.local, .remove("id-demo-trial"))])
        #expect(!scenery.conditions.contains { $0.type == .parametersRefused })
        // back to what is in force: nothing is left to do or to say
        scenery.cluster.postgres.parameters = []
        #expect(scenery.effects(Configuration()) == [])
        #expect(scenery.waiting == [])
    }

    @Test("a trial that was killed says nothing about the values, and is run again after a while")
    func retries() {
        var scenery = scenery([.init("max_connections", "300")])
        end(&scenery, exitCode: 137)
        #expect(scenery.effects(Configuration()) == [])
        #expect(scenery.conditions.contains { $0.type == .parametersRefused && $0.reason == "TrialFailed" })
        scenery.engine.containers.removeAll { $0.name == "demo-trial" }
        end(&scenery, exitCode: 137, age: .seconds(60))
        #expect(scenery.effects(Configuration()) == [.docker(.local, .remove("id-demo-trial"))])
    }

    @Test("another image or another memory is another trial; a quote in a value stays one value")
    func identifiesTrials() {
        var cluster = Scenery().cluster
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
    private func primary(_ scenery: inout Scenery, _ limits: [LabelValue]) {
        guard case .present(var database) = scenery.observation.database else { return }
        database.limits = limits
        scenery.observation.database = .present(database)
    }

    private func pending(_ scenery: inout Scenery, _ nodes: [NodeName], from old: String, to new: String) {
        primary(&scenery, [LabelValue("max_connections", old)])
        for node in nodes {
            scenery.member(node) { member in
                member.needsRestart = true
                member.pending = [PendingParameter("max_connections", current: old, wanted: new)]
            }
        }
    }

    @Test("a replica below its primary's limits is restarted before anybody is synchronous, or hands over")
    func restartsWhoCannotReplay() {
        var scenery = Scenery(nodes: 2)
        scenery.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: []) }
        pending(&scenery, ["pg-node-2"], from: "200", to: "400")
        primary(&scenery, [LabelValue("max_connections", "300")])
        let restart = Effect.patroni("pg-node-2", .restart)
        #expect(scenery.effects(Nodes()).contains(restart))
        var record = SwitchoverRecord(
            from: "pg-node-1", to: nil, author: .controller, why: "", at: Timestamp(Scenery.now), modRevision: 4)
        scenery.dcs { $0.switchover = record }
        #expect(scenery.effects(Nodes()).contains(restart))
        record.stage = .holding
        scenery.dcs { $0.switchover = record }
        #expect(!scenery.effects(Nodes()).contains(restart))
        scenery.dcs { $0.switchover = nil }
        // one that replays waits until commits wait for somebody
        primary(&scenery, [LabelValue("max_connections", "200")])
        #expect(!scenery.effects(Nodes()).contains(restart))
    }

    @Test("a raised limit goes to the replicas first, then the primary hands over")
    func raises() {
        var scenery = Scenery()
        scenery.cluster.pooler.enabled = false
        pending(&scenery, scenery.cluster.nodeNames, from: "100", to: "200")
        #expect(scenery.effects(Nodes()) == [.patroni("pg-node-2", .restart)])
        scenery.member("pg-node-2") { $0.needsRestart = false }
        #expect(scenery.effects(Nodes()) == [.patroni("pg-node-3", .restart)])
        scenery.member("pg-node-3") { $0.needsRestart = false }
        #expect(
            scenery.effects(Nodes()) == [.patroni("pg-node-1", .switchover(from: "pg-node-1", to: "pg-node-2"))])
    }

    @Test(
        "a lowered limit goes to the primary first and in its place, then to the replicas, which are not restarted in vain"
    )
    func lowers() {
        var scenery = Scenery()
        scenery.cluster.pooler.enabled = false
        // a replica that has read the parameters before the primary is not restarted either
        pending(&scenery, ["pg-node-2"], from: "200", to: "100")
        #expect(scenery.effects(Nodes()) == [])
        pending(&scenery, scenery.cluster.nodeNames, from: "200", to: "100")
        #expect(scenery.effects(Nodes()) == [.patroni("pg-node-1", .restart)])
        scenery.member("pg-node-1") { member in
            member.needsRestart = false
            member.pending = []
        }
        #expect(scenery.effects(Nodes()) == [])
        primary(&scenery, [LabelValue("max_connections", "100")])
        #expect(scenery.effects(Nodes()) == [.patroni("pg-node-2", .restart)])
    }

    @Test("with one limit raised and one lowered the replicas get the first before the primary and the second after it")
    func mixes() {
        var scenery = Scenery()
        scenery.cluster.pooler.enabled = false
        primary(&scenery, [LabelValue("max_connections", "100"), LabelValue("max_wal_senders", "20")])
        for node in scenery.cluster.nodeNames {
            scenery.member(node) { member in
                member.needsRestart = true
                member.pending = [
                    PendingParameter("max_connections", current: "100", wanted: "200"),
                    PendingParameter("max_wal_senders", current: "20", wanted: "10"),
                ]
            }
        }
        #expect(scenery.effects(Nodes()) == [.patroni("pg-node-2", .restart)])
        for node: NodeName in ["pg-node-2", "pg-node-3"] { scenery.member(node) { $0.pending.removeFirst() } }
        #expect(scenery.effects(Nodes()) == [.patroni("pg-node-1", .restart)])
        scenery.member("pg-node-1") { member in
            member.needsRestart = false
            member.pending = []
        }
        primary(&scenery, [LabelValue("max_connections", "200"), LabelValue("max_wal_senders", "10")])
        #expect(scenery.effects(Nodes()) == [.patroni("pg-node-2", .restart)])
    }

    @Test("nobody is interrupted while a synchronous standby is missing")
    func waitsForTheSynchronousSet() {
        var scenery = Scenery()
        pending(&scenery, scenery.cluster.nodeNames, from: "100", to: "200")
        scenery.dcs { $0.synchronous?.standbys = [] }
        #expect(!scenery.effects(Nodes()).contains { $0.isDisruptive })
        #expect(scenery.waiting.contains { $0.contains("synchronous standby") })
    }
}
