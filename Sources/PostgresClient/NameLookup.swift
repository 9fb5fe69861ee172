import Glibc
import Synchronization

/// Names to addresses without blocking a task: getaddrinfo runs in a short-lived thread.
enum NameLookup {
    private final class Answer: Sendable {
        let addresses = Mutex<[String]?>(nil)
    }
    /// Look-ups under way; a resolver that hangs must not collect threads without end.
    private static let running = Atomic<Int>(0)
    private static let limit = 16

    /// The host's addresses in the resolver's order; nothing for the directory of a unix socket.
    static func addresses(
        of host: String, until deadline: ContinuousClock.Instant, target: String
    ) async throws(PostgresError) -> [String] {
        if host.hasPrefix("/") { return [] }
        if isAddress(host) { return [host] }
        let answer = Answer()
        let bell = Bell()
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            running.subtract(1, ordering: .relaxed)
            throw PostgresError(.nameNotResolved, host: target, message: "too many name look-ups hang")
        }
        let isStarted = DetachedThread.start {
            let found = lookUp(host)
            answer.addresses.withLock { $0 = found }
            bell.pipe.ring()
            running.subtract(1, ordering: .relaxed)
        }
        guard isStarted else {
            running.subtract(1, ordering: .relaxed)
            throw PostgresError(.couldNotConnect, host: target, message: "no thread for a name look-up")
        }
        let readiness = await ReadinessLoop.shared.wait(
            for: .readable, on: bell.pipe.readEnd, SocketTicket(), until: deadline)
        switch readiness {
        case .ready: break
        case .timedOut: throw PostgresError(.timedOut, host: target, message: "looking up \(host) took too long")
        case .cancelled, .retired: throw PostgresError(.cancelled, host: target, message: "cancelled")
        }
        let addresses = answer.addresses.withLock { $0 } ?? []
        guard !addresses.isEmpty else {
            throw PostgresError(.nameNotResolved, host: target, message: "no address for the name \(host)")
        }
        return addresses
    }

    /// Held by the thread and the waiting task; the last one closes the pipe.
    private final class Bell: Sendable {
        let pipe = WakePipe()
        deinit { pipe.close() }
    }

    private static func isAddress(_ host: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    private static func lookUp(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0, let first = list else { return [] }
        defer { freeaddrinfo(first) }
        var addresses: [String] = []
        for entry in sequence(first: first, next: { $0.pointee.ai_next }) {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let result = getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if result == 0 {
                addresses.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
            }
        }
        return addresses
    }
}
