import CPostgres
import Synchronization

/// Asks a server to stop the statement of one session (`PQcancel`: a connection of its own, blocking).
struct CancelRequest {
    private let request: OpaquePointer
    /// Requests under way. To a host that swallows packets each takes as long as TCP tries, so they are bounded;
    /// a request that is not sent costs only that the statement runs to its end.
    private static let running = Atomic<Int>(0)
    private static let limit = 8

    /// Takes over the `PGcancel`.
    init(_ request: OpaquePointer) { self.request = request }

    /// Sends it from a short-lived thread and frees it. The caller does not wait for the answer.
    func send() {
        guard Self.running.add(1, ordering: .relaxed).newValue <= Self.limit else {
            Self.running.subtract(1, ordering: .relaxed)
            return PQfreeCancel(request)
        }
        // A PGcancel is made for use in another thread; as an integer it crosses.
        let address = UInt(bitPattern: request)
        let isStarted = DetachedThread.start {
            let request = OpaquePointer(bitPattern: address)
            var words = [CChar](repeating: 0, count: 256)
            _ = PQcancel(request, &words, Int32(words.count))
            PQfreeCancel(request)
            Self.running.subtract(1, ordering: .relaxed)
        }
        if !isStarted {
            Self.running.subtract(1, ordering: .relaxed)
            PQfreeCancel(request)
        }
    }
}
