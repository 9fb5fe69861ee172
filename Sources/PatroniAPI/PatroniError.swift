import HTTPTransport

/// Why something asked of a node's Patroni was not done.
public struct PatroniError: Error, Sendable, Hashable {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The node could not be reached.
        case unavailable
        /// The name has no address: with Docker's DNS, no running container carries it.
        case nameNotResolved
        /// The node is there and its REST API is not: Patroni is starting or dead.
        case refused
        /// The deadline passed. A switchover or restart that was asked for may go on.
        case timedOut
        /// The task was cancelled.
        case cancelled
        /// The connection broke in the middle.
        case connectionLost
        /// TLS failed.
        case tls
        /// Missing or wrong credentials (401), or an address or certificate that may not (403).
        case unauthorized
        /// The request cannot be carried out as it is (400, 411, 422).
        case invalid
        /// There is nothing of the kind (404).
        case notFound
        /// Something else changed the configuration, or is scheduled already (409).
        case conflict
        /// Now is not possible (412): no good candidate, another leader than the named one.
        case preconditionFailed
        /// The cluster has no configuration in etcd, or the operation failed (500, 502, 503).
        case failed
        /// The answer is none that Patroni gives.
        case malformed
    }

    /// The kind.
    public var code: Code
    /// The endpoint and path that were asked.
    public var target: String
    /// Patroni's or the transport's words.
    public var message: String
    /// The HTTP status, where there was an answer.
    public var status: Int?

    /// An error as found.
    public init(_ code: Code, target: String, message: String, status: Int? = nil) {
        self.code = code
        self.target = target
        self.message = message
        self.status = status
    }
}

extension PatroniError: CustomStringConvertible {
    /// One line for a log.
    public var description: String { "\(target): \(message)\(status.map { " (HTTP status \($0))" } ?? "")" }
}

extension PatroniError {
    /// The transport's failure in Patroni's terms.
    init(_ error: HTTPError) {
        let code: Code =
            switch error.code {
            case .couldNotConnect, .notFound, .permissionDenied, .notASocket, .internalFailure: .unavailable
            case .nameNotResolved: .nameNotResolved
            case .refused: .refused
            case .timedOut: .timedOut
            case .cancelled: .cancelled
            case .connectionLost: .connectionLost
            case .tls: .tls
            case .tooLarge, .malformed, .invalidRequest: .malformed
            }
        self.init(code, target: error.target, message: error.detail)
    }

    /// An answer whose status says no (statuses: patroni/api.py of 4.1).
    package init(status: Int, body: String, target: String) {
        let code: Code =
            switch status {
            case 400, 411, 422: .invalid
            case 401, 403: .unauthorized
            case 404: .notFound
            case 409: .conflict
            case 412: .preconditionFailed
            case 500...599: .failed
            default: .malformed
            }
        self.init(code, target: target, message: Self.words(in: body, status), status: status)
    }

    /// Python's `send_error` wraps its message into a page; Patroni's own answers are plain text.
    private static func words(in body: String, _ status: Int) -> String {
        guard body.contains("<html") || body.contains("<!DOCTYPE") else {
            return body.isEmpty ? "the answer is empty" : String(body.prefix(500))
        }
        let line = body.split(separator: "\n").first { $0.contains("<p>Message:") }
        let message = line?.split(separator: "<p>Message:").last?.split(separator: "</p>").first
        return message.map { $0.trimmingPrefix(while: \.isWhitespace) }.map(String.init) ?? "status \(status)"
    }
}
