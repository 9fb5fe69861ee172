/// One request; `path` carries the query, already percent-encoded.
public struct HTTPRequest: Sendable {
    /// The request methods the clients of this project use (RFC 9110 §9, RFC 5789).
    public enum Method: String, Sendable {
        case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE"
    }

    /// The method.
    public var method: Method
    /// Path and query, percent-encoded, beginning with `/`.
    public var path: String
    /// Header fields in the order they are sent; a name may repeat.
    public var headers: [(name: String, value: String)]
    /// The body; empty means none, although POST, PUT and PATCH still send `Content-Length: 0`.
    public var body: [UInt8]

    /// Makes a request.
    public init(_ method: Method, _ path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}
