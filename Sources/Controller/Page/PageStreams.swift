import FoundationEssentials
import Model
import Supervisor
import Synchronization

/// The browsers that look at the page now, each with a stream of server-sent events
/// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
final class PageStreams: Sendable {
    /// So many at the same time.
    static let limit = 16

    private struct State {
        var number = 0
        var streams: [Int: AsyncStream<[UInt8]>.Continuation] = [:]
        /// The last status that was sent, without its time.
        var sent: StatusReport?
    }
    private let state = Mutex(State())

    /// No browsers.
    init() {}

    /// Whether a browser looks.
    var isWatched: Bool { state.withLock { !$0.streams.isEmpty } }

    /// A stream that begins with this status; nil where there are as many as there may be.
    func open(_ status: StatusReport?) -> AsyncStream<[UInt8]>? {
        // a browser that does not read gets the newest, and misses some between
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingNewest(64))
        let number: Int? = state.withLock { state in
            guard state.streams.count < PageStreams.limit else { return nil }
            state.number += 1
            state.streams[state.number] = continuation
            return state.number
        }
        guard let number else { return nil }
        continuation.onTermination = { [self] _ in state.withLock { $0.streams[number] = nil } }
        continuation.yield(Array("retry: 1000\n\n".utf8))
        if let status, let bytes = PageStreams.message("state", status) { continuation.yield(bytes) }
        return stream
    }

    /// Sends a status, unless it is the one that was sent last.
    func send(_ status: StatusReport) {
        var plain = status
        // what goes on with the clock alone is no news
        plain.time = ""
        plain.backups.newestAgeSeconds = nil
        plain.backups.newestArchivedAgeSeconds = nil
        plain.backups.provenAgeSeconds = nil
        let isNew = state.withLock { state in
            defer { state.sent = plain }
            return state.sent != plain && !state.streams.isEmpty
        }
        if isNew { send("state", status) }
    }

    /// Sends a value to every browser.
    func send(_ name: String, _ value: some Encodable) {
        guard isWatched, let bytes = PageStreams.message(name, value) else { return }
        for continuation in state.withLock({ Array($0.streams.values) }) { continuation.yield(bytes) }
    }

    /// One event: JSON has no line feed of its own, so the data is one line.
    private static func message(_ name: String, _ value: some Encodable) -> [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return nil }
        return Array("event: \(name)\ndata: ".utf8) + data + Array("\n\n".utf8)
    }
}
