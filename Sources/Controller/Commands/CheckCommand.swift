import ArgumentParser
import Model
import Supervisor

/// `controller check`: one line and an exit code, for cron and Nagios.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say in one line how the cluster is: exit code 0 good, 1 warning, 2 critical, 3 unknown.",
        discussion: """
            The exit codes are those of Nagios' plugins, and not those of the other commands. A condition is critical where a \
            message about it would be (`spec.notifications`).

            Examples:
              controller check
            """)

    @OptionGroup var options: ClusterOptions

    func run() async throws {
        // Nagios knows no other codes, and has to see this line
        do {
            if try await Delegation.tookOver(options, needs: .look) { return }
            let session = try await Session.open(options)
            let verdict = CheckVerdict(await session.status())
            Terminal.say(verdict.line)
            Exit.check(verdict.code)
        } catch let failure as Failure {
            Terminal.say("UNKNOWN: \(Terminal.plain(failure.message))")
            Exit.check(.unknown)
        }
    }
}

/// How the cluster is, for a program that watches many things.
struct CheckVerdict: Equatable {
    /// The exit codes of Nagios' plugins (https://nagios-plugins.org/doc/guidelines.html).
    enum Code: Int32 {
        case good = 0, warning, critical, unknown
    }
    let code: Code
    /// One line.
    let line: String

    init(_ status: StatusReport) {
        let bad = status.conditions.filter { $0.bad && $0.type != ConditionType.ready.rawValue }
        func severity(_ line: StatusReport.ConditionLine) -> Severity {
            ConditionType(rawValue: line.type)?.incident?.severity ?? .warning
        }
        let worst = bad.map(severity).max()
        let primaries = status.nodes.filter { $0.role == "primary" }.map(\.name)
        let streaming = status.nodes.filter { $0.state == "streaming" }.count
        let summary =
            "\(status.cluster): primary \(primaries.first ?? "none"), \(streaming) of \(status.nodes.count - 1) replicas stream"
        switch worst {
        case .critical?: code = .critical
        case .warning?, .info?: code = .warning
        case nil: code = status.ready ? .good : .warning
        }
        let first = bad.max { severity($0) < severity($1) } ?? status.conditions.first { $0.type == "Ready" && $0.bad }
        let why = first.map { "; \($0.type)=\($0.status) \($0.reason): \(Terminal.plain($0.message))" } ?? ""
        let more = bad.count > 1 ? " (and \(bad.count - 1) more)" : ""
        let word: String =
            switch code {
            case .good: "OK"
            case .warning: "WARNING"
            case .critical: "CRITICAL"
            case .unknown: "UNKNOWN"
            }
        line = "\(word): \(summary)\(why)\(more)"
    }
}

extension Exit {
    /// Ends the process with a code of Nagios'.
    static func check(_ code: CheckVerdict.Code) -> Never { Exit.raw(code.rawValue) }
}
