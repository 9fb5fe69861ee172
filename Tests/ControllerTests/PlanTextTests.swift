import FoundationEssentials
import Model
import Reconcilers
import Supervisor
import Testing

@testable import Controller
@testable import PlanningFixtures

@Suite("The plan as a person reads it")
struct PlanTextTests {
    private func report(_ fixture: PlanningFixture, forecast: PlanForecast? = nil) -> PlanReport {
        let input = fixture.input
        return PlanReport(
            Plan(input, reconcilers: Reconcilers.all), input, forecast: forecast, MeasuredHistory())
    }

    private func lines(_ fixture: PlanningFixture, isVerbose: Bool = false) -> [String] {
        PlanText(report: report(fixture), isVerbose: isVerbose).lines
    }

    /// A pooler is gone, and a node has too little memory.
    private var changed: PlanningFixture {
        var fixture = PlanningFixture()
        fixture.engine.containers.removeAll { $0.name == "pgbouncer-2" }
        fixture.change("pg-node-2") { $0.settings.memory = 64 << 20 }
        return fixture
    }

    @Test("nothing to do is said in one line, and is no change")
    func empty() {
        #expect(lines(PlanningFixture()) == ["No changes: everything is as the manifest wants it."])
        #expect(!report(PlanningFixture()).hasChanges)
    }

    @Test("the answer comes first, then the fields that change, then the steps with object, reason and planner")
    func order() throws {
        let lines = lines(changed)
        #expect(lines.first == "Plan: 1 to create, 1 to change, 0 to replace, 0 to remove. Nothing was changed.")
        #expect(lines.dropFirst().first == "In all: nothing is interrupted.")
        let changes = try #require(lines.firstIndex(of: "Changes:"))
        let field = try #require(lines.firstIndex { $0.contains("memory: 64MiB → ") })
        let steps = try #require(lines.firstIndex(of: "Now (exact):"))
        let step = try #require(lines.firstIndex { $0.contains("container pgbouncer-2: create container") })
        #expect(changes < field && field < steps && steps < step)
        #expect(lines[step + 1].contains("because") && lines[step + 1].contains("[poolers]"))
    }

    @Test("housekeeping is folded, and unfolded on request")
    func housekeeping() {
        var fixture = PlanningFixture()
        fixture.change("pgbouncer-1") { view in
            view.state = .created
            view.files = .present([])
        }
        let (folded, unfolded) = (lines(fixture), lines(fixture, isVerbose: true))
        #expect(!folded.contains { $0.contains("write /") })
        #expect(folded.contains { $0.hasSuffix("of housekeeping not shown: `--verbose` shows all steps.") })
        #expect(unfolded.contains { $0.contains("container pgbouncer-1: write /") })
        #expect(!unfolded.contains { $0.contains("housekeeping") })
    }

    @Test("a container that is made anew is one change, with its fields, and an interruption has its price")
    func replacement() throws {
        var fixture = PlanningFixture()
        fixture.change("pg-node-3") { $0.settings.sharedMemory = 1 << 20 }
        let report = report(fixture)
        let change = try #require(report.changes.first { $0.object == "container pg-node-3" })
        #expect(change.kind == .replace && change.fields.map(\.name) == ["shared memory"])
        let step = try #require(report.steps.first { $0.object == "container pg-node-3" })
        #expect(step.interrupts && step.price?.hasPrefix("makes a replica anew") == true)
        #expect(report.total.replicaInterruptions == 1 && report.total.writePauses == 0)
        #expect(lines(fixture).contains("In all: 1 interruption of a replica; writes are never paused."))
    }

    @Test("a parameter is a field with its value before and after, and how it comes into force")
    func parameters() {
        let fixture = PlanningFixture()
        let patch = JSONValue.object([
            ("loop_wait", .integer(7)),
            ("postgresql", .object([("parameters", .object([("max_connections", .string("60"))]))])),
        ])
        let action = Action(.patroni("pg-node-1", .patchConfiguration(patch)), on: .leadership, because: .missing)
        let changes = PlanChanges([action], fixture.input, tasks: []).list
        #expect(changes.map(\.object) == ["parameters"])
        let fields = changes.first?.fields ?? []
        #expect(fields.map(\.name) == ["max_connections", "loop_wait"] && fields.map(\.to) == ["60", "7"])
        #expect(fields.first?.way?.hasPrefix("restart") == true && fields.last?.from == "10")
    }

    @Test("the containers of tasks come and go without being a change")
    func tasks() {
        let fixture = PlanningFixture()
        var spec = ContainerSpec(
            name: "demo-trial", component: .task, image: fixture.cluster.nodes.image, settings: ContainerSettings(),
            networks: [])
        spec.labels = [LabelValue(Label.name, "demo-trial")]
        let action = Action(
            .docker(.local, .createContainer(spec)), on: .container(.local, "demo-trial"), because: .missing)
        #expect(action.isHousekeeping(tasks: ["demo-trial"]) && !action.isHousekeeping(tasks: []))
        #expect(PlanChanges([action], fixture.input, tasks: ["demo-trial"]).list.isEmpty)
    }

    @Test("the JSON has its number, the changes and the steps")
    func json() throws {
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(try Output.json(report(changed)).utf8))
        #expect(value["formatVersion"]?.integer == 1 && value["hasChanges"] == .bool(true))
        #expect(value["cluster"]?.string == "demo")
        guard case .array(let steps)? = value["steps"], case .array(let changes)? = value["changes"] else {
            Issue.record("steps and changes are lists")
            return
        }
        #expect(steps.allSatisfy { $0["phase"]?.string == "now" && $0["planner"]?.string != nil })
        #expect(changes.contains { $0["object"]?.string == "container pgbouncer-2" && $0["kind"]?.string == "create" })
    }
}
