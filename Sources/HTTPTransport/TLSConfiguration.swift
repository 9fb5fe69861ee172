/// Trust and identity for a TLS connection; every path names a PEM file.
///
/// The server's certificate and name are always verified: there is no switch to turn that off.
public struct TLSConfiguration: Sendable, Hashable {
    /// Certificates of the authorities to trust; `nil` means the system's.
    public var caFile: String?
    /// The client's certificate, for servers that ask for one.
    public var certificateFile: String?
    /// The client certificate's private key.
    public var keyFile: String?
    /// The name the server's certificate must carry, where it differs from the host that is dialled.
    public var serverName: String?
    /// Certificates of the authorities to trust, as PEM; in place of `caFile`.
    public var authorities: String?
    /// The client's key and certificate, as PEM, one behind the other; in place of both files. They appear in no description.
    public var identity: String?

    /// Makes a configuration; with no argument it trusts the system's authorities and presents no certificate.
    public init(
        caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, serverName: String? = nil
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
    }

    /// Makes a configuration of texts in PEM.
    public init(authorities: String, identity: String?, serverName: String? = nil) {
        self.init(serverName: serverName)
        self.authorities = authorities
        self.identity = identity
    }
}

extension TLSConfiguration: CustomStringConvertible, CustomReflectable {
    /// The server's name alone.
    public var description: String { serverName ?? "TLS" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
