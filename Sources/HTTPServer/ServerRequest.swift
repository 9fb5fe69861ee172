/// A request as it came.
public struct ServerRequest: Sendable {
    /// `GET`, `POST`, …
    public let method: String
    /// The path without the query, percent-decoded nowhere.
    public let path: String
    /// The query behind `?`; empty where there is none.
    public let query: String
    /// The header fields.
    public let headers: [(name: String, value: String)]
    /// The body, at most `ServerLimits.maxBodyBytes`.
    public let body: [UInt8]
    /// The address that it came from.
    public let peer: String

    /// A request.
    public init(
        method: String, target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        peer: String = ""
    ) {
        self.method = method
        let mark = target.firstIndex(of: "?")
        path = mark.map { String(target[..<$0]) } ?? target
        query = mark.map { String(target[target.index(after: $0)...]) } ?? ""
        self.headers = headers
        self.body = body
        self.peer = peer
    }

    /// A header field by its name, whatever the case of its letters; nil where it is missing, or where it is there more than
    /// once, which means nothing that two readers would agree upon.
    public func header(_ name: String) -> String? {
        let found = headers.filter { $0.name.lowercased() == name.lowercased() }
        return found.count == 1 ? found[0].value : nil
    }
}

/// An answer.
public struct ServerResponse: Sendable {
    /// What is sent behind the header.
    public enum Body: Sendable {
        /// All of it at once.
        case whole([UInt8])
        /// Piece by piece, until the stream or the connection ends.
        case stream(AsyncStream<[UInt8]>)
    }
    /// The status code.
    public var status: Int
    /// The header fields, beside those that the server adds (`Content-Length` and the like).
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: Body

    /// An answer with a body.
    public init(_ status: Int, headers: [(name: String, value: String)] = [], body: Body = .whole([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A plain text.
    public static func text(_ status: Int, _ text: String, type: String = "text/plain; charset=utf-8") -> ServerResponse
    {
        ServerResponse(status, headers: [("Content-Type", type)], body: .whole(Array(text.utf8)))
    }
}

/// How much a client may take of the server.
public struct ServerLimits: Sendable, Hashable {
    /// Connections at the same time; another one is closed at once.
    public var maxConnections: Int
    /// Bytes of a request's body.
    public var maxBodyBytes: Int
    /// How long a connection may be silent, in either direction.
    public var idle: Duration
    /// How long a request may take to arrive, from its first byte on.
    public var arrival: Duration

    /// Limits; the defaults are for a few scrapers and browsers.
    public init(
        maxConnections: Int = 64, maxBodyBytes: Int = 16 << 10, idle: Duration = .seconds(60),
        arrival: Duration = .seconds(10)
    ) {
        self.maxConnections = maxConnections
        self.maxBodyBytes = maxBodyBytes
        self.idle = idle
        self.arrival = arrival
    }
}

/// A certificate and its key, for TLS.
public struct ServerIdentity: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The certificate, and those between it and its authority, in PEM.
    public var certificates: String
    /// Its key, in PEM; it appears in no description.
    public var key: String

    /// A certificate and its key.
    public init(certificates: String, key: String) {
        self.certificates = certificates
        self.key = key
    }

    /// Without the key.
    public var description: String { "a certificate and its key" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
