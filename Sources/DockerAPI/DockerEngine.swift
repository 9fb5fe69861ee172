public import HTTPTransport

/// A client of one Docker Engine: one method per verb of the Engine API, grouped by resource in this target's folders.
///
/// A value without a connection of its own. The API version is agreed through `GET /_ping` at the first call and again
/// after the connection broke. Every call has a deadline, and a cancelled call ends its transfer. `reference` always
/// means a name or an ID; prefer the ID, because a name may meanwhile belong to another object.
public struct DockerEngine: Sendable {
    /// Whom it asks.
    public let endpoint: HTTPEndpoint
    let client: HTTPClient
    let agreement = AgreedVersion()

    /// Makes a client; nothing is connected yet.
    public init(endpoint: HTTPEndpoint, limits: HTTPLimits = HTTPLimits()) {
        self.endpoint = endpoint
        client = HTTPClient(endpoint: endpoint, limits: limits)
    }

    /// Makes a client for an address in the form of `DOCKER_HOST`.
    /// - Parameters:
    ///   - address: `unix:///var/run/docker.sock`, `tcp://host:2375`, or `tcp://host:2376` with `tls`.
    ///   - tls: trust and identity; with it TCP is TLS.
    /// - Throws: `.badParameter` for any other form.
    public init(address: String, tls: TLSConfiguration? = nil) throws(DockerError) {
        guard let endpoint = Self.endpoint(of: address, tls: tls) else {
            throw DockerError(
                .badParameter, attempted: "use the engine address", object: address,
                message: "expected unix:///path or tcp://host:port")
        }
        self.init(endpoint: endpoint)
    }

    private static func endpoint(of address: String, tls: TLSConfiguration?) -> HTTPEndpoint? {
        if address.hasPrefix("unix://") {
            let path = String(address.dropFirst("unix://".count))
            return path.hasPrefix("/") && tls == nil ? .unix(path: path) : nil
        }
        guard address.hasPrefix("tcp://") else { return nil }
        var rest = address.dropFirst("tcp://".count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var port = tls == nil ? 2375 : 2376
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
            guard let given = Int(rest[rest.index(after: colon)...]), (1...65535).contains(given) else { return nil }
            port = given
            rest = rest[..<colon]
        }
        let host = rest.filter { $0 != "[" && $0 != "]" }
        return host.isEmpty || host.contains("/") ? nil : .tcp(host: host, port: port, tls: tls)
    }
}
