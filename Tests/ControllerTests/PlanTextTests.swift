import Model
import Reconcilers
import Supervisor
import Testing

@testable import Controller
@testable import PlanningFixtures

@Suite("The plan as a person reads it")
struct PlanTextTests {
    private func lines(_ fixture: PlanningFixture) -> [String] {
        let input = fixture.input
        let plan = Plan(input, reconcilers: Reconcilers.all)
        return PlanText.lines(plan, input: input, price: PlanPrice(MeasuredHistory(), from: input))
    }

    @Test("nothing to do is said in one line")
    func empty() {
        #expect(lines(PlanningFixture()) == ["No changes: everything is as the manifest wants it."])
    }

    @Test("each action has its mark, its object, its reason and its planner; the sum is at the end")
    func actions() throws {
        var fixture = PlanningFixture()
        fixture.engine.containers.removeAll { $0.name == "pgbouncer-2" }
        let lines = lines(fixture)
        #expect(lines.first == "Now (exact):")
        let action = try #require(lines.first { $0.contains("create container pgbouncer-2") })
        #expect(action.contains("+") && action.contains("because") && action.contains("[poolers]"))
        #expect(lines.last?.hasSuffix("Nothing was changed.") == true)
    }
}
