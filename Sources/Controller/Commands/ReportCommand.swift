import ArgumentParser
import DockerAPI
import FoundationEssentials
import Glibc
import Model

/// `controller report`: one file with all that helps another person to find a fault.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write one archive with status, plan, events, logs and manifest, for a report of a fault.",
        discussion: """
            It changes nothing. Every secret that the controller keeps, private keys and password verifiers are taken out of
            it. Statements and errors in PostgreSQL's logs can hold an application's data: read it before it is sent on.

            Examples:
              controller report
              controller report --file /tmp/cluster.tar --lines 20000
            """)

    @OptionGroup var options: ClusterOptions

    @Option(
        name: [.short, .long],
        help: "The file; it must not exist yet. By default controller-report-CLUSTER-TIME.tar in this folder.",
        completion: .file(extensions: ["tar"]))
    var file: String?

    @Option(name: [.customShort("n"), .long], help: "How many of the newest lines of each container's log.")
    var lines: Int = 2000

    /// Whether the parts go to standard output, as JSON: the file is written on the host.
    @Flag(help: .hidden)
    var print = false

    func validate() throws {
        guard lines >= 0 else { throw ValidationError("--lines is 0 or more") }
    }

    func run() async throws {
        let report: SupportReport
        if !print, let answer = try await Delegation.answer(options, ["report", "--print", "--lines", "\(lines)"]) {
            guard let read = try? JSONDecoder().decode(SupportReport.self, from: Data(answer.utf8)) else {
                throw Failure("the supervisor's answer is no report; use the program of the same build")
            }
            report = read
        } else {
            report = try await SupportReport.collect(try await Session.open(options), lines: lines)
        }
        if print { return Terminal.say(try Output.jsonLine(report)) }
        let stamp = report.time.prefix(19).filter { $0 != "-" && $0 != ":" }
        let path = file ?? "controller-report-\(report.cluster)-\(stamp)Z.tar"
        try ReportCommand.write(try report.archive(), to: path)
        Terminal.say("\(path): \(report.parts.count) parts without secrets; read it before it is sent on")
    }

    /// Never writes over a file, and lets this user alone read it.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code: ExitCodes = errno == EEXIST ? .badInput : .failure
            throw Failure(code, "\(path): \(String(cString: strerror(errno))); nothing was written")
        }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else {
                let words = String(cString: strerror(errno))
                close(descriptor)
                unlink(path)
                throw Failure("\(path): \(words); it was removed again")
            }
            written += max(0, count)
        }
        close(descriptor)
    }
}
