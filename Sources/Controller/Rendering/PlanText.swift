import Model

/// A plan as a person reads it: the answer first, then what changes, then the steps.
struct PlanText {
    let report: PlanReport
    /// Whether housekeeping, and what is deferred and forecast, too, are printed.
    let isVerbose: Bool

    var lines: [String] {
        let paused = report.paused.map { ["Nothing of this is done now: \(Terminal.plain($0))."] } ?? []
        guard report.hasChanges || !report.steps.isEmpty else { return paused + [PlanText.noChanges + "."] }
        return paused + headline + changes + steps + waiting
    }

    private static let noChanges = "No changes: everything is as the manifest wants it"

    // MARK: the answer

    private var headline: [String] {
        guard report.hasChanges else { return [PlanText.noChanges + "; what is due besides that:"] }
        guard !report.steps.isEmpty else { return ["Nothing to do now; the cluster is not ready yet."] }
        func count(_ kind: PlanChanges.Change.Kind) -> Int { report.changes.filter { $0.kind == kind }.count }
        var lines = [
            "Plan: \(count(.create)) to create, \(count(.update)) to change, \(count(.replace)) to replace, "
                + "\(count(.remove)) to remove. Nothing was changed."
        ]
        lines.append("In all: \(report.total.words).")
        if let seconds = report.convergedAfterSeconds, seconds > 0 {
            lines.append("Converged after about \(MeasuredHistory.text(seconds)), by a model of what is there now.")
        }
        if report.isForecastIncomplete {
            lines.append("What follows the first steps the model does not tell; ask again when they have been done.")
            if let first = report.unfinished?.first { lines.append("The model came to no rest: \(first).") }
        }
        return lines
    }

    // MARK: what changes

    private var changes: [String] {
        guard !report.changes.isEmpty else { return [] }
        return ["", "Changes:"] + report.changes.flatMap(lines)
    }

    private func lines(_ change: PlanChanges.Change) -> [String] {
        let mark =
            switch change.kind {
            case .create: Terminal.green("+")
            case .update: Terminal.yellow("~")
            case .replace: Terminal.yellow("±")
            case .remove: Terminal.red("-")
            }
        let ending = change.kind == .replace ? ", made anew" : ""
        return ["  \(mark) \(Terminal.plain(change.object))\(ending)"]
            + change.fields.map { field in
                "      \(field.name): \(field.from ?? "default") → \(field.to ?? "default")"
                    + (field.way.map { " (\($0))" } ?? "")
            }.map(Terminal.plain) + change.notes.map { "      \(Terminal.plain($0))" }
    }

    // MARK: the steps

    private var steps: [String] {
        let hasForecast = report.convergedAfterSeconds != nil
        var lines = section(.now, "Now (exact):")
        // the forecast has these, too, in their order
        if !hasForecast || isVerbose { lines += section(.later, "Later, after another look:") }
        lines += section(.forecast, "Then (forecast):")
        let folded = report.steps.filter { $0.housekeeping && ($0.phase != .later || !hasForecast) }.count
        if folded > 0, !isVerbose {
            lines += [
                "", "\(folded) step\(folded == 1 ? "" : "s") of housekeeping not shown: `--verbose` shows all steps.",
            ]
        }
        return lines
    }

    private func section(_ phase: PlanReport.Step.Phase, _ title: String) -> [String] {
        let shown = report.steps.filter { $0.phase == phase && (isVerbose || !$0.housekeeping) }
        return shown.isEmpty ? [] : ["", title] + shown.flatMap(lines)
    }

    private func lines(_ step: PlanReport.Step) -> [String] {
        let mark = step.interrupts ? Terminal.yellow("!") : step.phase == .now ? Terminal.green("+") : Terminal.dim("…")
        let time = isVerbose ? step.afterSeconds.map { " \(MeasuredHistory.text($0))" } ?? "" : ""
        var details: [String] = []
        if step.phase != .forecast { details.append("because \(step.reason) [\(step.planner)]") }
        if let price = step.price { details.append("price: \(price)") }
        if let delay = step.notNow { details.append("not now: \(delay)") }
        return ["  \(mark)\(time) \(Terminal.plain("\(step.object): \(step.action)"))"]
            + details.map { "      \(Terminal.plain($0))" }
    }

    private var waiting: [String] {
        report.waiting.isEmpty ? [] : ["", "Waiting for:"] + report.waiting.map { "    \(Terminal.plain($0))" }
    }
}
