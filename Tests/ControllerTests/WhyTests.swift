import Model
import Reconcilers
import Supervisor
import Testing

@testable import Controller
@testable import PlanningFixtures

@Suite("Why an object is as it is")
struct WhyTests {
    private static let event = Event(
        time: "2025-12-01T01:00:00.000Z", cluster: "demo", kind: .action, object: "leadership",
        what: "failover from pg-node-3 to pg-node-1 is over", reason: "the leader pg-node-3 had died", message: "m")

    private func report(_ name: String, _ fixture: PlanningFixture, events: [Event] = [event], limit: Int = 10)
        -> WhyReport
    {
        let input = fixture.input
        let plan = Plan(input, reconcilers: Reconcilers.all)
        let status = StatusReport(
            input: input, conditions: plan.conditions, waiting: plan.waiting, pending: plan.deferred + plan.actions)
        return WhyReport(name, input, plan, status, events: events, limit: limit)
    }

    /// A replica that has died and is started again.
    private var died: PlanningFixture {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", exitCode: 137)
        return fixture
    }

    @Test("the chain goes from what is seen to what is wanted, with its reason, and to what was done before")
    func chain() throws {
        let report = report("pg-node-3", died)
        #expect(report.facts.contains { $0.from == "Docker" && $0.what.contains("with exit code 137") })
        #expect(report.facts.contains(.init(from: "Patroni", what: "does not run on pg-node-3")))
        #expect(report.facts.contains(.init(from: "etcd", what: "pg-node-1 holds the leader key")))
        let wanted = try #require(report.wanted.first)
        #expect(
            wanted.action.hasPrefix("start") && wanted.reason.contains("exit code 137") && wanted.planner == "nodes")
        #expect(report.events == [Self.event])
        let lines = WhyText.lines(report)
        let places = ["Seen", "Holds", "Wanted now", "Waiting for", "Before, oldest first"].map { title in
            lines.firstIndex { $0.contains(title) }
        }
        #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted() && !places.contains(nil))
    }

    @Test("another object's facts and events are not shown, and of many events the newest")
    func others() {
        let report = report("pg-node-2", died)
        #expect(report.events.isEmpty && report.wanted.isEmpty)
        #expect(report.facts.contains(.init(from: "etcd", what: "commits wait for pg-node-2")))
        #expect(!report.facts.contains { $0.what.contains("137") })
        var newer = Self.event
        newer.message = "newer"
        #expect(self.report("leadership", died, events: [Self.event, newer], limit: 1).events == [newer])
    }

    @Test("nothing is known of an object that is none")
    func unknown() {
        #expect(report("pg-node-9", died).isEmpty)
        #expect(!report("repository", died).isEmpty && !report("pgbouncer-1", died).isEmpty)
    }

    @Test("a name is a whole word, in an object and in a sentence")
    func names() {
        let name = ObjectName("pg-node-1")
        #expect(name.names("container pg-node-1") && name.names("PG-NODE-1"))
        #expect(!name.names("container pg-node-11") && !name.names("node"))
        #expect(name.isMentioned(in: "waiting for pg-node-1, which is slow"))
        #expect(name.isMentioned(in: "it is pg-node-1."))
        #expect(!name.isMentioned(in: "volume pg-node-1-data"))
    }
}
