import FoundationEssentials
import Glibc
import Model

/// The record of what the nodes' own files are to hold: a file in the state directory.
struct LocalConfigurationFile {
    private let path: String

    /// The one beside these secrets.
    init(beside secrets: SecretStore) { path = "\(secrets.directory)/../local-configuration.json" }

    /// What is on record; absent where nothing is, or nothing that has a meaning: the manifest's values are then tried anew.
    func read() -> Sighting<LocalConfiguration> {
        guard access(path, F_OK) == 0 || errno != ENOENT else { return .absent }
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            return .unknown(UnknownReason(.unreachable, "\(path) cannot be read"))
        }
        return (try? JSONDecoder().decode(LocalConfiguration.self, from: data)).map { .present($0) } ?? .absent
    }

    /// Replaces the record as a whole; a reader sees the old or the new one.
    func write(_ value: LocalConfiguration) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let data = try encoder.encode(value)
        let temporary = "\(path).\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw refusal(errno) }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        let count = data.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == data.count, fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw refusal(errno) }
    }

    private func refusal(_ code: CInt) -> RefusalError {
        RefusalError(.unavailable, "\(path): \(String(cString: strerror(code)))")
    }
}
