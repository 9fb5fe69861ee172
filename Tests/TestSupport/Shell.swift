import Foundation

/// A command that failed, with all it said.
public struct ShellError: Error, CustomStringConvertible {
    /// The command line, its exit code and its output.
    public let description: String

    /// An error in words.
    public init(description: String) { self.description = description }
}

/// Runs programs.
public enum Shell {
    /// Runs a program found on PATH and returns its output, both streams together; throws on a non-zero exit. One that
    /// hangs is killed after five minutes.
    @discardableResult
    public static func run(_ words: [String]) async throws -> String {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("ct-\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: output.path, contents: nil) else {
            throw ShellError(description: "cannot write \(output.path)")
        }
        defer { try? FileManager.default.removeItem(at: output) }
        let handle = try FileHandle(forWritingTo: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "-k", "5", "300"] + words
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        let code: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try handle.close()
        let said = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        guard code == 0 else {
            throw ShellError(description: "\(words.joined(separator: " ")): exit \(code)\n\(said)")
        }
        return said.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
