import FoundationEssentials
import Model
import Supervisor

/// All that the page shows when it is opened (`GET /api/state`).
struct PageState: Encodable {
    /// As `controller status -o json` prints it.
    var status: StatusReport
    /// The last hours.
    var graphs: SampleHistory
    /// The newest events, oldest first.
    var events: [Event]
    /// What was measured, oldest first.
    var changes: [Change]
    /// What is due, with its price.
    var plan: [Step]
    /// The verbs that a person with the token may click.
    var verbs: [String]

    /// A failover, a switchover, a restart, …, and what it has cost.
    struct Change: Encodable {
        var kind: String
        var at: String
        var seconds: Double
        var what: String
        var message: String

        /// Nil for an event without a measurement.
        init?(_ event: Event) {
            guard let measured = event.measured else { return nil }
            kind = measured.kind == .clientPause ? "switchover" : measured.kind.rawValue
            at = event.time
            seconds = measured.seconds
            what = event.what
            message = event.message
        }
    }

    /// An action of the last pass.
    struct Step: Encodable {
        var object: String
        var action: String
        var why: String
        var price: String?
    }
}

extension PageState.Step {
    /// The actions that a pass wants, with what each interrupts.
    static func list(_ report: PassReport, _ price: PlanPrice) -> [PageState.Step] {
        (report.plan.actions + report.plan.deferred).prefix(50).map { planned in
            PageState.Step(
                object: planned.action.subject.text, action: planned.action.effect.phrase,
                why: planned.action.reason.sentence, price: price.price(of: planned.action, in: report.input))
        }
    }
}
