import HTTPTransport

/// The output of a container or of a command in it, as it comes.
///
/// One task may iterate it, once; dropping it or cancelling that task ends the transfer, and not the process.
public struct DockerOutputStream: AsyncSequence, Sendable {
    /// A piece of output.
    public typealias Element = DockerOutput
    /// What iterating may throw.
    public typealias Failure = DockerError

    let stream: HTTPStream
    /// With a terminal there is one output and no frames.
    let isRaw: Bool
    let call: DockerCall
    let maxFrameBytes: Int

    /// The iterator; make one only.
    public func makeAsyncIterator() -> Iterator {
        Iterator(
            chunks: stream.makeAsyncIterator(), isRaw: isRaw, call: call,
            frames: StdcopyDemultiplexer(maxFrameBytes: maxFrameBytes))
    }

    /// Hands out the pieces.
    public struct Iterator: AsyncIteratorProtocol {
        var chunks: HTTPStream.Iterator
        let isRaw: Bool
        let call: DockerCall
        var frames: StdcopyDemultiplexer
        var ready: [DockerOutput] = []
        var taken = 0
        var isFinished = false

        /// The next piece, or `nil` at the end.
        /// - Throws: `DockerError`.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(DockerError) -> DockerOutput? {
            while true {
                if taken < ready.count {
                    taken += 1
                    return ready[taken - 1]
                }
                if isFinished { return nil }
                let chunk: [UInt8]?
                do throws(HTTPError) {
                    chunk = try await chunks.next(isolation: actor)
                } catch {
                    isFinished = true
                    throw DockerError(transport: error, attempted: call.attempted, object: call.object)
                }
                try take(chunk)
            }
        }

        /// The next piece, or `nil` at the end.
        /// - Throws: `DockerError`.
        public mutating func next() async throws(DockerError) -> DockerOutput? { try await next(isolation: nil) }

        private mutating func take(_ chunk: [UInt8]?) throws(DockerError) {
            taken = 0
            ready = []
            do throws(StdcopyDemultiplexer.Failure) {
                guard let chunk else {
                    isFinished = true
                    return try frames.finish()
                }
                ready = isRaw ? [DockerOutput(.standardOutput, chunk)] : try frames.append(chunk)
            } catch {
                isFinished = true
                switch error {
                case .engine(let message): throw call.error(.serverError, message)
                case .badHeader(let bytes):
                    throw call.error(.malformed, "no output frame: \(bytes); has the container a terminal?")
                case .frameTooLarge(let size): throw call.error(.malformed, "an output frame of \(size) bytes")
                case .cut: throw call.error(.malformed, "the output ended within a frame")
                }
            }
        }
    }
}
