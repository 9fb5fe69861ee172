/// TLS between clients and the cluster (`spec.tls`).
///
/// Poolers and nodes always offer it, with certificates of the cluster's authority.
public struct ClientTLSSettings: Sendable, Hashable {
    /// Whether clients without TLS are refused.
    public var required = false
    /// The names and IP addresses by which clients call this host, beside those that the manifest binds ports to.
    public var hostNames: [String] = []
    /// PEM files with a certificate for the poolers, its key, and the authorities that clients know it by. Without them the
    /// cluster's own authority signs one.
    public var certificateFile: String?, keyFile: String?, caFile: String?
    /// Every default.
    public init() {}

    /// The files, where the manifest names a certificate.
    public var files: (certificate: String, key: String, authorities: String?)? {
        guard let certificateFile, let keyFile else { return nil }
        return (certificateFile, keyFile, caFile)
    }
}

/// The addresses that published ports bind to.
public enum BindAddress {
    /// Whether only programs on this host reach it.
    public static func isLoopback(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" }
    /// Whether it stands for all addresses of the host.
    public static func isAny(_ address: String) -> Bool { address == "0.0.0.0" || address == "::" }
    /// Whether a text is written as an address, and not as a name that something has to look up.
    public static func isAddress(_ text: String) -> Bool {
        if text.contains(":") { return text.utf8.allSatisfy { $0 == 0x3A || $0 == 0x2E || isHexDigit($0) } }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
                    && Int(part) ?? 256 < 256
            }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}

extension Cluster {
    /// The names by which clients call a server whose ports are published on these addresses, without repetition.
    func clientNames(at addresses: String...) -> [String] {
        let known = ["localhost", "127.0.0.1", "::1"]
        return (known + addresses.filter { !BindAddress.isAny($0) } + tls.hostNames).reduce(into: []) { names, name in
            if !names.contains(name) { names.append(name) }
        }
    }

    /// The published ports by which clients without TLS get in from other hosts: the manifest's fields.
    public var exposedPorts: [String] {
        guard !tls.required else { return [] }
        let pooled = pooler.enabled && !BindAddress.isLoopback(pooler.bindAddress)
        return (BindAddress.isLoopback(nodes.bindAddress) ? [] : ["spec.nodes.bindAddress"])
            + (pooled ? ["spec.pooler.bindAddress"] : [])
    }
}
