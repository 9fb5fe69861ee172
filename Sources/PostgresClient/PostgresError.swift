/// Why something asked of PostgreSQL was not done. No text in it ever carries a password.
public struct PostgresError: Error, Sendable, Hashable {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The host's name has no address. With Docker's DNS: no running container carries it.
        case nameNotResolved
        /// The host is there and nothing listens on the port.
        case refused
        /// No connection for another reason; `message` has libpq's words.
        case couldNotConnect
        /// The server refused the login (SQLSTATE class 28), or asked for a password that was not given.
        case authentication
        /// The deadline passed. A statement that was running has been asked to stop; the connection is unusable.
        case timedOut
        /// The task was cancelled. As for `timedOut`, a running statement was asked to stop.
        case cancelled
        /// The connection broke; whether a running statement took effect is unknown.
        case connectionLost
        /// `close()` was called.
        case closed
        /// The server answered with an error of this SQLSTATE.
        case server(sqlstate: String)
        /// The request or the answer cannot be used: a NUL in a parameter, a column of another type, COPY.
        case malformed
    }

    /// The kind.
    public var code: Code
    /// `host:port` of the server.
    public var host: String
    /// What happened, in the server's or libpq's words.
    public var message: String
    /// The SQLSTATE, where the server gave one; also for a login or a connection that it ended.
    public var sqlstate: String?
    /// The server's detail.
    public var detail: String?
    /// The server's hint.
    public var hint: String?

    /// An error as found.
    public init(
        _ code: Code, host: String, message: String, sqlstate: String? = nil, detail: String? = nil,
        hint: String? = nil
    ) {
        self.code = code
        self.host = host
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint
    }
}

extension PostgresError: CustomStringConvertible {
    /// One line for a log.
    public var description: String {
        var text = "\(host): \(message)"
        if let sqlstate { text += " (SQLSTATE \(sqlstate))" }
        if let detail { text += "; \(detail)" }
        if let hint { text += "; \(hint)" }
        return text
    }
}

extension PostgresError {
    /// Reads libpq's words after a failed connection attempt.
    ///
    /// The API gives no SQLSTATE there, so the attempt is made with verbose errors, which put it into the text:
    /// `connection to server at "…" failed: FATAL:  28P01: password authentication failed …\nLOCATION:  …`.
    package static func connecting(to host: String, said text: String, needsPassword: Bool, refusal: String) -> Self {
        let lines = text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("LOCATION:") }
        let message = lines.joined(separator: "; ")
        if let sqlstate = sqlstate(in: message) {
            let code: Code = sqlstate.hasPrefix("28") ? .authentication : .server(sqlstate: sqlstate)
            return PostgresError(code, host: host, message: message, sqlstate: sqlstate)
        }
        let code: Code =
            needsPassword ? .authentication : message.contains(refusal) ? .refused : .couldNotConnect
        return PostgresError(code, host: host, message: message)
    }

    private static func sqlstate(in message: String) -> String? {
        for severity in ["FATAL:  ", "PANIC:  ", "ERROR:  "] {
            guard let range = message.firstRange(of: severity) else { continue }
            let rest = message[range.upperBound...]
            let state = rest.prefix(5)
            let isState = state.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
            if state.count == 5, isState, rest.dropFirst(5).first == ":" { return String(state) }
        }
        return nil
    }
}
