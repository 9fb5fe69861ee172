public import HTTPTransport

/// Why the engine did not do what was asked.
public struct DockerError: Error, Sendable, Hashable {
    /// The closed list of reasons; FACTS about status codes live in `DockerError+Classification.swift`.
    public enum Code: Sendable, Hashable {
        /// No object of that name or ID (404).
        case notFound
        /// The image a container was to be made of is not there (404).
        case noSuchImage
        /// The name belongs to another object: its ID, where the engine says it. The only atomic lock Docker has.
        case nameInUse(by: String?)
        /// The object's state or a concurrent request forbids it (409): look again.
        case conflict
        /// The same removal is under way (409).
        case alreadyInProgress
        /// The object is in that state already (304, or 409 and 500 with words for it).
        case notModified
        /// The container does not run (409).
        case notRunning
        /// The container is paused, or not paused where it should be (409, 500).
        case wrongPauseState
        /// A volume or image that a container uses (409).
        case inUse
        /// A network that still has endpoints (403).
        case hasEndpoints
        /// The container is in the network already, or is not (403, 500).
        case wrongAttachment
        /// The address range belongs to another network (403).
        case addressRangeTaken
        /// The IP address belongs to another endpoint (403).
        case addressTaken
        /// A published port is taken (500 at start, not at create): `127.0.0.1:5432`, where the engine says it.
        case portAllocated(address: String?)
        /// The engine refuses (401, 403).
        case forbidden
        /// The request cannot be fulfilled as it stands (400): repeating it is of no use.
        case badParameter
        /// An archive request that could empty a volume; it was not sent (`ArchiveGuard.swift`).
        case volumeAtRisk
        /// The container's process could not be started (400, 500 with the runtime's message).
        case cannotStart
        /// The engine failed (5xx).
        case serverError
        /// Build, pull, load or import reported an error in its progress.
        case imageFailed
        /// The engine did not answer at all.
        case unavailable(HTTPError)
        /// The deadline passed; whether the engine did it is unknown.
        case timedOut
        /// The task was cancelled.
        case cancelled
        /// This process may not use the engine's socket.
        case permissionDenied
        /// The answer is not what the API describes, or too large.
        case malformed
        /// Engine and client have no API version in common.
        case unsupportedAPIVersion
    }

    /// What to do about it.
    public enum Disposition: Sendable, Hashable {
        /// Repeat later, with backoff.
        case again
        /// Observe first: the world is not as it was thought to be.
        case lookFirst
        /// Repeating the same request never helps.
        case permanent
    }

    /// Why.
    public let code: Code
    /// What was to be done, as a verb phrase: `start container`.
    public let attempted: String
    /// Name or ID of what it was about.
    public let object: String
    /// The status the engine answered, if it did.
    public let status: Int?
    /// The engine's words, or the transport's.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, attempted: String, object: String, status: Int? = nil, message: String) {
        self.code = code
        self.attempted = attempted
        self.object = object
        self.status = status
        self.message = message
    }

    /// Wraps a failure to get any answer.
    package init(transport error: HTTPError, attempted: String, object: String) {
        let code: Code =
            switch error.code {
            case .timedOut: .timedOut
            case .cancelled: .cancelled
            case .permissionDenied: .permissionDenied
            case .malformed, .tooLarge: .malformed
            case .invalidRequest: .badParameter
            case .couldNotConnect, .refused, .notFound, .notASocket, .nameNotResolved, .connectionLost, .tls,
                .internalFailure:
                .unavailable(error)
            }
        self.init(code, attempted: attempted, object: object, message: error.description)
    }

    /// What to do about it, by code alone.
    public var disposition: Disposition {
        switch code {
        case .unavailable, .timedOut, .serverError, .alreadyInProgress, .malformed: .again
        case .notFound, .nameInUse, .conflict, .notModified, .notRunning, .wrongPauseState, .inUse, .hasEndpoints,
            .wrongAttachment, .addressTaken, .portAllocated, .noSuchImage, .volumeAtRisk, .cancelled:
            .lookFirst
        case .addressRangeTaken, .forbidden, .badParameter, .cannotStart, .imageFailed, .permissionDenied,
            .unsupportedAPIVersion:
            .permanent
        }
    }
}

extension DockerError: CustomStringConvertible {
    /// `start container pg-node-1: the engine answered 500: Bind for 127.0.0.1:5432 failed: port is already allocated`.
    public var description: String {
        let answered = status.map { "the engine answered \($0): " } ?? ""
        return "\(attempted) \(object): \(answered)\(message)"
    }
}
