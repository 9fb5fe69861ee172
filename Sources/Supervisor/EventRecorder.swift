public import Model

/// Turns what a pass did into lines of the event log: every action and refusal, and every condition that changed.
public struct EventRecorder: Sendable {
    private var conditions: [Condition] = []
    private var failures: [Effect] = []
    private var refusals: [Action] = []

    /// Knows nothing yet, so that the first pass tells every condition.
    public init() {}

    /// The lines of one pass, in order.
    public mutating func tell(_ report: PassReport) -> [Event] {
        var events: [Event] = []
        let input = report.input
        func line(_ kind: Event.Kind, _ subject: Subject, _ what: String, _ reason: String, _ message: String) {
            events.append(
                Event(
                    time: input.now.text, cluster: input.cluster.name.text, kind: kind, object: subject.text,
                    what: what,
                    reason: reason, message: message))
        }
        for (planned, outcome) in report.performed {
            let action = planned.action
            let phrase = action.effect.phrase
            switch outcome {
            case .done(let detail):
                failures.removeAll { $0 == action.effect }
                // it changes nothing, and would only bury what does
                if action.effect.isNudge { continue }
                line(.action, action.subject, phrase, action.reason.sentence, evidence(action) ?? detail)
            case .refused(let refusal):
                if failures.contains(action.effect) { continue }
                failures.append(action.effect)
                line(
                    .failure, action.subject, phrase, action.reason.sentence,
                    "\(refusal.kind.rawValue): \(refusal.message)")
            case .uncertain(let why):
                line(
                    .failure, action.subject, phrase, action.reason.sentence, "no answer, it may have happened: \(why)")
            }
        }
        // what is deferred, backed off from or left alone is said by `status`: at each pass it would bury the rest
        let refused = report.decisions.filter { if case .refused = $0.disposition { true } else { false } }
        for planned in refused where !refusals.contains(planned.action) {
            line(
                .refusal, planned.action.subject, planned.action.effect.phrase, planned.action.reason.sentence,
                planned.disposition.words ?? "")
        }
        refusals = refused.map(\.action)
        // what is out of order while clients are paused is so on purpose, and for less than a second
        if report.plan.isHandOver { return events }
        for condition in report.conditions.sorted(by: { ($0.type, $0.subject) < ($1.type, $1.subject) }) {
            let before = conditions.first { $0.type == condition.type && $0.subject == condition.subject }
            guard before?.status != condition.status || before?.reason != condition.reason else { continue }
            line(
                .condition, condition.subject, "\(condition.type.rawValue) is \(condition.status.rawValue)",
                condition.reason,
                condition.message
                    + (condition.details.isEmpty
                        ? "" : "; its last lines: " + condition.details.joined(separator: " | ")))
        }
        for gone in conditions
        where !report.conditions.contains(where: { $0.type == gone.type && $0.subject == gone.subject }) {
            line(.condition, gone.subject, "\(gone.type.rawValue) is over", gone.reason, gone.message)
        }
        conditions = report.conditions
        return events
    }

    private func evidence(_ action: Action) -> String? {
        guard let proof = action.proof else { return nil }
        let body = proof.container.map { "container \($0.short) started \(proof.startedAt) ended \(proof.finishedAt)" }
        let code = proof.exitCode.map { " with exit code \($0)" } ?? ""
        return
            "evidence: engine \(proof.engineID): \(body ?? "the container does not exist")\(code), no endpoint on the "
            + "network, nothing else on its volume"
    }
}
