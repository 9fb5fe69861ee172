import Foundation
import Manifest
import Model
import Testing

/// A file's text.
enum PlainText {
    static func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}

@Suite("Files")
struct FileTests {
    private let directory: URL
    private let smallest = "apiVersion: pg-controller.io/v1\nkind: PostgresCluster\nmetadata: {name: demo}\n"

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "manifest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    private func write(_ text: String, _ name: String, mode: Int = 0o600) throws {
        let url = directory.appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
    }

    private func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: directory.appending(path: name).path, withDestinationPath: target)
    }

    private func problem(_ name: String) -> String {
        do throws(ManifestRejection) {
            _ = try Manifest.load(path: directory.appending(path: name).path)
            return "accepted"
        } catch {
            return error.description
        }
    }

    private func secretProblem(_ path: String) -> String {
        do throws(FileProblem) {
            return "read \(try SecretFile(manifestDirectory: directory.path).read(path))"
        } catch {
            return error.text
        }
    }

    @Test("a manifest that is missing, a directory, a link, too large or no file says so")
    func manifests() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try write(smallest, "good.yaml")
        try link("link.yaml", to: "good.yaml")
        try write(smallest + String(repeating: "#\n", count: 1 << 20), "large.yaml")
        try FileManager.default.createDirectory(
            at: directory.appending(path: "dir.yaml"), withIntermediateDirectories: false)
        mkfifo(directory.appending(path: "pipe.yaml").path, 0o600)
        #expect(problem("good.yaml") == "accepted")
        #expect(problem("none.yaml").hasSuffix("none.yaml: the manifest does not exist"))
        #expect(problem("dir.yaml").contains("is a directory"))
        #expect(problem("link.yaml").contains("symbolic link"))
        #expect(problem("large.yaml").contains("too large"))
        #expect(problem("pipe.yaml").contains("no regular file"))
    }

    @Test("a migration is read beside the manifest, and nowhere else")
    func migrations() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        func manifest(_ path: String) -> String { smallest + "spec: {schema: {migrations: [\(path)]}}\n" }
        try write("SELECT 1;\n", "sql/one.sql")
        try write("", "sql/empty.sql")
        try link("out", to: "/etc")
        try link("sql/link.sql", to: "one.sql")
        try write(manifest("sql/one.sql"), "m.yaml")
        let cluster = try Manifest.load(path: directory.appending(path: "m.yaml").path)
        #expect(cluster.schema.migrations == [Migration(name: "one.sql", sql: "SELECT 1;\n", path: "sql/one.sql")])
        for (path, words) in [
            ("sql/none.sql", "does not exist"), ("sql/empty.sql", "is empty"), ("sql/link.sql", "symbolic link"),
            ("out/a.sql", "symbolic link"), ("../a.sql", "leaves"), ("/etc/a.sql", "leaves"),
            ("sql/one.txt", "no name"),
        ] {
            try write(manifest(path), "m.yaml")
            #expect(problem("m.yaml").contains(words), "\(path): \(problem("m.yaml"))")
        }
    }

    @Test("each way in which a password file is unfit has words of its own")
    func secrets() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try write("s3cret\n", "good")
        try write("two\n\n", "two")
        try write("", "empty")
        try write("\n", "newline")
        try write("s3cret", "written", mode: 0o666)
        try write("s3cret", "readable", mode: 0o644)
        try write("s3cret", "group", mode: 0o640)
        try link("link", to: "good")
        try link("dir", to: "/etc")
        #expect(secretProblem("good") == "read s3cret")
        #expect(secretProblem("./good") == "read s3cret")
        #expect(secretProblem("group") == "read s3cret")
        #expect(secretProblem("none").contains("does not exist"))
        #expect(secretProblem("empty").contains("0 bytes"))
        #expect(secretProblem("newline").contains("nothing but a newline"))
        #expect(secretProblem("two").contains("more than one line"))
        #expect(secretProblem("written").contains("written by everybody (mode 0666)"))
        #expect(secretProblem("readable").contains("read by everybody (mode 0644)"))
        #expect(secretProblem("link").contains("symbolic link"))
        #expect(secretProblem("dir/passwd").contains("symbolic link"))
        #expect(secretProblem("../../etc/shadow").contains(".."))
        #expect(secretProblem("/etc/shadow").contains("outside of the manifest's directory"))
        #expect(secretProblem("/run/secrets/../../etc/shadow").contains(".."))
        let other = SecretFile(manifestDirectory: "/nowhere", secretsDirectory: directory.path)
        #expect(try other.read(directory.appending(path: "good").path) == "s3cret")
    }
}
