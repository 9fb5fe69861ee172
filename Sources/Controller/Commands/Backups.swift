import ArgumentParser
import LiveWorld
import Model
import Reconcilers
import Supervisor

/// `controller backups`: what is in the repository.
struct BackupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backups", abstract: "List the backups, and the moments that can be restored; delete a backup.",
        subcommands: [BackupList.self, BackupDelete.self], defaultSubcommand: BackupList.self)
}

/// `controller backups list`: what the repository holds, and what it can bring back.
struct BackupList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the backups, and the moments that can be restored.",
        discussion: """
            Examples:
              controller backups
              controller backups list --output json
            """)

    @OptionGroup var options: ClusterOptions

    @Option(name: [.short, .long], help: "table or json.")
    var output: OutputFormat = .table

    func run() async throws {
        if try await Delegation.tookOver(options, needs: .look) { return }
        let session = try await Session.open(options)
        let observation = await session.world.observe(session.source.cluster, scope: .everythingAfresh)
        let list: RepositoryReport
        switch observation.repository {
        case .present(let repository):
            list = RepositoryReport(repository, window: RecoverableWindow(observation))
        case .absent: throw Failure("there is no repository")
        case .unknown(let unknownReason): throw Failure("the repository could not be read: \(unknownReason.detail)")
        }
        switch output {
        case .json: Terminal.say(try Output.json(list))
        case .table: for line in list.lines { Terminal.say(line) }
        }
    }
}

/// The repository for a person and for a script.
struct RepositoryReport: Codable {
    struct Backup: Codable {
        var label: String
        var type: String
        var start: String
        var stop: String
        var databaseBytes: Int64
        var repositoryBytes: Int64
        var firstSegment: String
        var lastSegment: String
        var prior: String?
        var hasError: Bool
    }

    var backups: [Backup]
    /// The earliest and the latest moment that can be restored, as PostgreSQL writes them.
    var recoverableFrom: String?
    var recoverableTo: String?

    init(_ repository: RepositoryView, window: RecoverableWindow?) {
        backups = repository.backups.map { backup in
            Backup(
                label: backup.label, type: backup.type, start: Timestamp(seconds: backup.startedAt).text,
                stop: Timestamp(seconds: backup.stoppedAt).text, databaseBytes: backup.size,
                repositoryBytes: backup.repositorySize, firstSegment: backup.firstSegment,
                lastSegment: backup.lastSegment, prior: backup.prior, hasError: backup.hasError)
        }
        recoverableFrom = window?.from.text
        recoverableTo = window?.to?.text
    }

    var lines: [String] {
        guard !backups.isEmpty else { return ["there is no backup yet"] }
        var table = Table(["LABEL", "TYPE", "START", "STOP", "DATABASE", "ADDED", "WAL"])
        for backup in backups {
            table.add([
                backup.label + (backup.hasError ? " (damaged pages)" : ""), backup.type, short(backup.start),
                short(backup.stop), StatusTable.size(backup.databaseBytes), StatusTable.size(backup.repositoryBytes),
                backup.firstSegment == backup.lastSegment
                    ? backup.firstSegment : "\(backup.firstSegment) … \(backup.lastSegment)",
            ])
        }
        let from = recoverableFrom ?? "?"
        return table.lines + [
            "", "Any moment from \(from) to \(recoverableTo ?? "the end of the archive") can be restored.",
        ]
    }

    private func short(_ time: String) -> String { String(time.prefix(19)) + "Z" }
}
