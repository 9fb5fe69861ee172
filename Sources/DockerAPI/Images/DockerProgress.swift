import FoundationEssentials
import HTTPTransport

/// One message of a build, pull, load or import.
public struct DockerProgress: Sendable, Hashable {
    /// Output of a build, or the sentence of any other step.
    public let text: String
    /// The layer it is about, if any.
    public let id: String?
    /// Bytes done of the layer, and bytes it has, where the engine knows them.
    public let current: Int64?
    /// See `current`.
    public let total: Int64?
    /// The ID of the image that a build made.
    public let imageID: String?
    /// Why it failed; always the last message.
    let failure: String?
}

extension DockerProgress: Decodable {
    private enum CodingKeys: String, CodingKey { case stream, status, id, progressDetail, aux, error, errorDetail }
    private struct Detail: Decodable {
        let current: Int64?
        let total: Int64?
    }
    private struct Auxiliary: Decodable { let ID: String? }
    private struct Failure: Decodable { let message: String? }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let stream = try values.decodeIfPresent(String.self, forKey: .stream)
        text = try stream ?? values.value(.status, or: "")
        id = try values.decodeIfPresent(String.self, forKey: .id)
        let detail = try? values.decodeIfPresent(Detail.self, forKey: .progressDetail)
        current = detail?.current
        total = detail?.total
        imageID = (try? values.decodeIfPresent(Auxiliary.self, forKey: .aux))?.ID
        let plain = try values.decodeIfPresent(String.self, forKey: .error)
        failure = try values.decodeIfPresent(Failure.self, forKey: .errorDetail)?.message ?? plain
    }
}

/// The messages of a build, pull, load or import, as they come.
///
/// One task may iterate it, once. The engine answers 200 before it begins: a failure is the last message and thrown as
/// `.imageFailed`. Dropping it or cancelling the reading task ends the transfer, and the engine then stops the work.
public struct DockerProgressStream: AsyncSequence, Sendable {
    /// A message.
    public typealias Element = DockerProgress
    /// What iterating may throw.
    public typealias Failure = DockerError

    let lines: HTTPLines
    let call: DockerCall

    /// The iterator; make one only.
    public func makeAsyncIterator() -> Iterator { Iterator(lines: lines.makeAsyncIterator(), call: call) }

    /// Reads to the end.
    /// - Returns: the ID of the image that a build made; `nil` for everything else.
    /// - Throws: `.imageFailed` with the engine's words.
    @discardableResult
    public func finish() async throws(DockerError) -> String? {
        var imageID: String?
        var iterator = makeAsyncIterator()
        while let message = try await iterator.next() { imageID = message.imageID ?? imageID }
        return imageID
    }

    /// Hands out the messages.
    public struct Iterator: AsyncIteratorProtocol {
        var lines: HTTPLines.Iterator
        let call: DockerCall

        /// The next message, or `nil` at the end.
        /// - Throws: `DockerError`.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(DockerError) -> DockerProgress? {
            let line: [UInt8]?
            do throws(HTTPError) {
                line = try await lines.next(isolation: actor)
            } catch {
                throw DockerError(transport: error, attempted: call.attempted, object: call.object)
            }
            guard let line else { return nil }
            let message: DockerProgress = try DockerEngine.decode(line, for: call)
            if let failure = message.failure { throw call.error(.imageFailed, failure) }
            return message
        }

        /// The next message, or `nil` at the end.
        /// - Throws: `DockerError`.
        public mutating func next() async throws(DockerError) -> DockerProgress? { try await next(isolation: nil) }
    }
}
