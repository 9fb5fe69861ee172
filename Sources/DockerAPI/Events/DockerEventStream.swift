import HTTPTransport

/// Events over one connection; it ends or throws when the connection does.
///
/// One task may iterate it, once; dropping it or cancelling that task closes the connection.
public struct DockerEventStream: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = DockerEvent
    /// What iterating may throw.
    public typealias Failure = DockerError

    let lines: HTTPLines
    let call: DockerCall

    /// The iterator; make one only.
    public func makeAsyncIterator() -> Iterator { Iterator(lines: lines.makeAsyncIterator(), call: call) }

    /// Hands out the events.
    public struct Iterator: AsyncIteratorProtocol {
        var lines: HTTPLines.Iterator
        let call: DockerCall

        /// The next event, or `nil` when the engine ended the stream.
        /// - Throws: `DockerError`.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(DockerError) -> DockerEvent? {
            let line: [UInt8]?
            do throws(HTTPError) {
                line = try await lines.next(isolation: actor)
            } catch {
                throw DockerError(transport: error, attempted: call.attempted, object: call.object)
            }
            guard let line else { return nil }
            return try DockerEngine.decode(line, for: call)
        }

        /// The next event, or `nil` when the engine ended the stream.
        /// - Throws: `DockerError`.
        public mutating func next() async throws(DockerError) -> DockerEvent? { try await next(isolation: nil) }
    }
}

extension DockerEngine {
    /// Subscribes to events: `GET /events`. Returns once the engine has subscribed, so that a list made after it misses
    /// nothing.
    /// - Parameters:
    ///   - filters: keys `type`, `event`, `container`, `label` and others.
    ///   - since: also earlier ones, of which the engine keeps the last 256 until it is restarted.
    ///   - until: ends the stream at that time.
    ///   - deadline: until the engine has subscribed.
    public func events(
        _ filters: DockerFilters = [:], since: DockerTime? = nil, until: DockerTime? = nil,
        deadline: Duration = .seconds(5)
    ) async throws(DockerError) -> DockerEventStream {
        let query: [(name: String, value: String?)] = [
            ("filters", filters.parameter), ("since", since?.unixText), ("until", until?.unixText),
        ]
        let call = DockerCall(
            .get, ["events"], query: query, to: "follow events of", object: "\(endpoint)", deadline: deadline)
        return DockerEventStream(lines: try await open(call).lines(), call: call)
    }

    /// Events that survive broken connections and restarted engines; see `DockerEventFeed`.
    public func eventFeed(_ filters: DockerFilters = [:], backoff: DockerEventFeed.Backoff = .init()) -> DockerEventFeed
    {
        DockerEventFeed(engine: self, filters: filters, backoff: backoff)
    }
}
