extension HTTPStream {
    /// The body as lines: JSON messages of Docker's events and builds, and of etcd's watch.
    /// - Parameter maxLineBytes: a longer line ends the transfer with `.tooLarge`.
    public func lines(maxLineBytes: Int = 1 << 20) -> HTTPLines { HTTPLines(stream: self, maxLineBytes: maxLineBytes) }
}

/// The lines of a streaming response, without their ends; empty lines are left out.
public struct HTTPLines: AsyncSequence, Sendable {
    /// One line's bytes.
    public typealias Element = [UInt8]
    /// What iterating may throw.
    public typealias Failure = HTTPError

    let stream: HTTPStream
    let maxLineBytes: Int

    /// The iterator; make one only.
    public func makeAsyncIterator() -> Iterator {
        Iterator(
            chunks: stream.makeAsyncIterator(), target: stream.target,
            splitter: LineSplitter(maxLineBytes: maxLineBytes))
    }

    /// Hands out the lines.
    public struct Iterator: AsyncIteratorProtocol {
        var chunks: HTTPStream.Iterator
        let target: String
        var splitter: LineSplitter
        var ready: [[UInt8]] = []
        var taken = 0
        var isFinished = false

        /// The next line, or `nil` at the end of the body.
        /// - Throws: `HTTPError`.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(HTTPError) -> [UInt8]? {
            while true {
                if taken < ready.count {
                    taken += 1
                    return ready[taken - 1]
                }
                if isFinished { return nil }
                let chunk = try await chunks.next(isolation: actor)
                do throws(LineSplitter.TooLong) {
                    if let chunk {
                        ready = try splitter.append(chunk)
                    } else {
                        isFinished = true
                        ready = try splitter.finish().map { [$0] } ?? []
                    }
                    taken = 0
                } catch {
                    isFinished = true
                    throw HTTPError(
                        .tooLarge, target: target, detail: "a line of more than \(error.maxLineBytes) bytes")
                }
            }
        }

        /// The next line, or `nil` at the end of the body.
        /// - Throws: `HTTPError`.
        public mutating func next() async throws(HTTPError) -> [UInt8]? { try await next(isolation: nil) }
    }
}
