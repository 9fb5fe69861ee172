/// Where an HTTP server listens.
public enum HTTPEndpoint: Sendable, Hashable {
    /// A unix domain socket (Docker's).
    case unix(path: String)
    /// TCP, with TLS when a configuration is given.
    case tcp(host: String, port: Int, tls: TLSConfiguration? = nil)
}

extension HTTPEndpoint: CustomStringConvertible {
    /// The endpoint as a URL, for messages: `unix:///var/run/docker.sock`, `https://etcd-1:2379`.
    public var description: String {
        switch self {
        case .unix(let path): "unix://\(path)"
        case .tcp(let host, let port, let tls): "\(tls == nil ? "http" : "https")://\(Self.bracketed(host)):\(port)"
        }
    }

    /// The authority libcurl puts into the URL and the Host header. A unix socket has none: `localhost` stands in,
    /// because Docker answers 400 to a request without a Host header.
    var origin: String {
        switch self {
        case .unix: "http://localhost"
        case .tcp(let host, let port, let tls):
            "\(tls == nil ? "http" : "https")://\(Self.bracketed(tls?.serverName ?? host)):\(port)"
        }
    }

    static func bracketed(_ host: String) -> String {
        host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    }
}
