import LiveWorld

/// What a server is busy with, as a person reads it.
enum TopTable {
    static func lines(_ activity: ServerActivity, node: String, time: String) -> [String] {
        let waiting = activity.sessions.filter { !$0.blockedBy.isEmpty }.count
        let busy = activity.sessions.filter { $0.state == "active" }.count
        var lines = [
            "\(Terminal.bold(node)): \(activity.sessions.count) sessions shown, \(busy) active, \(waiting) waiting for a lock   "
                + "(seen \(time))", "",
        ]
        var table = Table([
            "PID", "USER", "DATABASE", "APPLICATION", "STATE", "OPEN", "RUNS", "WAITS FOR", "BLOCKED BY", "STATEMENT",
        ])
        for session in activity.sessions {
            table.add([
                "\(session.pid)", cut(session.user, 16), cut(session.database, 16), cut(session.application, 20),
                session.state,
                session.transactionSeconds > 0 ? StatusTable.span(seconds: session.transactionSeconds) : "",
                session.state == "active" ? StatusTable.span(seconds: session.statementSeconds) : "", session.wait,
                session.blockedBy.map { "\($0)" }.joined(separator: ","), cut(session.query, 80),
            ])
        }
        lines += table.lines
        guard let statements = activity.statements else { return lines }
        var dearest = Table(["CALLS", "SECONDS", "MEAN", "ROWS", "STATEMENT (since its statistics began)"])
        for statement in statements {
            let mean = statement.calls > 0 ? statement.seconds / Double(statement.calls) * 1000 : 0
            dearest.add([
                "\(statement.calls)", MeasuredHistory.text(statement.seconds), "\(hundredths(mean)) ms",
                "\(statement.rows)",
                cut(statement.query, 100),
            ])
        }
        return lines + [""] + dearest.lines
    }

    /// One line of at most so many characters.
    private static func cut(_ text: String, _ limit: Int) -> String {
        let line = Terminal.plain(text).split(separator: " ").joined(separator: " ")
        return line.count > limit ? line.prefix(limit - 1) + "…" : line
    }

    private static func hundredths(_ value: Double) -> String {
        let whole = Int(min(max(0, value * 100), 1e15).rounded())
        return "\(whole / 100).\(whole % 100 < 10 ? "0" : "")\(whole % 100)"
    }
}
