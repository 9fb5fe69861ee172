/// Files that hold one secret each. Their paths are confined, and their contents never become part of a `Cluster`.
public struct SecretFile: Sendable {
    /// The directory of the manifest, which relative paths start from.
    public var manifestDirectory: String
    /// Directories that absolute paths may lie in.
    public var secretsDirectories: [String]

    /// Secrets beside a manifest, in Docker's `/run/secrets`, and in a directory of the controller's own.
    public init(manifestDirectory: String, secretsDirectory: String? = nil) {
        self.manifestDirectory = manifestDirectory
        secretsDirectories = [Self.dockerSecrets] + (secretsDirectory.map { [$0] } ?? [])
    }

    private static let dockerSecrets = "/run/secrets"
    private static let sizeLimit = 4096

    /// The secret: the file's text without one newline at its end.
    public func read(_ path: String) throws(FileProblem) -> String {
        guard !path.isEmpty else { throw FileProblem("the path of the password file is empty") }
        guard path.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw FileProblem("the path of the password file has control characters")
        }
        let file: PlainFile
        do {
            file = try open(path)
        } catch {
            throw FileProblem("the password file \(error.text)")
        }
        guard file.mode & 0o002 == 0 else {
            throw FileProblem("the password file may be written by everybody (mode \(octal(file.mode))); chmod 600 it")
        }
        guard file.mode & 0o004 == 0 || isDockerSecret(path) else {
            throw FileProblem("the password file may be read by everybody (mode \(octal(file.mode))); chmod 600 it")
        }
        guard !file.bytes.isEmpty else { throw FileProblem("the password file is empty, 0 bytes") }
        return try secret(file.bytes)
    }

    private func open(_ path: String) throws(FileProblem) -> PlainFile {
        guard path.hasPrefix("/") else {
            return try PlainFile(at: path, below: manifestDirectory, limit: Self.sizeLimit)
        }
        for directory in secretsDirectories where path.hasPrefix(directory + "/") {
            return try PlainFile(
                at: String(path.dropFirst(directory.count + 1)), below: directory, limit: Self.sizeLimit)
        }
        throw FileProblem(
            "lies outside of the manifest's directory and of \(secretsDirectories.joined(separator: ", "))")
    }

    private func secret(_ bytes: [UInt8]) throws(FileProblem) -> String {
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw FileProblem("the password file is not valid UTF-8")
        }
        if text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
        guard !text.isEmpty else { throw FileProblem("the password file holds nothing but a newline") }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw FileProblem("the password file holds more than one line or control characters")
        }
        return text
    }

    private func isDockerSecret(_ path: String) -> Bool { path.hasPrefix(Self.dockerSecrets + "/") }
    private func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }
}
