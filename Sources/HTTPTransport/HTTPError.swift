/// Why there is no response: what happened, to which endpoint, and what to do next.
///
/// A status code is never an error here; the typed clients decide what a 404 means.
public struct HTTPError: Error, Sendable, Hashable {
    /// The closed list of what can go wrong between a request and its response.
    public enum Code: Sendable, Hashable, CaseIterable {
        /// No connection, for a reason that has no code of its own (no route, network down).
        case couldNotConnect
        /// Something is there and nothing listens: the network namespace or the socket file lives, the server does not.
        case refused
        /// The unix socket's path does not exist.
        case notFound
        /// The process may not use the unix socket.
        case permissionDenied
        /// The unix socket's path is a directory or a plain file.
        case notASocket
        /// The host's name has no address.
        case nameNotResolved
        /// The deadline, or a stream's idle limit, passed.
        case timedOut
        /// The task was cancelled, or the stream dropped.
        case cancelled
        /// The server sent more than `HTTPLimits` allows.
        case tooLarge
        /// The answer is no HTTP/1.1.
        case malformed
        /// The connection ended before the answer did.
        case connectionLost
        /// The TLS handshake failed, or the certificate is not trusted, or a PEM file cannot be read.
        case tls
        /// The request cannot be sent as it stands (a header with a line break, a second reader of one stream).
        case invalidRequest
        /// libcurl could not be used at all (out of memory or of descriptors).
        case internalFailure
    }

    /// What happened.
    public let code: Code
    /// Method, endpoint and path of the request.
    public let target: String
    /// The evidence: libcurl's message, the limit, the duration.
    public let detail: String

    /// Makes an error.
    public init(_ code: Code, target: String, detail: String) {
        self.code = code
        self.target = target
        self.detail = detail
    }

    /// Whether the request certainly never reached the server, so that repeating it cannot do it twice.
    public var isNeverSent: Bool {
        switch code {
        case .couldNotConnect, .refused, .notFound, .permissionDenied, .notASocket, .nameNotResolved, .invalidRequest,
            .internalFailure:
            true
        case .timedOut, .cancelled, .tooLarge, .malformed, .connectionLost, .tls: false
        }
    }
}

extension HTTPError: CustomStringConvertible {
    /// One sentence for a person: what happened, where, why, and what to try.
    public var description: String { "\(target): \(happened) (\(detail)); \(advice)" }

    private var happened: String {
        switch code {
        case .couldNotConnect: "could not connect"
        case .refused: "connection refused"
        case .notFound: "the socket does not exist"
        case .permissionDenied: "no permission to use the socket"
        case .notASocket: "the path is no socket"
        case .nameNotResolved: "the host name has no address"
        case .timedOut: "no answer in time"
        case .cancelled: "cancelled"
        case .tooLarge: "the answer is too large"
        case .malformed: "the answer is no valid HTTP"
        case .connectionLost: "the connection was lost"
        case .tls: "TLS failed"
        case .invalidRequest: "the request cannot be sent"
        case .internalFailure: "libcurl could not be used"
        }
    }

    private var advice: String {
        switch code {
        case .couldNotConnect: "check the address and the network"
        case .refused: "check that the server runs and listens there"
        case .notFound: "check the path, and that the server runs; in a container, mount the socket"
        case .permissionDenied:
            "run as a member of the socket's group: --group-add $(stat -c %g <socket>) for a container"
        case .notASocket:
            "remove what is there (a bind mount of a missing socket leaves a directory) and start the server"
        case .nameNotResolved: "check the name; a stopped container's name does not resolve"
        case .timedOut: "the server may be overloaded, frozen or unreachable: try again"
        case .cancelled: "nothing to do"
        case .tooLarge: "ask for less, or raise the limit"
        case .malformed: "check that the endpoint is the server it should be, and that TLS is set as it expects"
        case .connectionLost: "the server may have been restarted: try again"
        case .tls: "check the CA, the client certificate, and the name in the server's certificate"
        case .invalidRequest: "this is a defect of the caller"
        case .internalFailure: "check memory and open files of this process"
        }
    }
}
