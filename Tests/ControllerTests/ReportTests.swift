import DockerAPI
import FoundationEssentials
import Glibc
import Testing

@testable import Controller

@Suite("The report of a fault")
struct ReportTests {
    @Test("keys, verifiers and passwords are taken out, also of secrets that the controller does not keep")
    func blotting() {
        let key = """
            before
            -----BEGIN EC PRIVATE KEY-----
            MHcCAQEEIB
            oAoGCCqGSM49
            -----END EC PRIVATE KEY-----
            between
            -----BEGIN PRIVATE KEY-----
            AAAA
            -----END PRIVATE KEY-----
            -----BEGIN CERTIFICATE-----
            """
        #expect(
            Blotting.keys(in: key)
                == "before\n[private key]\nbetween\n[private key]\n-----BEGIN CERTIFICATE-----")
        let verifier = "a SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy b"
        #expect(Blotting.keys(in: verifier) == "a [password verifier] b")
        for text in ["password=hunter2 user=x", "PASSWORD 'hunter2'", "password: \"hunter2\"", "Password = hunter2;"] {
            let found = Blotting.keys(in: text.replacing("PASSWORD ", with: "PASSWORD="))
            #expect(!found.contains("hunter2") && found.contains("[password]"), "\(found)")
        }
        #expect(Blotting.keys(in: "the password of pgadmin was set") == "the password of pgadmin was set")
    }

    @Test("is an archive of its parts in one folder; nobody else reads it, and no file is written over")
    func archive() throws {
        let report = SupportReport(
            cluster: "shop", time: "2026-12-01T12:00:00.000Z",
            parts: ["status.txt": "a\n", "logs/pg-node-1.log": "b\n"])
        let entries = try TarReader().read(try report.archive())
        #expect(
            entries.map(\.path) == [
                "controller-report-shop", "controller-report-shop/logs", "controller-report-shop/logs/pg-node-1.log",
                "controller-report-shop/status.txt",
            ])
        #expect(entries.last?.content == Array("a\n".utf8))
        var template = Array("/tmp/report-XXXXXX".utf8CString)
        #expect(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            unlink("\(folder)/r.tar")
            rmdir(folder)
        }
        try ReportCommand.write([1, 2, 3], to: "\(folder)/r.tar")
        var status = stat()
        #expect(stat("\(folder)/r.tar", &status) == 0 && status.st_mode & 0o777 == 0o600 && status.st_size == 3)
        let failure = #expect(throws: Failure.self) { try ReportCommand.write([4], to: "\(folder)/r.tar") }
        #expect(failure?.code == .badInput)
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/r.tar")) == Data([1, 2, 3]))
    }
}
