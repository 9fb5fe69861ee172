import FoundationEssentials
public import HTTPTransport

/// A client of etcd's v3 API through the JSON gateway that every member serves (`/v3/…`, etcd ≥ 3.4).
///
/// A call asks one endpoint after the other until one answers or the deadline passes. One that changes something is
/// sent again only when it certainly was not carried out; otherwise its error says `isOutcomeUnknown`.
public struct EtcdClient: Sendable {
    /// Where and how it asks.
    public let configuration: EtcdConfiguration
    let book: EndpointBook

    /// Makes a client; nothing is connected yet.
    /// - Parameter previous: a client of the same cluster, whose token goes on where the user is the same: each member knows it.
    public init(_ configuration: EtcdConfiguration, following previous: EtcdClient? = nil) {
        self.configuration = configuration
        book = EndpointBook(configuration)
        if let previous, previous.configuration.credentials == configuration.credentials {
            book.setToken(previous.book.token)
        }
    }

    /// The same client for one member alone: for questions about the member itself.
    public func pinned(to endpoint: HTTPEndpoint) -> EtcdClient {
        var configuration = configuration
        configuration.endpoints = [endpoint]
        return EtcdClient(configuration)
    }

    /// What a repetition of a call could do.
    enum Nature {
        /// It changes nothing, or the same change twice is one change.
        case repeatable
        /// Twice is not once.
        case once
    }

    /// Posts to a method of the gateway and returns its answer. `deadline` nil means the configuration's.
    func call(
        _ path: String, _ body: [String: JSONNode], _ nature: Nature, deadline: Duration? = nil
    ) async throws(EtcdError) -> Fields {
        let end = ContinuousClock.now + (deadline ?? configuration.deadline)
        var pause = Duration.zero
        while true {
            let token = try await token(until: end)
            do throws(EtcdError) {
                return try await attempt(path, body, nature, token, until: end)
            } catch {
                // An expired token, or one from before the cluster's auth changed: nothing was carried out. A member that lags
                // behind that change refuses the next one, too, or knows of no tokens yet.
                guard error.code == .unauthenticated, configuration.credentials != nil, end - .now > pause,
                    !Task.isCancelled
                else { throw error }
                book.setToken(nil)
                try? await Task.sleep(for: pause)
                pause = min(pause * 2 + .milliseconds(20), .milliseconds(500))
            }
        }
    }

    /// One round over the endpoints.
    private func attempt(
        _ path: String, _ body: [String: JSONNode], _ nature: Nature, _ token: String?,
        until end: ContinuousClock.Instant
    ) async throws(EtcdError) -> Fields {
        let request = try Self.request(path, body, token)
        let order = book.order()
        var last: EtcdError?
        for (position, (index, client)) in order.enumerated() {
            let left = end - ContinuousClock.now
            guard left > .zero else { break }
            let isLast = position == order.count - 1
            do throws(EtcdError) {
                let limit = isLast ? left : min(left, configuration.attemptLimit)
                let fields = try await Self.send(request, client, path, limit)
                book.answered(index)
                return fields
            } catch {
                guard Self.blamesEndpoint(error) else { throw error }
                book.failed(index)
                last = error
                last?.isOutcomeUnknown = nature == .once && (error.isOutcomeUnknown || Self.mayBeDone(error))
                if last?.isOutcomeUnknown == true { break }
            }
        }
        throw last ?? EtcdError(.timedOut, target: path, message: "no endpoint left to ask before the deadline")
    }

    /// Whether another endpoint could do better.
    static func blamesEndpoint(_ error: EtcdError) -> Bool {
        switch error.code {
        case .unavailable, .timedOut, .connectionLost, .tls, .malformed, .noLeader, .leaderLost: true
        default: false
        }
    }

    /// Whether a change could have been made although the call failed so.
    private static func mayBeDone(_ error: EtcdError) -> Bool {
        switch error.code {
        case .timedOut, .connectionLost, .leaderLost, .malformed: true
        default: false
        }
    }

    static func request(
        _ path: String, _ body: [String: JSONNode], _ token: String?
    ) throws(EtcdError) -> HTTPRequest {
        let bytes: [UInt8]
        do { bytes = Array(try JSONEncoder().encode(body)) } catch {
            throw EtcdError(.malformed, target: path, message: "the request cannot be written: \(error)")
        }
        var headers = [(name: "Content-Type", value: "application/json")]
        if let token { headers.append((name: "Authorization", value: token)) }
        return HTTPRequest(.post, path, headers: headers, body: bytes)
    }

    static func send(
        _ request: HTTPRequest, _ client: HTTPClient, _ path: String, _ limit: Duration
    ) async throws(EtcdError) -> Fields {
        let response: HTTPResponse
        do throws(HTTPError) { response = try await client.send(request, deadline: limit) } catch {
            throw EtcdError(error)
        }
        let target = "\(client.endpoint.name)\(path)"
        guard response.status == 200 else {
            throw failure(status: response.status, body: response.body, target: target)
        }
        // Streaming methods that answer once (keep-alive) wrap their answer.
        let fields = try Fields(parsing: response.body.isEmpty ? Array("{}".utf8) : response.body, target: target)
        if let error = try fields.object("error") { throw try failure(error) }
        return try fields.object("result") ?? fields
    }

    /// The error of an answer that is none of success.
    static func failure(status: Int, body: [UInt8], target: String) -> EtcdError {
        do throws(EtcdError) {
            return try failure(Fields(parsing: body, target: target))
        } catch {
            return EtcdError(.malformed, target: target, message: "HTTP status \(status), \(error.message)")
        }
    }

    /// Reads an error object of either shape.
    static func failure(_ fields: Fields) throws(EtcdError) -> EtcdError {
        let code = fields.has("grpc_code") ? try fields.int64("grpc_code") : try fields.int64("code")
        return EtcdError(grpcCode: Int(code), message: try fields.string("message"), target: fields.target)
    }
}

extension HTTPEndpoint {
    /// As errors name it.
    var name: String {
        switch self {
        case .unix(let path): path
        case .tcp(let host, let port, _): "\(host):\(port)"
        }
    }
}
