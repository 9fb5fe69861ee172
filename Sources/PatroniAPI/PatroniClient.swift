import FoundationEssentials
public import HTTPTransport

/// A user and password of Patroni's REST API (`restapi.authentication`), needed for everything but reading.
public struct PatroniCredentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// The user.
    public var user: String
    /// The password; it appears in no description.
    public var password: String
    /// A pair.
    public init(user: String, password: String) {
        self.user = user
        self.password = password
    }
    /// The user alone.
    public var description: String { user }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A client of one node's Patroni (REST API of Patroni 4).
///
/// Reading is decoded tolerantly: what a version does not say is nil, what it says newly is ignored.
public struct PatroniClient: Sendable {
    /// The node's REST endpoint.
    public let endpoint: HTTPEndpoint
    /// With what it changes something.
    public let credentials: PatroniCredentials?
    private let http: HTTPClient

    /// Makes a client; nothing is connected yet.
    public init(endpoint: HTTPEndpoint, credentials: PatroniCredentials? = nil) {
        self.endpoint = endpoint
        self.credentials = credentials
        http = HTTPClient(endpoint: endpoint)
    }

    /// Sends a request; the answer is returned whatever its status.
    func exchange(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], deadline: Duration
    ) async throws(PatroniError) -> HTTPResponse {
        let request = HTTPRequest(method, path, headers: headers(for: method, hasBody: !body.isEmpty), body: body)
        do throws(HTTPError) { return try await http.send(request, deadline: deadline) } catch {
            throw PatroniError(error)
        }
    }

    /// The password goes only where Patroni asks for it (`check_access`, patroni/api.py): with what changes something.
    package func headers(for method: HTTPRequest.Method, hasBody: Bool) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if let credentials, method != .get, method != .head {
            let pair = Data("\(credentials.user):\(credentials.password)".utf8)
            headers.append((name: "Authorization", value: "Basic \(pair.base64EncodedString())"))
        }
        if hasBody { headers.append((name: "Content-Type", value: "application/json")) }
        return headers
    }

    /// Sends a request that must be answered with a status of success, and returns the body.
    func demand(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], deadline: Duration
    ) async throws(PatroniError) -> HTTPResponse {
        let response = try await exchange(method, path, body: body, deadline: deadline)
        guard (200...299).contains(response.status) else {
            let text = String(decoding: response.body, as: UTF8.self)
            throw PatroniError(status: response.status, body: text, target: target(path))
        }
        return response
    }

    /// Reads a body as JSON.
    func decode<Document: Decodable>(
        _ type: Document.Type, _ response: HTTPResponse, _ path: String
    ) throws(PatroniError) -> Document {
        do { return try JSONDecoder().decode(type, from: Data(response.body)) } catch {
            let text = String(decoding: response.body.prefix(200), as: UTF8.self)
            throw PatroniError(
                .malformed, target: target(path), message: "not the expected JSON: \(text)", status: response.status)
        }
    }

    /// Writes a body as JSON.
    func encode(_ document: some Encodable, _ path: String) throws(PatroniError) -> [UInt8] {
        do { return Array(try JSONEncoder().encode(document)) } catch {
            throw PatroniError(.invalid, target: target(path), message: "the request cannot be written: \(error)")
        }
    }

    func target(_ path: String) -> String {
        switch endpoint {
        case .unix(let socket): socket + path
        case .tcp(let host, let port, _): "\(host):\(port)\(path)"
        }
    }
}
