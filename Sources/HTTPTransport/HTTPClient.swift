/// Where an HTTP server listens.
public enum HTTPEndpoint: Sendable, Hashable {
    /// A unix domain socket (Docker's).
    case unix(path: String)
    /// TCP, with TLS when a configuration is given.
    case tcp(host: String, port: Int, tls: TLSConfiguration? = nil)
}

/// Trust and identity for a TLS connection; every path names a PEM file.
public struct TLSConfiguration: Sendable, Hashable {
    public var caFile: String?
    public var certificateFile: String?
    public var keyFile: String?
    /// The name the server's certificate must carry, where it differs from the host that is dialled.
    public var serverName: String?
    public init(
        caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, serverName: String? = nil
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
    }
}

/// One request; `path` carries the query, already percent-encoded.
public struct HTTPRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
    }
    public var method: Method
    public var path: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    public init(_ method: Method, _ path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}
// The rest of the agreed surface (HTTPClient.send, HTTPClient.stream, HTTPResponse, HTTPStream, HTTPError)
// is written by the transport work; see its tests.
