import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

/// "May this node start?", row by row.
@Suite("The conditions for a start")
struct StartConditionsTests {
    private typealias Change = (inout PlanningFixture) -> Void

    /// A cluster of which the third node does not run.
    private static func fixture(_ changes: Change...) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3")
        for change in changes { change(&fixture) }
        return fixture
    }

    /// The row that decides, by its place in the table, and what the node waits for.
    private static func decision(
        on node: NodeName, _ fixture: PlanningFixture
    ) -> (row: Int?, obstacle: StartObstacle?) {
        guard let scope = EngineScope(fixture.input) else { return (nil, nil) }
        let nodeSet = NodeSet(scope)
        let view = NodeView(node, at: scope)
        let conditions = StartConditions(nodeSet: nodeSet, node: view)
        let row = StartConditions.table.firstIndex { $0.obstacle(conditions) != nil }
        return (row, nodeSet.obstacle(for: view))
    }

    private static func stopAll(_ fixture: inout PlanningFixture) {
        for node in fixture.cluster.nodeNames { fixture.stop(node.container) }
        fixture.dcs { view in
            view.leader = nil
            view.synchronous = nil
        }
    }

    private static func data(_ name: ContainerName, _ content: DataView, _ fixture: inout PlanningFixture) {
        fixture.change(name) { $0.data = .present(content) }
    }

    /// One case for each row, in the table's order.
    private static let cases: [(node: NodeName, obstacle: StartObstacle, fixture: PlanningFixture)] = [
        (
            "pg-node-3", .restore,
            fixture {
                $0.dcs { view in
                    view.restores = [
                        RestoreRecord(id: "r1", target: .latest, stage: .switching, requestedAt: "t0")
                    ]
                }
            }
        ),
        (
            "pg-node-3", .requestedCopy,
            fixture {
                $0.dcs { view in
                    view.nodeRequests = [
                        NodeRequest(
                            .reinit, of: "pg-node-3", at: Timestamp(PlanningFixture.now), by: "ann@host",
                            before: "pg-node-3-data")
                    ]
                }
            }
        ),
        (
            "pg-node-1", .anotherLeader,
            fixture { $0.stop("pg-node-1") }
        ),
        (
            "pg-node-3", .election,
            fixture { $0.dcs { $0.leader = nil } }
        ),
        (
            "pg-node-3", .unseenTransport,
            fixture { fixture in
                for name in fixture.cluster.etcdNames {
                    fixture.change(name) { view in
                        view.labels.removeAll { $0.key == Label.etcdTLS }
                        view.labels.append(LabelValue(Label.etcdTLS, "accepted"))
                    }
                }
                fixture.change("pg-node-3") { view in view.labels.removeAll { $0.key == Label.etcdTLS } }
                fixture.observation.etcd = .unknown(UnknownReason(.unreachable))
                fixture.observation.dcs = .unknown(UnknownReason(.unreachable))
            }
        ),
        (
            "pg-node-3", .unseenHistory("etcd"),
            fixture { $0.observation.dcs = .unknown(UnknownReason(.timedOut, "slow")) }
        ),
        (
            "pg-node-3", .allDataLost,
            fixture(stopAll) { fixture in
                for node in fixture.cluster.nodeNames { data(node.container, .empty, &fixture) }
            }
        ),
        (
            "pg-node-3", .dataOfSeveralClusters,
            fixture(stopAll) { fixture in
                fixture.dcs { $0.initialize = nil }
                data("pg-node-2", PlanningFixture.data("7300000000000000002"), &fixture)
            }
        ),
        (
            "pg-node-3", .forgottenByEtcd,
            fixture(stopAll) { $0.dcs { $0.initialize = nil } }
        ),
        (
            "pg-node-3", .bootstrapFromBackup,
            fixture(stopAll) { fixture in
                fixture.dcs { $0.initialize = nil }
                fixture.cluster.recovery = Recovery()
                fixture.observation.repository = .absent
                for node in fixture.cluster.nodeNames { data(node.container, .empty, &fixture) }
            }
        ),
        (
            "pg-node-3", .halfCluster,
            fixture(stopAll) { fixture in
                fixture.dcs { $0.initialize = nil }
                fixture.observation.repository = .absent
                for node in fixture.cluster.nodeNames { data(node.container, .incomplete, &fixture) }
            }
        ),
        (
            "pg-node-3", .foreignData(systemIdentifier: "7300000000000000002"),
            fixture { data("pg-node-3", PlanningFixture.data("7300000000000000002"), &$0) }
        ),
        (
            "pg-node-3", .otherMajorVersion(17),
            fixture {
                data(
                    "pg-node-3",
                    .postgres(
                        PostgresData(
                            systemIdentifier: PlanningFixture.system, majorVersion: 17, timeline: 1, wasPrimary: false)),
                    &$0)
            }
        ),
        (
            "pg-node-3", .halfCopy,
            fixture { data("pg-node-3", .incomplete, &$0) }
        ),
        (
            "pg-node-3", .unseenData,
            fixture { $0.change("pg-node-3") { $0.data = .unknown(.notLooked) } }
        ),
        (
            "pg-node-3", .newerData("pg-node-1"),
            fixture(stopAll) { data("pg-node-1", PlanningFixture.data(wasPrimary: true, timeline: 2), &$0) }
        ),
    ]

    @Test("each row decides where it is the first that applies", arguments: cases.indices)
    func rows(index: Int) {
        let (node, obstacle, fixture) = Self.cases[index]
        let decision = Self.decision(on: node, fixture)
        #expect(decision.obstacle == obstacle)
        #expect(decision.row == index)
        #expect(Self.cases.count == StartConditions.table.count)
    }

    @Test("a node that no row applies to is started, and one that runs is not asked about")
    func starts() {
        #expect(Self.decision(on: "pg-node-3", Self.fixture()).obstacle == nil)
        #expect(Self.fixture().effects(Nodes()).contains(.docker(.local, .start("id-pg-node-3"))))
        #expect(Self.decision(on: "pg-node-2", Self.fixture()).obstacle == nil)
    }

    @Test("the election of data: a look comes first, and a running node with data as new is waited for")
    func reelection() {
        let unseen = Self.fixture(Self.stopAll) { $0.change("pg-node-2") { $0.data = .unknown(.notLooked) } }
        #expect(Self.decision(on: "pg-node-3", unseen).obstacle == .unseenDataOf("pg-node-2"))
        let running = Self.fixture { fixture in
            fixture.cluster.postgres.synchronous.mode = .off
            fixture.dcs { view in
                view.leader = nil
                view.synchronous = nil
                view.initialize = PlanningFixture.system
            }
            // one that Patroni would not elect, so that no election is waited for
            fixture.cluster.nodes.tags = (1...2).map {
                var tags = NodeTags(NodeName("pg-node-\($0)"))
                tags.nofailover = true
                return tags
            }
        }
        #expect(Self.decision(on: "pg-node-3", running).obstacle == .electionOfRunning)
    }
}
