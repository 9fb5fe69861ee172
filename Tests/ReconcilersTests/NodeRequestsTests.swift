import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("Restarts and fresh copies that a person asked for")
struct NodeRequestsTests {
    private static let started = Timestamp(seconds: 1_750_000_000)

    /// Every node's PostgreSQL is seen to have started, and something is asked for.
    private func fixture(
        _ kind: NodeRequest.Kind, of node: NodeName, nodes: Int = 3, age: Duration = .seconds(1), before: String? = nil
    ) -> PlanningFixture {
        var fixture = PlanningFixture(nodes: nodes)
        for name in fixture.cluster.nodeNames { fixture.member(name) { $0.startedAt = Self.started } }
        let at = Timestamp(microseconds: Timestamp(PlanningFixture.now).microseconds - Int64(age / .microseconds(1)))
        let mark =
            switch kind {
            case .restart: NodeRequest.mark(startedAt: Self.started)
            case .reinit: "\(node)-data"
            }
        fixture.dcs {
            $0.nodeRequests = [
                NodeRequest(kind, of: node, at: at, by: "ann@host", before: before ?? mark, modRevision: 44)
            ]
        }
        return fixture
    }

    private func isForgotten(_ fixture: PlanningFixture, _ node: NodeName) -> Bool {
        fixture.effects(Nodes()) == [
            .etcd(.deleteKey(key: "/controller/demo/node-requests/\(node)", modRevision: 44))
        ]
    }

    private func stopped(_ fixture: PlanningFixture, _ node: NodeName) -> PlanningFixture {
        var fixture = fixture
        fixture.stop(node.container, exitCode: 0)
        return fixture
    }

    @Test("the record is read as it was written, and one that is not ours is none")
    func record() throws {
        let request = NodeRequest(
            .reinit, of: "pg-node-2", at: Timestamp(seconds: 7), by: "ann@host", before: "pg-node-2-data")
        let value = JSONValue.object([
            ("kind", .string("reinit")), ("at", .integer(7_000_000)), ("by", .string("ann@host")),
            ("before", .string("pg-node-2-data")),
        ])
        #expect(request.value == value.text)
        #expect(NodeRequest(id: "pg-node-2", value: value, modRevision: 0) == request)
        #expect(NodeRequest(id: "pg-node-2", value: .object([("kind", .string("wipe"))]), modRevision: 0) == nil)
    }

    @Test("a replica is restarted, and the reason names the person")
    func replica() throws {
        let fixture = fixture(.restart, of: "pg-node-2")
        let action = try #require(Nodes().propose(fixture.input).actions.first)
        #expect(action.effect == .patroni("pg-node-2", .restart(startedAt: Self.started)))
        #expect(action.reason.sentence.contains("a restart of pg-node-2, asked for by ann@host"))
        #expect(fixture.waiting.contains { $0.hasPrefix("a restart of pg-node-2") })
        #expect(!fixture.conditions.contains { $0.type == .rolloutStopped })
    }

    @Test("a primary hands over first; the only node is restarted in its place, behind the poolers")
    func primary() {
        for (nodes, successor) in [(3, nil), (1, "pg-node-1")] as [(Int, NodeName?)] {
            let effects = fixture(.restart, of: "pg-node-1", nodes: nodes).effects(Nodes())
            guard case .etcd(.putIfAbsent(let key, let value)) = effects.first else {
                Issue.record("\(effects)")
                continue
            }
            #expect(key == "/controller/demo/switchover")
            #expect(value.contains("\"to\":\"pg-node-1\"") == (successor != nil))
        }
    }

