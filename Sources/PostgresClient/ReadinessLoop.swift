import Glibc
import Synchronization

/// What a socket is waited for.
struct Interest: OptionSet, Sendable {
    let rawValue: Int16
    static let readable = Interest(rawValue: Int16(POLLIN))
    static let writable = Interest(rawValue: Int16(POLLOUT))
}

/// How a wait ended.
enum Readiness: Sendable, Hashable {
    /// The socket can be read or written, or has hung up: try, and the call will say.
    case ready
    /// The deadline passed.
    case timedOut
    /// The waiting task was cancelled.
    case cancelled
    /// The socket's owner gave it up meanwhile.
    case retired
}

/// The right to wait on one connection's socket; once retired, every wait on it has ended and none begins.
final class SocketTicket: Sendable {
    // Written and read under the loop's lock only.
    fileprivate let isRetired = Atomic<Bool>(false)
}

/// Every socket of every connection, in one thread that sleeps in poll(2) until there is something to do.
final class ReadinessLoop: Sendable {
    static let shared = ReadinessLoop()

    private struct Wait {
        let descriptor: Int32
        let interest: Interest
        let deadline: ContinuousClock.Instant?
        let ticket: SocketTicket
        let continuation: CheckedContinuation<Readiness, Never>
    }
    private struct State {
        var waits: [UInt64: Wait] = [:]
        // Waits whose task was cancelled before they were entered.
        var cancelledEarly: Set<UInt64> = []
        var isRunning = false
    }
    private let state = Mutex(State())
    private let lastID = Atomic<UInt64>(0)
    private let alarm = WakePipe()

    /// Suspends until the socket is ready, the deadline has passed, the task is cancelled or the ticket retired.
    func wait(
        for interest: Interest, on descriptor: Int32, _ ticket: SocketTicket, until deadline: ContinuousClock.Instant?
    ) async -> Readiness {
        let id = lastID.add(1, ordering: .relaxed).newValue
        // A cancellation that came when the wait was over already leaves its mark behind.
        defer { state.withLock { _ = $0.cancelledEarly.remove(id) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(
                    id,
                    Wait(
                        descriptor: descriptor, interest: interest, deadline: deadline, ticket: ticket,
                        continuation: continuation))
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Ends every wait on this ticket.
    func retire(_ ticket: SocketTicket) {
        let ended = state.withLock { state in
            ticket.isRetired.store(true, ordering: .relaxed)
            let ids = state.waits.filter { $0.value.ticket === ticket }.map(\.key)
            return ids.compactMap { state.waits.removeValue(forKey: $0) }
        }
        for wait in ended { wait.continuation.resume(returning: .retired) }
        alarm.ring()
    }

    private func enter(_ id: UInt64, _ wait: Wait) {
        let (refusal, mustStart): (Readiness?, Bool) = state.withLock { state in
            if state.cancelledEarly.remove(id) != nil { return (.cancelled, false) }
            if wait.ticket.isRetired.load(ordering: .relaxed) { return (.retired, false) }
            state.waits[id] = wait
            defer { state.isRunning = true }
            return (nil, !state.isRunning)
        }
        if let refusal { return wait.continuation.resume(returning: refusal) }
        if mustStart { DetachedThread.start { self.run() } } else { alarm.ring() }
    }

    private func cancel(_ id: UInt64) {
        let wait = state.withLock { state in
            let wait = state.waits.removeValue(forKey: id)
            if wait == nil { state.cancelledEarly.insert(id) }
            return wait
        }
        wait?.continuation.resume(returning: .cancelled)
        if wait != nil { alarm.ring() }
    }

    private func run() {
        while true {
            let (ids, polled, deadline) = snapshot()
            var descriptors = polled
            _ = poll(&descriptors, nfds_t(descriptors.count), milliseconds(until: deadline))
            alarm.silence()
            let now = ContinuousClock.now
            let ended: [(Wait, Readiness)] = state.withLock { state in
                zip(ids, descriptors.dropFirst()).compactMap { id, descriptor in
                    guard let wait = state.waits[id] else { return nil }
                    let isLate = wait.deadline.map { $0 <= now } ?? false
                    guard descriptor.revents != 0 || isLate else { return nil }
                    state.waits[id] = nil
                    return (wait, descriptor.revents != 0 ? .ready : .timedOut)
                }
            }
            for (wait, readiness) in ended { wait.continuation.resume(returning: readiness) }
        }
    }

    private func snapshot() -> (ids: [UInt64], descriptors: [pollfd], deadline: ContinuousClock.Instant?) {
        state.withLock { state in
            var ids: [UInt64] = []
            var descriptors = [pollfd(fd: alarm.readEnd, events: Int16(POLLIN), revents: 0)]
            var deadline: ContinuousClock.Instant?
            for (id, wait) in state.waits {
                ids.append(id)
                descriptors.append(pollfd(fd: wait.descriptor, events: wait.interest.rawValue, revents: 0))
                if let end = wait.deadline { deadline = min(deadline ?? end, end) }
            }
            return (ids, descriptors, deadline)
        }
    }

    /// poll's time-out: -1 for ever; rounded up, so that the loop does not spin in a deadline's last millisecond.
    private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = max(deadline - ContinuousClock.now, .zero).components
        return Int32(clamping: left.seconds * 1000 + (left.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
