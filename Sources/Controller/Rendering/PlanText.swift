import Model
import Supervisor

/// A plan in Terraform's habit: what would be done, and why.
enum PlanText {
    static func lines(_ plan: Plan, input: PlanningInput, price: PlanPrice) -> [String] {
        let paused = input.pauseCondition.map { ["Nothing of this is done now: \(Terminal.plain($0.message))."] } ?? []
        if plan.isEmpty { return paused + ["No changes: everything is as the manifest wants it."] }
        var lines = paused
        if !plan.actions.isEmpty {
            lines.append("Now (exact):")
            for planned in plan.constructive {
                lines.append(entry(planned, mark: Terminal.green("+")))
                lines += price.lines(for: planned.action, in: input, indent: 6)
            }
            if let disruptive = plan.disruptive {
                lines.append(entry(disruptive, mark: Terminal.yellow("!")))
                lines += price.lines(for: disruptive.action, in: input, indent: 6)
            }
        }
        if !plan.deferred.isEmpty {
            lines.append("Later, after another look:")
            lines += plan.deferred.map { entry($0, mark: Terminal.dim("…")) }
        }
        if !plan.waiting.isEmpty {
            lines.append("Waiting for:")
            lines += plan.waiting.map { "    \(Terminal.plain($0))" }
        }
        let count = plan.actions.count + plan.deferred.count
        lines.append("\(count) actions; ! interrupts something that runs. Nothing was changed.")
        return lines
    }

    private static func entry(_ planned: PlannedAction, mark: String) -> String {
        let action = planned.action
        let delay = planned.disposition.words.map { "\n      not now: \(Terminal.plain($0))" } ?? ""
        return
            "  \(mark) \(action.subject.text): \(action.effect.phrase)\n      because \(Terminal.plain(action.reason.sentence)) [\(planned.reconciler)]"
            + delay
    }
}
