import Model
import Testing

@testable import Controller
@testable import PlanningFixtures

@Suite("What is asked of a node by a command")
struct NodeRequestTests {
    private static let started = Timestamp(seconds: 1_750_000_000)

    private static var fixture: PlanningFixture {
        var fixture = PlanningFixture()
        for node in fixture.cluster.nodeNames { fixture.member(node) { $0.startedAt = started } }
        return fixture
    }

    /// The exit code of a refusal; nil where there is none.
    private static func refusal(
        _ kind: NodeRequest.Kind, _ node: NodeName, _ change: (inout PlanningFixture) -> Void = { _ in }
    ) -> ExitCodes? {
        var fixture = fixture
        change(&fixture)
        do throws(Failure) {
            _ = try NodeRequestWatch.before(kind, node, fixture.input)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("what is there is remembered in the request")
    func marks() throws {
        let input = Self.fixture.input
        #expect(try NodeRequestWatch.before(.restart, "pg-node-2", input) == "1750000000000000")
        #expect(try NodeRequestWatch.before(.reinit, "pg-node-2", input) == "pg-node-2-data")
    }

    @Test("what cannot be is refused before anything is asked for")
    func refusals() {
        for kind in NodeRequest.Kind.allCases {
            #expect(Self.refusal(kind, "pg-node-2") == nil)
            #expect(Self.refusal(kind, "pg-node-9") == .badInput)
            #expect(Self.refusal(kind, "pg-node-2") { $0.cluster.nodes.maintenance = ["pg-node-2"] } == .paused)
            #expect(Self.refusal(kind, "pg-node-2") { $0.observation.dcs = .unknown(.notLooked) } == .failure)
        }
        #expect(Self.refusal(.restart, "pg-node-2") { $0.member("pg-node-2") { $0.startedAt = nil } } == .failure)
        #expect(Self.refusal(.restart, "pg-node-1") == nil)
        #expect(Self.refusal(.reinit, "pg-node-1") == .badInput)
        #expect(Self.refusal(.reinit, "pg-node-2") { $0.dcs { $0.leader = nil } } == .failure)
    }

    @Test("it is done when another start, or another volume, is seen")
    func done() {
        var fixture = Self.fixture
        let now = Timestamp(PlanningFixture.now)
        let restart = NodeRequest(
            .restart, of: "pg-node-2", at: now, by: "", before: NodeRequest.mark(startedAt: Self.started))
        let copy = NodeRequest(.reinit, of: "pg-node-2", at: now, by: "", before: "pg-node-2-data")
        #expect(!NodeRequestWatch.isDone(restart, fixture.input) && !NodeRequestWatch.isDone(copy, fixture.input))
        fixture.member("pg-node-2") { $0.startedAt = now }
        fixture.engine.volumes.append(
            VolumeView(
                name: "pg-node-2-data-2",
                labels: [
                    LabelValue(Label.cluster, "demo"), LabelValue(Label.name, "pg-node-2"),
                    LabelValue(Label.generation, "2"),
                ]))
        #expect(NodeRequestWatch.isDone(restart, fixture.input) && NodeRequestWatch.isDone(copy, fixture.input))
    }
}
