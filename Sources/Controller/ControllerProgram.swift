import ArgumentParser

/// The program: one subcommand, one file.
@main
struct ControllerProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controller",
        abstract: "Keeps a highly available PostgreSQL cluster on plain Docker as its manifest describes it.",
        discussion: """
            Start with `controller run` (what the supervisor container does), or `controller apply` to converge once.
            Commands that need the running controller's secrets find the supervisor container and run inside it.
            """,
        version: "0.1.0",
        subcommands: [
            Run.self, Apply.self, PlanCommand.self, Status.self, CheckCommand.self, ListCommand.self, Why.self,
            Events.self,
            History.self, VolumesCommand.self, Password.self, CertificatesCommand.self,
            Logs.self, Connect.self, Top.self, ReportCommand.self,
            Switchover.self, RestartCommand.self, ReloadCommand.self, ReinitCommand.self, Backup.self,
            BackupsCommand.self,
            Restore.self, Drill.self, Verify.self, Destroy.self,
            PauseCommand.self, ResumeCommand.self,
            ManifestCommand.self, SchemaCommand.self, MonitoringCommand.self, NotifyCommand.self, TokenCommand.self,
        ])

    static func main() async {
        await main(nil)
    }

    /// Parses, runs, and ends with an exit code that means something.
    static func main(_ arguments: [String]?) async {
        Tie.hold()
        do {
            var command = try await asyncParseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Terminal.complain(failure.message)
            Exit.now(failure.code)
        } catch  where exitCode(for: error) == .validationFailure {
            // a wrong option is bad input like any other
            let words = arguments ?? Array(CommandLine.arguments.dropFirst())
            Terminal.complain(
                [SubcommandHint.text(words, in: ControllerProgram.self), fullMessage(for: error)]
                    .compactMap(\.self).joined(separator: "\n"))
            Exit.now(.badInput)
        } catch {
            exit(withError: error)
        }
    }
}
