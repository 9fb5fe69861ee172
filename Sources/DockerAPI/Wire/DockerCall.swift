import FoundationEssentials
import HTTPTransport

/// One request to the engine: its place in the API, and the words for its errors.
struct DockerCall: Sendable {
    var method: HTTPRequest.Method
    /// Segments below `/v1.x/`, not encoded.
    var path: [String]
    /// `nil` values are left out.
    var query: [(name: String, value: String?)]
    var body: Body = .none
    var headers: [(name: String, value: String)] = []
    /// A verb phrase: `start container`.
    var attempted: String
    /// Name or ID of what it is about.
    var object: String
    var deadline: Duration

    enum Body: Sendable {
        case none
        case json([UInt8])
        case tar([UInt8])
    }

    init(
        _ method: HTTPRequest.Method, _ path: [String], query: [(name: String, value: String?)] = [],
        to attempted: String, object: String, deadline: Duration
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.attempted = attempted
        self.object = object
        self.deadline = deadline
    }

    /// The same call with a JSON body.
    func sending(_ value: some Encodable) throws(DockerError) -> DockerCall {
        var call = self
        do {
            call.body = .json([UInt8](try JSONEncoder().encode(value)))
        } catch {
            throw self.error(.badParameter, "cannot be written as JSON: \(error)")
        }
        return call
    }

    /// The same call with a tar archive as its body.
    func sending(tar: [UInt8]) -> DockerCall {
        var call = self
        call.body = .tar(tar)
        return call
    }

    func request(path: String) -> HTTPRequest {
        var request = HTTPRequest(method, path, headers: headers)
        switch body {
        case .none: break
        case .json(let bytes):
            request.headers.append(("Content-Type", "application/json"))
            request.body = bytes
        case .tar(let bytes):
            request.headers.append(("Content-Type", "application/x-tar"))
            request.body = bytes
        }
        return request
    }

    func path(in version: DockerAPIVersion) -> String {
        let segments = path.map(PercentEncoding.encode).joined(separator: "/")
        let pairs = query.compactMap { pair in
            pair.value.map { "\(PercentEncoding.encode(pair.name))=\(PercentEncoding.encode($0))" }
        }
        return "/v\(version)/\(segments)" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    func error(_ code: DockerError.Code, _ message: String, status: Int? = nil) -> DockerError {
        DockerError(code, attempted: attempted, object: object, status: status, message: message)
    }
}
