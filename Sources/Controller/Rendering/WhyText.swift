import Model
import Supervisor

/// The chain behind an object's state, as a person reads it.
enum WhyText {
    static func lines(_ report: WhyReport) -> [String] {
        section("Seen", report.facts.map { Terminal.plain("\($0.from): \($0.what)") })
            + section("Holds", report.conditions.flatMap(condition))
            + section("Wanted now", report.wanted.flatMap(wanted))
            + section("Waiting for", report.waiting.map(Terminal.plain))
            + section("Before, oldest first", report.events.map(EventText.line), isLast: true)
    }

    private static func section(_ title: String, _ lines: [String], isLast: Bool = false) -> [String] {
        let body = lines.isEmpty ? ["  nothing"] : lines.map { "  \($0)" }
        return [Terminal.bold(title)] + body + (isLast ? [] : [""])
    }

    private static func condition(_ line: StatusReport.ConditionLine) -> [String] {
        let mark = line.bad ? Terminal.red("✗") : Terminal.green("✓")
        let since = line.lastTransitionTime.map { " since \($0)" } ?? ""
        return ["\(mark) \(line.type)=\(line.status) \(line.reason)\(since): \(Terminal.plain(line.message))"]
            + line.details.map { "    | \(Terminal.plain($0))" }
    }

    private static func wanted(_ wanted: WhyReport.Wanted) -> [String] {
        [Terminal.plain(wanted.action), "    because \(Terminal.plain(wanted.reason)) [\(wanted.planner)]"]
            + (wanted.notNow.map { ["    not now: \(Terminal.plain($0))"] } ?? [])
    }
}
