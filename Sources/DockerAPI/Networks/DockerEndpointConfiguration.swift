/// How a container is to be attached to a network.
public struct DockerEndpointConfiguration: Sendable, Hashable, Encodable {
    /// Further names in the network's DNS; the container's name is one anyway.
    public var aliases: [String]
    /// A fixed address; only in networks with a subnet of the user's choice.
    public var ipv4Address: String?

    /// Makes a configuration; the engine chooses the address.
    public init(aliases: [String] = [], ipv4Address: String? = nil) {
        self.aliases = aliases
        self.ipv4Address = ipv4Address
    }

    enum CodingKeys: String, CodingKey { case aliases = "Aliases", ipam = "IPAMConfig" }
    private enum IPAMKeys: String, CodingKey { case ipv4Address = "IPv4Address" }

    /// Writes Docker's JSON.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(aliases, forKey: .aliases)
        if let ipv4Address {
            var ipam = values.nestedContainer(keyedBy: IPAMKeys.self, forKey: .ipam)
            try ipam.encode(ipv4Address, forKey: .ipv4Address)
        }
    }
}

/// How a container is attached to a network, seen from the container.
public struct DockerEndpoint: Sendable, Hashable {
    /// The network's ID; empty in a container that was never started, on some engines.
    public let networkID: String
    /// The endpoint's ID; empty unless the container runs.
    public let endpointID: String
    /// The address; empty unless the container runs.
    public let ipAddress: String
    /// The length of the address's network part, in bits.
    public let ipPrefixLength: Int
    /// The gateway's address.
    public let gateway: String
    /// The hardware address.
    public let macAddress: String
    /// Names asked for in the network's DNS; engines before 1.44 add the container's short ID.
    public let aliases: [String]
    /// The fixed address asked for.
    public let configuredIPv4Address: String?
}

extension DockerEndpoint: Decodable {
    enum CodingKeys: String, CodingKey {
        case networkID = "NetworkID", endpointID = "EndpointID", ipAddress = "IPAddress"
        case ipPrefixLength = "IPPrefixLen", gateway = "Gateway", macAddress = "MacAddress", aliases = "Aliases"
        case ipam = "IPAMConfig"
    }

    private struct IPAM: Decodable {
        var ipv4Address: String?
        enum CodingKeys: String, CodingKey { case ipv4Address = "IPv4Address" }
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        networkID = try values.value(.networkID, or: "")
        endpointID = try values.value(.endpointID, or: "")
        ipAddress = try values.value(.ipAddress, or: "")
        ipPrefixLength = try values.value(.ipPrefixLength, or: 0)
        gateway = try values.value(.gateway, or: "")
        macAddress = try values.value(.macAddress, or: "")
        aliases = try values.value(.aliases, or: [])
        configuredIPv4Address = try values.decodeIfPresent(IPAM.self, forKey: .ipam)?.ipv4Address
    }
}
