import FoundationEssentials
import Model
import Supervisor
import Synchronization

/// The messages that are to be sent, and what has been told, in a file: a message that was made is sent, whatever happens to the
/// controller.
final class Outbox: Sendable {
    /// What is in the file.
    struct Content: Codable, Sendable {
        var log = IncidentLog()
        /// The messages of each receiver, oldest first.
        var queues: [String: [IncidentMessage]] = [:]
        /// How many messages of a receiver were given up because it did not take them for too long.
        var dropped: [String: Int] = [:]
    }

    /// So many messages wait for a receiver that does not take them; the oldest go first.
    static let limit = 200

    private let path: String
    private let content: Mutex<Content>
    private let writing = Mutex(())
    private let signal: AsyncStream<Void>.Continuation
    /// Yields when there is something to send, or the manifest has other receivers.
    let changes: AsyncStream<Void>
    private let receivers = Mutex<[NotificationReceiver]>([])

    /// Events of an earlier run that were written down, and of which no message was made any more.
    private let backlog: Mutex<[Event]>

    /// What an earlier run left.
    /// - Parameter history: the events of earlier runs, oldest first.
    init(path: String, history: [Event] = []) {
        self.path = path
        let known = FileManager.default.contents(atPath: path).flatMap {
            try? JSONDecoder().decode(Content.self, from: $0)
        }
        content = Mutex(known ?? Content())
        // of a file that is not there nothing is known: what happened before is no news
        backlog = Mutex(known.map { known in history.filter { $0.time > known.log.newestEvent } } ?? [])
        (changes, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Notes a pass. What is due goes into the file before anything is sent.
    /// - Returns: when to look again at the latest.
    func note(_ report: PassReport, events: [Event]) -> Duration? {
        let wanted = report.input.cluster.notifications
        let areNew = receivers.withLock { known in
            defer { known = wanted }
            return known != wanted
        }
        let late = backlog.withLock { late in
            defer { late = [] }
            return late
        }
        let (isChanged, next) = content.withLock { content in
            let before = content.log
            let messages = content.log.note(report, events: late + events)
            for receiver in wanted {
                content.add(messages.filter { receiver.wants($0.kind, $0.severity) }, for: receiver.name)
            }
            if areNew { content.queues = content.queues.filter { name, _ in wanted.contains { $0.name == name } } }
            let isChanged = !messages.isEmpty || areNew || before.isOtherwise(than: content.log)
            return (isChanged, content.log.nextChange(after: report.input.now))
        }
        if isChanged {
            save()
            signal.yield()
        }
        return wanted.isEmpty ? nil : next
    }

    /// Adds a message for one receiver, whatever it wants to be told of.
    func add(_ message: IncidentMessage, for receiver: String) {
        content.withLock { $0.add([message], for: receiver) }
        save()
        signal.yield()
    }

    /// The receivers that the manifest in force names.
    var wanted: [NotificationReceiver] { receivers.withLock { $0 } }

    /// The oldest message that a receiver has not taken.
    func next(for receiver: String) -> IncidentMessage? { content.withLock { $0.queues[receiver]?.first } }

    /// Notes that a receiver has taken a message.
    func taken(_ message: IncidentMessage, by receiver: String) {
        content.withLock { content in
            if content.queues[receiver]?.first == message { content.queues[receiver]?.removeFirst() }
            if content.queues[receiver]?.isEmpty == true { content.queues[receiver] = nil }
        }
        save()
    }

    /// How many messages wait for a receiver, and how many were given up.
    func state(of receiver: String) -> (waiting: Int, dropped: Int) {
        content.withLock { ($0.queues[receiver]?.count ?? 0, $0.dropped[receiver] ?? 0) }
    }

    /// What people were told of and is not over, for a receiver that has to be told again and again.
    var open: [IncidentMessage] { content.withLock { $0.log.incidents.compactMap(\.told) } }

    private func save() {
        // one at a time, and each with the newest content; the loop never waits for the disk of another
        writing.withLock { _ in
            guard let data = try? content.withLock({ try JSONEncoder().encode($0) }) else { return }
            _ = StateDirectory.replace(path, with: String(decoding: data, as: UTF8.self))
        }
    }
}

extension Outbox.Content {
    fileprivate mutating func add(_ messages: [IncidentMessage], for receiver: String) {
        guard !messages.isEmpty else { return }
        queues[receiver, default: []] += messages
        let surplus = (queues[receiver]?.count ?? 0) - Outbox.limit
        guard surplus > 0 else { return }
        queues[receiver]?.removeFirst(surplus)
        dropped[receiver, default: 0] += surplus
    }
}

extension IncidentLog {
    /// Whether another one would be another file: when a lasting incident was last seen is none of it.
    fileprivate func isOtherwise(than other: IncidentLog) -> Bool {
        incidents.map(\.key) != other.incidents.map(\.key) || newestEvent != other.newestEvent
    }
}
