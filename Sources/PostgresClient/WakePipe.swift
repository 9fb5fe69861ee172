import Glibc

/// A pipe whose read end becomes readable when somebody rings.
struct WakePipe: Sendable {
    /// Polled by the loop that is to be woken; -1, which poll ignores, when the process has no descriptor left.
    let readEnd: Int32
    private let writeEnd: Int32

    /// Opens the pipe, non-blocking on both ends.
    init() {
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) != 0 { ends = [-1, -1] }
        for end in ends where end >= 0 {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    /// Makes the read end readable. A full pipe is readable already.
    func ring() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Takes back all rings so far.
    func silence() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readEnd, &bytes, bytes.count) > 0 {}
    }

    /// Gives both ends back.
    func close() {
        for end in [readEnd, writeEnd] where end >= 0 { _ = Glibc.close(end) }
    }
}
