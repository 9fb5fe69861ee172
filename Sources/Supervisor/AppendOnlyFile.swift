import Glibc

/// An append-only file descriptor that closes itself.
final class AppendOnlyFile {
    private let descriptor: Int32

    /// Why the disk refused.
    struct Failure: Error, CustomStringConvertible {
        let path: String
        let code: Int32
        var description: String { "\(path): \(String(cString: strerror(code)))" }
    }

    private let path: String

    /// Opens for appending, creating the file readable by its owner only.
    init(appendingTo path: String) throws(Failure) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor < 0 { throw Failure(path: path, code: errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The file's size in bytes.
    var size: Int { Int(lseek(descriptor, 0, SEEK_END)) }

    /// Writes everything or throws.
    func write(_ bytes: [UInt8]) throws(Failure) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(path: path, code: errno)
            }
            offset += count
        }
    }

    /// Renames a file that may not exist.
    static func move(from: String, to: String) { _ = rename(from, to) }
}
