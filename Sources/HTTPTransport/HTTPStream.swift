/// A response whose body arrives in chunks.
///
/// One task may iterate it, once. At most `HTTPLimits.streamBufferBytes` wait in memory; beyond that the socket is not
/// read, so that TCP holds the server back. Dropping the stream or its iterator, or cancelling the reading task, ends
/// the transfer and closes the connection.
public struct HTTPStream: AsyncSequence, Sendable {
    /// One or more bytes, as they arrived; boundaries mean nothing.
    public typealias Element = [UInt8]
    /// What iterating may throw.
    public typealias Failure = HTTPError

    /// The status code.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    private let lifeline: Lifeline
    /// The request, for messages.
    var target: String { lifeline.exchange.target }

    init(head: ResponseHead, exchange: Exchange) {
        status = head.status
        headers = head.headers
        lifeline = Lifeline(exchange)
    }

    /// The iterator; make one only.
    public func makeAsyncIterator() -> Iterator { Iterator(lifeline: Lifeline(lifeline.exchange), stream: lifeline) }

    /// Reads the rest of the body into memory.
    /// - Throws: `HTTPError.tooLarge` after more than `limit` bytes.
    public func collect(upTo limit: Int) async throws(HTTPError) -> [UInt8] {
        var body: [UInt8] = []
        var iterator = makeAsyncIterator()
        while let chunk = try await iterator.next() {
            body += chunk
            if body.count > limit {
                throw HTTPError(
                    .tooLarge, target: lifeline.exchange.target, detail: "more than \(limit) bytes of body")
            }
        }
        return body
    }

    /// Hands out the body's chunks.
    public struct Iterator: AsyncIteratorProtocol {
        /// Ends the transfer when the iterator goes.
        fileprivate let lifeline: Lifeline
        /// Keeps the stream's own lifeline until the iterator goes.
        fileprivate let stream: Lifeline

        /// The next chunk, or `nil` at the end of the body.
        /// - Throws: `HTTPError`; `.cancelled` when the task is.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HTTPError) -> [UInt8]? {
            let exchange = lifeline.exchange
            return try await withTaskCancellationHandler {
                await exchange.chunk()
            } onCancel: {
                exchange.cancel()
            }.get()
        }

        /// The next chunk, or `nil` at the end of the body.
        /// - Throws: `HTTPError`; `.cancelled` when the task is.
        public mutating func next() async throws(HTTPError) -> [UInt8]? { try await next(isolation: nil) }
    }
}

/// Cancels the exchange when the last owner lets go.
final class Lifeline: Sendable {
    let exchange: Exchange
    init(_ exchange: Exchange) { self.exchange = exchange }
    deinit { exchange.cancel() }
}
