import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("A node in maintenance")
struct MaintenanceTests {
    /// Every way in which a person can want a node left alone.
    private func held(_ node: NodeName, nodes: Int = 3, byCommand: Bool = true) -> PlanningFixture {
        var fixture = PlanningFixture(nodes: nodes)
        if byCommand {
            fixture.dcs { $0.pauses = [PauseRecord(node: node, since: "t0", author: "kim@desk", reason: "new disk")] }
        } else {
            fixture.cluster.nodes.maintenance = [node]
        }
        return fixture
    }

    private func touches(_ fixture: PlanningFixture, _ node: String) -> [Effect] {
        fixture.actions.filter {
            $0.subject == .container(.local, ContainerName(node)) || $0.subject == .node(NodeName(node))
        }
        .map(\.effect)
    }

    @Test("is left as it is, whatever became of it, and the rest goes on", arguments: [true, false])
    func isLeftAlone(byCommand: Bool) {
        var stopped = held("pg-node-3", byCommand: byCommand)
        stopped.stop("pg-node-3")
        stopped.stop("etcd-2", data: .etcd)
        #expect(touches(stopped, "pg-node-3") == [])
        #expect(stopped.actions.map(\.effect).contains(.docker(.local, .start("id-etcd-2"))))
        var frozen = held("pg-node-3", byCommand: byCommand)
        frozen.change("pg-node-3") { $0.state = .paused(startedAt: "t0") }
        #expect(touches(frozen, "pg-node-3") == [])
        var edited = held("pg-node-3", byCommand: byCommand)
        edited.change("pg-node-3") { $0.files = .present([]) }
        #expect(touches(edited, "pg-node-3") == [])
        var removed = held("pg-node-3", byCommand: byCommand)
        removed.remove("pg-node-3")
        #expect(touches(removed, "pg-node-3") == [])
    }

    @Test("that led and died is not fenced: Patroni's own time-out decides")
    func isNotFenced() {
        var fixture = held("pg-node-1")
        fixture.stop("pg-node-1")
        #expect(fixture.effects(Failover()) == [])
        #expect(touches(fixture, "pg-node-1") == [])
    }

    @Test("is told of, with since when, by whom, why, and what waits for its end")
    func isTold() throws {
        var fixture = held("pg-node-3")
        fixture.change("pg-node-3") { $0.settings.ports = [] }
        let condition = try #require(fixture.conditions.first { $0.type == .paused })
        #expect(condition.subject == .node("pg-node-3"))
        for words in ["since t0 by kim@desk: new disk", "left alone", "ports"] {
            #expect(condition.message.contains(words), "\(condition.message)")
        }
        #expect(!fixture.waiting.contains { $0.contains("pg-node-3") })
    }

    @Test("is stepped over by a rollout where another replica could take over, and stops it where none could")
    func isSteppedOver() {
        var four = held("pg-node-2", nodes: 4)
        for node in four.cluster.nodeNames { four.change(node.container) { $0.settings.ports = [] } }
        #expect(four.effects(Nodes()) == [.docker(.local, .stop("id-pg-node-3"))])
        four.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-4"]) }
        four.stop("pg-node-2")
        #expect(four.effects(Nodes()) == [.docker(.local, .stop("id-pg-node-3"))])
        var three = held("pg-node-2")
        for node in three.cluster.nodeNames { three.change(node.container) { $0.settings.ports = [] } }
        #expect(three.effects(Nodes()) == [])
        #expect(
            three.waiting.contains(
                "another replica than pg-node-2, which is in maintenance, before pg-node-3 is interrupted"))
    }

    @Test("nobody hands over to it, and it leaves the cluster only afterwards")
    func isNoCandidate() {
        var fixture = held("pg-node-2", nodes: 4)
        fixture.cluster.pooler.enabled = false
        fixture.readFiles()
        fixture.change("pg-node-1") { $0.settings.ports = [] }
        fixture.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-2"]) }
        #expect(fixture.effects(Nodes()) == [])
        fixture.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-2", "pg-node-3"]) }
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-1", .switchover(from: "pg-node-1", to: "pg-node-3"))])
        var leaving = held("pg-node-3")
        leaving.cluster.nodes.count = 2
        #expect(leaving.effects(Nodes()) == [])
    }
}

@Suite("A node's tags")
struct TagTests {
    private func tagged(_ node: NodeName, nodes: Int = 3, _ change: (inout NodeTags) -> Void) -> PlanningFixture {
        var fixture = PlanningFixture(nodes: nodes)
        var tags = NodeTags(node)
        change(&tags)
        fixture.cluster.nodes.tags = [tags]
        return fixture
    }

