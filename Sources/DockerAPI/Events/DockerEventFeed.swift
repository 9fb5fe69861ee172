import HTTPTransport

/// Events without end: subscribes, and after a break subscribes again with backoff.
///
/// Nothing is replayed, because an engine's memory of events is short and empty after its restart. Instead each
/// `.subscribed` says that whatever happened before may have been missed: list now. The feed ends only when the reading
/// task is cancelled.
public struct DockerEventFeed: AsyncSequence, Sendable {
    /// What the feed tells.
    public enum Element: Sendable, Hashable {
        /// Events flow from now on; list what there is.
        case subscribed
        /// Something happened.
        case event(DockerEvent)
        /// Events no longer flow, or could not be subscribed to. Told once for each attempt.
        case lost(DockerError)
    }
    /// The feed tells of failures instead of throwing them.
    public typealias Failure = Never

    /// How long it waits between attempts.
    public struct Backoff: Sendable, Hashable {
        /// Before the first attempt after a break.
        public var first: Duration
        /// The longest wait; each is twice the one before, up to this, less up to a quarter by chance.
        public var longest: Duration

        /// Makes a backoff.
        public init(first: Duration = .milliseconds(100), longest: Duration = .seconds(5)) {
            self.first = first
            self.longest = longest
        }

        /// The wait before attempt `number` (1 is the first after a break), before chance.
        package func wait(before number: Int) -> Duration {
            number <= 0 ? .zero : Swift.min(first * (1 << Swift.min(number - 1, 20)), longest)
        }
    }

    let engine: DockerEngine
    let filters: DockerFilters
    let backoff: Backoff

    /// The iterator; make one only.
    public func makeAsyncIterator() -> Iterator { Iterator(feed: self) }

    /// Hands out what the feed tells.
    public struct Iterator: AsyncIteratorProtocol {
        let feed: DockerEventFeed
        private var open: DockerEventStream.Iterator?
        private var failures = 0

        init(feed: DockerEventFeed) { self.feed = feed }

        /// What is new, or `nil` once the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> Element? {
            if Task.isCancelled { return nil }
            do throws(DockerError) {
                guard let event = try await open?.next(isolation: actor) else {
                    if open == nil { return try await subscribe(isolation: actor) }
                    throw DockerError(
                        transport: HTTPError(
                            .connectionLost, target: "\(feed.engine.endpoint)", detail: "the engine ended the events"),
                        attempted: "follow events of", object: "\(feed.engine.endpoint)")
                }
                return .event(event)
            } catch {
                if Task.isCancelled { return nil }
                open = nil
                failures += 1
                feed.engine.agreement.forget()
                return .lost(error)
            }
        }

        /// What is new, or `nil` once the task is cancelled.
        public mutating func next() async -> Element? { await next(isolation: nil) }

        private mutating func subscribe(isolation actor: isolated (any Actor)?) async throws(DockerError) -> Element {
            let wait = feed.backoff.wait(before: failures)
            if wait > .zero {
                do {
                    try await Task.sleep(for: wait * Double.random(in: 0.75...1))
                } catch {
                    throw DockerError(
                        .cancelled, attempted: "follow events of", object: "\(feed.engine.endpoint)",
                        message: "the task was cancelled")
                }
            }
            open = try await feed.engine.events(feed.filters).makeAsyncIterator()
            failures = 0
            return .subscribed
        }
    }
}
