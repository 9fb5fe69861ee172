import ArgumentParser
import LiveWorld
import Model
import Reconcilers
import Supervisor

/// `controller restore`: turns the running cluster back to a moment.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn the cluster back to a moment, from its backups.",
        discussion: """
            The data is restored into a fresh volume while the cluster goes on. Only when that is complete do the nodes
            stop and come back on the restored data. The old data volumes stay. What was written after the target is
            in the old volumes only. To look into the past without turning back, create a new cluster beside this one:
            `bootstrap.recovery` in its manifest.

            Examples:
              controller restore --last 10m
              controller restore --time 2026-11-23T10:00:00Z
              controller restore --cancel
            """)

    @OptionGroup var options: ClusterOptions
    @OptionGroup var target: TargetOptions

    @Option(help: "The cluster's name, instead of typing it.")
    var yes: String?

    @Flag(help: "Give up the restore that is under way, as long as the cluster has not begun to change over.")
    var cancel = false

    @Option(help: "Give up watching after so many seconds; the restore itself goes on.")
    var timeout: Int = 3600

    func run() async throws {
        let choice = ManifestName(path: options.manifest)
        let name = try choice.name ?? ManifestSource.find(options, takesLastGood: true).cluster.name
        let recovery = cancel ? nil : try target.recovery(now: WallClock.milliseconds())
        if !cancel, yes == nil {
            Terminal.say("This turns cluster \(name) back to \(recovery?.target.text ?? "").")
            Terminal.say("Whatever was written after that is lost to the cluster; the old data volumes stay.")
        }
        let answer = cancel ? name.text : try Confirmation.typed(yes, name: name.text)
        // the moment that was shown is the one that is meant, however long it took to confirm it
        let moment = target.last == nil ? [] : recovery.map { ["--moment=\($0.target.text)"] } ?? []
        let extra = moment + (yes == nil && !cancel ? ["--yes", answer] : [])
        if try await Delegation.tookOver(options, adding: extra) { return }
        let session = try await Session.open(options)
        let request = RestoreRequest(session: session)
        guard let recovery else { return try await request.cancel() }
        let record = try await request.make(recovery)
        try await request.follow(record, timeout: .seconds(timeout))
    }
}

/// Up to where, on the command line.
struct TargetOptions: ParsableArguments {
    @Option(help: "A moment with its zone, \"2026-11-23 10:00:00+01\".")
    var time: String?

    @Option(help: "A span before now: 90s, 10m, 2h, 3d.")
    var last: String?

    /// The moment that `--last` meant when the command was typed.
    @Option(help: .hidden)
    var moment: String?

    @Option(help: "A WAL position, 0/3000060.")
    var lsn: String?

    @Option(help: "A transaction ID.")
    var xid: String?

    @Option(help: "A restore point that pg_create_restore_point made.")
    var name: String?

    @Flag(help: "Only as far as the backup needs to be consistent.")
    var immediate = false

    @Flag(help: "To the end of the archive, for a cluster that lost all its data.")
    var latest = false

    @Option(help: "The backup to start from, by its label; else the newest before the target.")
    var backup: String?

    /// - Parameter now: milliseconds since 1970.
    func recovery(now: Int64) throws(Failure) -> Recovery {
        var back = moment
        if back == nil, let last { back = try TargetOptions.time(back: last, from: now) }
        var given: [(String, String)] = [("time", time), ("time", back), ("lsn", lsn), ("xid", xid), ("name", name)]
            .compactMap { pair in pair.1.map { (pair.0, $0) } }
        if immediate { given.append(("immediate", "true")) }
        if latest { given.append(("latest", "true")) }
        guard given.count == 1, let (field, value) = given.first else {
            throw Failure(.badInput, "give one of --time, --last, --lsn, --xid, --name, --immediate and --latest")
        }
        guard let target = RecoveryTarget(field: field, value: value) else {
            let hint = field == "time" ? "; a moment looks like \"2026-11-23 10:00:00+01\", with its zone" : ""
            throw Failure(.badInput, "--\(field): \(value) is no target of a restore\(hint)")
        }
        if backup != nil, field == "time" || field == "lsn" {
            throw Failure(.badInput, "--backup: the backup before the target is found by itself; leave one of them out")
        }
        return Recovery(target: target, backup: backup)
    }

    private static func time(back span: String, from now: Int64) throws(Failure) -> String {
        guard let time = Timestamp(back: span, from: now) else {
            throw Failure(.badInput, "--last: \(span) is no span of time; one looks like 90s, 10m, 2h or 3d")
        }
        return time.text
    }
}

/// A command that interrupts or destroys asks for a name.
enum Confirmation {
    /// - Parameter what: what has to be typed, in words.
    static func typed(_ given: String?, name: String, what: String = "the cluster's name") throws(Failure) -> String {
        if given == nil { Terminal.complain("Type \(what) to go on: ") }
        let answer = given ?? readLine() ?? ""
        guard answer == name else { throw Failure(.badInput, "that is not \(name); nothing was touched") }
        return answer
    }
}
