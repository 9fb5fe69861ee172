import ArgumentParser
import Testing

@testable import Controller

@Suite("The help of each command")
struct HelpTests {
    private static func leaves(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let below = command.configuration.subcommands
        return below.isEmpty ? [command] : below.flatMap(leaves)
    }

    private static let examples: [(command: String, line: String)] = leaves(ControllerProgram.self).flatMap { command in
        let lines = command.configuration.discussion.split(separator: "\n").map(String.init)
        return lines.filter { $0.hasPrefix("  controller ") }.map { (String(describing: command), $0) }
    }

    @Test("has lines that can be typed: each is an invocation of that very command")
    func examples() throws {
        #expect(HelpTests.examples.count > 40)
        for (command, line) in HelpTests.examples {
            let words = HelpTests.words(of: line).dropFirst()
            let parsed = try ControllerProgram.parseAsRoot(Array(words))
            #expect(String(describing: type(of: parsed)) == command, "\(line)")
        }
    }

    @Test("those that an operator types most have such lines")
    func present() {
        let commands = Set(HelpTests.examples.map(\.command))
        let wanted = [
            "Status", "PlanCommand", "Events", "Logs", "Why", "Switchover", "RestartCommand", "ReinitCommand", "Backup",
            "Restore", "PauseCommand", "ResumeCommand", "Password", "Destroy", "Run", "Apply",
        ]
        for command in wanted { #expect(commands.contains(command), "\(command)") }
    }

    /// As a shell splits them; quotes are single ones. What is redirected is no argument.
    private static func words(of line: String) -> [String] {
        line.prefix { $0 != "<" }.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap {
            index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
    }
}