    @Test("clients are paused until the only node was started again")
    func onlyNode() {
        var fixture = fixture(.restart, of: "pg-node-1", nodes: 1)
        let now = Timestamp(PlanningFixture.now)
        var record = SwitchoverRecord(
            from: "pg-node-1", to: "pg-node-1", author: .controller, why: "a test", at: now, modRevision: 45)
        record.stage = .pausing
        fixture.dcs { $0.switchover = record }
        for pooler in fixture.cluster.poolers { fixture.pooler(pooler.name) { ($0.isPaused, $0.servers) = (true, 0) } }
        #expect(fixture.effects(Switchovers()) == [.patroni("pg-node-1", .restart(startedAt: Self.started))])
        fixture.member("pg-node-1") { $0.startedAt = now }
        #expect(fixture.effects(Poolers()).contains(.pooler("pgbouncer-1", .resume)))
        #expect(!fixture.effects(Switchovers()).contains { if case .patroni(_, .restart) = $0 { true } else { false } })
    }

    @Test("nothing is restarted while another node does not do its part, or while the start cannot be seen")
    func waits() {
        var ill = fixture(.restart, of: "pg-node-2")
        ill.member("pg-node-3") { $0.isStreaming = false }
        #expect(!ill.effects(Nodes()).contains { $0.isDisruptive })
        var blind = fixture(.restart, of: "pg-node-2")
        blind.member("pg-node-2") { $0.startedAt = nil }
        #expect(blind.effects(Nodes()).isEmpty)
        #expect(blind.waiting.contains { $0.hasPrefix("a restart of pg-node-2") })
    }

    @Test("a request is over when it was done, is too old, comes from the future, or is for no node")
    func ends() {
        #expect(isForgotten(fixture(.restart, of: "pg-node-2", before: "1"), "pg-node-2"))
        var stale = fixture(.restart, of: "pg-node-2", age: .seconds(601))
        stale.member("pg-node-2") { $0.startedAt = nil }
        #expect(isForgotten(stale, "pg-node-2"))
        var ahead = fixture(.restart, of: "pg-node-2", age: .seconds(-61))
        ahead.member("pg-node-2") { $0.startedAt = nil }
        #expect(isForgotten(ahead, "pg-node-2"))
        #expect(isForgotten(fixture(.restart, of: "pg-node-9"), "pg-node-9"))
        #expect(isForgotten(fixture(.reinit, of: "pg-node-1"), "pg-node-1"))
        #expect(isForgotten(fixture(.reinit, of: "pg-node-2", before: "pg-node-2-data-0"), "pg-node-2"))
    }

    @Test("a fresh copy: the replica stops, its volume is put aside and recorded, and it does not start on the old one")
    func reinit() throws {
        let asked = fixture(.reinit, of: "pg-node-2")
        #expect(asked.effects(Nodes()) == [.docker(.local, .stop("id-pg-node-2"))])
        let effects = stopped(asked, "pg-node-2").effects(Nodes())
        #expect(!effects.contains(.docker(.local, .start("id-pg-node-2"))))
        let record = effects.contains {
            if case .etcd(.putIfAbsent(let key, let value)) = $0 {
                key == "/controller/demo/retired/pg-node-2-data" && value.contains("ann@host")
            } else {
                false
            }
        }
        let volume = effects.contains {
            if case .docker(_, .createVolume(let spec)) = $0 { spec.name == "pg-node-2-data-2" } else { false }
        }
        #expect(record && volume)
        #expect(!effects.contains { if case .docker(_, .removeVolume) = $0 { true } else { false } })
    }

    @Test("without another node that leads and takes writes, data is not put aside: the node starts on what it has")
    func lastCopy() {
        let asked = stopped(fixture(.reinit, of: "pg-node-2"), "pg-node-2")
        for change in [
            { $0.dcs { $0.leader = nil } }, { $0.member("pg-node-1") { $0.state = .starting } },
            { $0.cluster.nodes.maintenance = ["pg-node-2"] },
        ] as [(inout PlanningFixture) -> Void] {
            var fixture = asked
            change(&fixture)
            #expect(
                !fixture.effects(Nodes()).contains {
                    if case .docker(_, .createVolume) = $0 { true } else { false }
                })
        }
    }
}
