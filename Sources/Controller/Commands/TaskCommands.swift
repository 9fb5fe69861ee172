import ArgumentParser
import LiveWorld
import Model

/// `controller backup`: takes a backup now.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a backup now, and say how far it is.",
        discussion: """
            The controller takes it, from a replica where one is healthy; this command asks and watches.

            Examples:
              controller backup
              controller backup --type full
            """)

    @OptionGroup var options: ClusterOptions

    @Option(help: "full, diff or incr.")
    var type: Kind = .incr

    /// The types in pgBackRest's words.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case full, diff, incr
    }

    @Option(help: "Give up after so many seconds; a backup that has begun goes on, and a request is taken back.")
    var timeout: Int = 3600

    @Option(help: .hidden)
    var by: String?

    func run() async throws {
        let author = by ?? Person.current
        if try await Delegation.tookOver(options, adding: by == nil ? ["--by", author] : []) { return }
        let session = try await Session.open(options)
        let type = BackupType(rawValue: type.rawValue) ?? .incremental
        try await TaskWatch(session: session, kind: .backup, type: type, author: author).run(timeout: .seconds(timeout))
    }
}

/// `controller drill`: proves the newest backup now.
struct Drill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restore the newest backup into a scratch container, check it, and throw it away.",
        discussion: """
            Examples:
              controller drill
            """)

    @OptionGroup var options: ClusterOptions

    @Option(help: "Give up after so many seconds; a drill that has begun goes on, and a request is taken back.")
    var timeout: Int = 3600

    @Option(help: .hidden)
    var by: String?

    func run() async throws {
        let author = by ?? Person.current
        if try await Delegation.tookOver(options, adding: by == nil ? ["--by", author] : []) { return }
        let session = try await Session.open(options)
        try await TaskWatch(session: session, kind: .drill, author: author).run(timeout: .seconds(timeout))
    }
}

/// `controller verify`: reads the whole repository now.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read every file of the backup repository and compare checksums.",
        discussion: """
            Examples:
              controller verify
            """)

    @OptionGroup var options: ClusterOptions

    @Option(help: "Give up after so many seconds; a verification that has begun goes on, and a request is taken back.")
    var timeout: Int = 3600

    @Option(help: .hidden)
    var by: String?

    func run() async throws {
        let author = by ?? Person.current
        if try await Delegation.tookOver(options, adding: by == nil ? ["--by", author] : []) { return }
        let session = try await Session.open(options)
        try await TaskWatch(session: session, kind: .verify, author: author).run(timeout: .seconds(timeout))
    }
}
