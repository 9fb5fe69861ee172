/// What a watch tells.
public enum EtcdWatchEvent: Sendable, Hashable {
    /// The watch stands: everything after this revision will be told. Comes again after each interruption.
    case established(revision: Int64)
    /// Changes of whole revisions, in order; the number is the last one's.
    case changes([EtcdChange], revision: Int64)
    /// Everything up to this revision has been told.
    case progress(revision: Int64)
    /// The connection broke; the watch goes on by itself where it was, and misses nothing.
    case interrupted(EtcdError)
    /// Changes are lost: read everything again and watch from the read's revision + 1. The watch ends here.
    case resync(EtcdResyncReason)
}

/// Why a watch cannot go on where it was.
public enum EtcdResyncReason: Sendable, Hashable {
    /// The changes in between were compacted away; with the oldest revision there still is.
    case compacted(revision: Int64)
    /// Another cluster answers than the one that the watch began with.
    case otherCluster
    /// The store is older than what the watch has told already: it was made anew.
    case storeWentBack(revision: Int64)
}

/// A change of a key.
public struct EtcdChange: Sendable, Hashable {
    /// The kinds.
    public enum Kind: Sendable, Hashable {
        /// Made or changed.
        case put
        /// Deleted, or its lease ended.
        case delete
    }
    /// What happened.
    public let kind: Kind
    /// The key as it is now; after a deletion only key and `modRevision`.
    public let keyValue: EtcdKeyValue
    /// The key as it was before, when asked for and not compacted.
    public let previous: EtcdKeyValue?

    init(_ fields: Fields) throws(EtcdError) {
        // An absent type is PUT, the enumeration's zero.
        kind = try fields.string("type") == "DELETE" ? .delete : .put
        guard let entry = try fields.object("kv") else {
            throw EtcdError(.malformed, target: fields.target, message: "an event without a key")
        }
        keyValue = try EtcdKeyValue(entry)
        if let entry = try fields.object("prev_kv") { previous = try EtcdKeyValue(entry) } else { previous = nil }
    }
}

extension EtcdClient {
    /// Watches keys (`/v3/watch`) from a revision on; 0 means from now on.
    ///
    /// The usual order: read the keys, then watch from the read's revision + 1. A broken connection is resumed
    /// at another endpoint after the last revision that was told.
    public func watch(
        _ keys: EtcdKeys, from revision: Int64 = 0, returnsPrevious: Bool = false
    ) -> EtcdWatch {
        EtcdWatch(client: self, keys: keys, startRevision: revision, returnsPrevious: returnsPrevious)
    }
}

/// The changes of some keys, without end unless it says `resync`.
///
/// Iterating throws what no repetition cures: `unauthenticated`, `permissionDenied`, `malformed`, `cancelled`.
public struct EtcdWatch: AsyncSequence, Sendable {
    /// What it tells.
    public typealias Element = EtcdWatchEvent
    /// What iterating may throw.
    public typealias Failure = EtcdError

    let client: EtcdClient
    let keys: EtcdKeys
    let startRevision: Int64
    let returnsPrevious: Bool

    /// The iterator; each one is a watch of its own.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Hands out the events.
    public struct Iterator: AsyncIteratorProtocol {
        private let watch: EtcdWatch
        private var position: WatchPosition
        private var connection: WatchConnection?
        private var pause: Duration = .zero
        private var isOver = false
        private var hasRenewedToken = false

        init(_ watch: EtcdWatch) {
            self.watch = watch
            position = WatchPosition(nextRevision: watch.startRevision)
        }

        /// The next event, or nil after `resync`. Throws what no repetition cures.
        public mutating func next() async throws(EtcdError) -> EtcdWatchEvent? { try await next(isolation: nil) }

        /// The next event, or nil after `resync`. Throws what no repetition cures.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(EtcdError) -> EtcdWatchEvent? {
            if isOver { return nil }
            while true {
                do throws(EtcdError) {
                    let event = try await step(isolation: actor)
                    if case .resync? = event { isOver = true }
                    if let event { return event }
                } catch {
                    let wasConnected = connection != nil
                    connection = nil
                    if error.code == .unauthenticated, !hasRenewedToken, watch.client.configuration.credentials != nil {
                        watch.client.book.setToken(nil)
                        hasRenewedToken = true
                        continue
                    }
                    guard EtcdClient.blamesEndpoint(error), error.code != .malformed else {
                        isOver = true
                        throw error
                    }
                    // Said once per interruption, not once per attempt.
                    if wasConnected { return .interrupted(error) }
                    try await rest(isolation: actor, error)
                }
            }
        }

        private mutating func step(isolation actor: isolated (any Actor)?) async throws(EtcdError) -> EtcdWatchEvent? {
            guard var open = connection else {
                connection = try await watch.client.openWatch(watch, from: position.nextRevision)
                return nil
            }
            let message = try await open.next(isolation: actor)
            connection = open
            let outcome = try position.take(message)
            if case .established? = outcome { (pause, hasRenewedToken) = (.zero, false) }
            guard position.mustAskForRevision else { return outcome }
            // A member behind the others looks like a store made anew; a linearizable read tells them apart.
            let keys = watch.keys.bounds.key
            let read = try await watch.client.range(EtcdRange(.one(keys), countOnly: true))
            return position.storeIs(at: read.header.revision) ?? outcome
        }

        private mutating func rest(
            isolation actor: isolated (any Actor)?, _ error: EtcdError
        ) async throws(EtcdError) {
            do { try await Task.sleep(for: pause) } catch {
                isOver = true
                throw EtcdError(.cancelled, target: "/v3/watch", message: "the task was cancelled")
            }
            pause = Swift.min(Swift.max(pause * 2, .milliseconds(50)), .seconds(1))
        }
    }
}
