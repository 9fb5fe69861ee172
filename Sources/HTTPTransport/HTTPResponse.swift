/// A whole response, body in memory.
public struct HTTPResponse: Sendable {
    /// The status code; any code is a response and not an error at this level.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    /// The body; empty for HEAD, 204 and 304.
    public let body: [UInt8]

    /// Makes a response.
    public init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Status and fields, before the body.
struct ResponseHead: Sendable {
    var status: Int
    var headers: HTTPHeaders
}
