import Model
import Supervisor

/// Why an object is as it is: what is seen of it, what holds, what is wanted of it now and what that waits for, and what was
/// done to it before.
struct WhyReport: Encodable {
    /// The object as it was named.
    var object: String
    /// What is seen, and who told it.
    var facts: [ObjectFacts.Fact]
    /// What holds of it.
    var conditions: [StatusReport.ConditionLine]
    /// What is wanted of it now.
    var wanted: [Wanted]
    /// What the controller waits for, as far as it speaks of the object.
    var waiting: [String]
    /// What was done to it and with it, oldest first.
    var events: [Event]

    /// An action that is wanted.
    struct Wanted: Encodable {
        var action: String
        var reason: String
        var planner: String
        /// Why it is not done now; nil where it is.
        var notNow: String?
    }

    /// - Parameters:
    ///   - events: the newest of the log, oldest first.
    ///   - limit: how many of them at most.
    init(_ name: String, _ input: PlanningInput, _ plan: Plan, _ status: StatusReport, events: [Event], limit: Int) {
        let object = ObjectName(name)
        self.object = name
        facts = ObjectFacts(object, input).list
        conditions = status.conditions.filter {
            object.names($0.object) || $0.bad && object.isMentioned(in: $0.message)
        }
        wanted = (plan.actions + plan.deferred).filter { object.names($0.action.subject.text) }.map { planned in
            // back-off and refusals are in the running controller's memory
            let pending = status.pending.first {
                $0.object == planned.action.subject.text && $0.action == planned.action.effect.phrase
            }
            return Wanted(
                action: planned.action.effect.phrase, reason: planned.action.reason.sentence,
                planner: planned.reconciler, notNow: pending?.why ?? planned.disposition.words)
        }
        waiting = status.waiting.filter { object.isMentioned(in: $0) }
        self.events = Array(
            events.filter { object.names($0.object) || object.isMentioned(in: $0.what) }.suffix(limit))
    }

    /// Whether nothing is known of such an object.
    var isEmpty: Bool { facts.isEmpty && conditions.isEmpty && wanted.isEmpty && waiting.isEmpty && events.isEmpty }
}