    @Test("are written into its file, which its Patroni reads again without a restart; the others' files stay")
    func needAReload() {
        var fixture = tagged("pg-node-3") { ($0.nofailover, $0.nosync) = (true, true) }
        let file = PatroniFile.spec(for: "pg-node-3", fixture.input)
        let text = file.content.filled { $0.text }
        #expect(text.contains("\"\n  nofailover: true\n  nosync: true\nbootstrap:"))
        let uploads = fixture.actions.filter { if case .docker(_, .upload) = $0.effect { true } else { false } }
        #expect(uploads.map(\.subject) == [.container(.local, "pg-node-3")])
        let written = FileView(
            path: file.path, content: .asWritten(template: file.identity.digest(secrets: fixture.observation.secrets)))
        fixture.change("pg-node-3") { view in
            view.files = view.files.map { files in
                files.map { $0.path == written.path ? written : $0 }
            }
        }
        let version = PatroniFile.version(for: "pg-node-3", fixture.input)
        #expect(
            fixture.effects(Nodes()) == [
                .patroni("pg-node-3", .reload(version: version)), .patroni("pg-node-3", .wake),
            ])
    }

    @Test("reach a node that waits for its turn to be made anew, too")
    func reachTheOutdated() {
        var fixture = tagged("pg-node-3") { $0.nosync = true }
        for node in fixture.cluster.nodeNames { fixture.change(node.container) { $0.settings.ports = [] } }
        let effects = fixture.effects(Nodes())
        #expect(effects.contains(.docker(.local, .stop("id-pg-node-2"))))
        #expect(effects.contains { if case .docker(_, .upload("id-pg-node-3", _)) = $0 { true } else { false } })
    }

    @Test("nofailover: nobody fails over or hands over to it, whether the manifest or Patroni says so")
    func nofailover() {
        var fixture = tagged("pg-node-2") { $0.nofailover = true }
        fixture.stop("pg-node-1")
        #expect(fixture.effects(Failover()) == [])
        var shown = PlanningFixture()
        shown.dcs { $0.members[1].tags.append(LabelValue("nofailover", "true")) }
        shown.stop("pg-node-1")
        #expect(shown.effects(Failover()) == [])
    }

    @Test("nofailover in a quorum: such a node has its say, and does not lead")
    func quorum() {
        var fixture = tagged("pg-node-2") { $0.nofailover = true }
        fixture.cluster.postgres.synchronous.mode = .quorum
        fixture.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-2", "pg-node-3"]) }
        fixture.stop("pg-node-1")
        guard let scope = EngineScope(fixture.input) else { return }
        #expect(NodeSet(scope).candidates(besides: "pg-node-1").map(\.name) == ["pg-node-3"])
    }

    @Test("nofailover: a primary that is kept from leading hands over while all is well")
    func abdicates() {
        var fixture = tagged("pg-node-1") { $0.nofailover = true }
        fixture.cluster.pooler.enabled = false
        fixture.readFiles()
        let file = PatroniFile.version(for: "pg-node-1", fixture.input)
        fixture.dcs { $0.members[0].tags = [LabelValue(PatroniFile.versionTag, file)] }
        #expect(
            fixture.effects(Nodes()).contains(.patroni("pg-node-1", .switchover(from: "pg-node-1", to: "pg-node-2"))))
        fixture.stop("pg-node-3")
        #expect(!fixture.effects(Nodes()).contains { if case .patroni(_, .switchover) = $0 { true } else { false } })
    }

    @Test("nosync: the primary is not woken for a standby that commits do not wait for")
    func nosync() {
        var fixture = tagged("pg-node-2") { $0.nosync = true }
        fixture.stop("pg-node-3")
        fixture.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: []) }
        #expect(!fixture.effects(Nodes()).contains(.patroni("pg-node-1", .wake)))
        fixture.cluster.nodes.tags = []
        #expect(fixture.effects(Nodes()).contains(.patroni("pg-node-1", .wake)))
    }

    @Test("noloadbalance: the read-only addresses leave it out unless nobody else streams")
    func noloadbalance() {
        func hosts(_ fixture: PlanningFixture) -> [NodeName] {
            guard let scope = EngineScope(fixture.input), let pooler = fixture.cluster.poolers.last else { return [] }
            return PoolerSteps(pooler, at: scope).hosts
        }
        var fixture = tagged("pg-node-2") { $0.noloadbalance = true }
        #expect(hosts(fixture) == ["pg-node-3"])
        fixture.member("pg-node-3") { $0.isStreaming = false }
        #expect(hosts(fixture) == ["pg-node-2"])
    }
}
