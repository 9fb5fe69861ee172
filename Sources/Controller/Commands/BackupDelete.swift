import ArgumentParser
import LiveWorld
import Model

/// `controller backups delete`: deletes one backup.
struct BackupDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete one backup that no other backup needs.",
        discussion: """
            The controller does it, as a job like a backup; this command asks and watches. The last full backup, and one that other
            backups are made from, are refused. The WAL archive stays as it is until the next backup expires it.

            Examples:
              controller backups delete 20261128-010001F
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The backup's label, as `controller backups` prints it.")
    var label: String

    @Option(help: "The backup's label, instead of typing it.")
    var yes: String?

    @Option(help: "Give up after so many seconds; a deletion that has begun goes on, and a request is taken back.")
    var timeout: Int = 300

    @Option(help: .hidden)
    var by: String?

    func run() async throws {
        if yes == nil {
            Terminal.say("This deletes backup \(Terminal.plain(label)). There is no way back.")
            Terminal.say("Moments that only this backup can bring back cannot be restored any more.")
        }
        let answer = try Confirmation.typed(yes, name: label, what: "the backup's label")
        let author = by ?? Person.current
        let extra = (yes == nil ? ["--yes", answer] : []) + (by == nil ? ["--by", author] : [])
        if try await Delegation.tookOver(options, adding: extra) { return }
        let session = try await Session.open(options)
        try await TaskWatch(session: session, kind: .expire, label: label, author: author)
            .run(timeout: .seconds(timeout))
    }
}
