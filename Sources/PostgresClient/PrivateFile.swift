import CPostgres
import Glibc

/// A text as a file in memory that only this process has: libpq takes keys and certificates by path alone, and a secret does
/// not go to a disk for that (memfd_create(2)).
final class PrivateFile: Sendable {
    private let descriptor: Int32

    /// Nil where the kernel gives no such file.
    init?(_ text: String) {
        descriptor = private_file()
        guard descriptor >= 0 else { return nil }
        let bytes = Array(text.utf8)
        // libpq refuses a key that others could read
        guard fchmod(descriptor, 0o600) == 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }

    /// Where libpq opens it anew, as long as this object lives.
    var path: String { "/proc/self/fd/\(descriptor)" }
}
