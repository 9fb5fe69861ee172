/// A network as the engine has it: `GET /networks`, `GET /networks/{id}`.
public struct DockerNetwork: Sendable, Hashable {
    /// The ID: names are not unique, IDs are.
    public let id: String
    /// The name.
    public let name: String
    /// When it was made.
    public let created: DockerTime?
    /// `bridge`, `overlay`, `null`, `host`.
    public let driver: String
    /// `local` or `swarm`.
    public let scope: String
    /// Whether it has no way out.
    public let isInternal: Bool
    /// Whether it has IPv6.
    public let isIPv6Enabled: Bool
    /// Its address ranges.
    public let subnets: [DockerSubnet]
    /// The driver's options.
    public let options: [String: String]
    /// Its labels.
    public let labels: [String: String]
    /// Who is in it, by container ID. A list of networks leaves this empty; inspect does not. Only running containers
    /// have an endpoint.
    public let endpoints: [String: DockerNetworkMember]
}

/// An address range of a network.
public struct DockerSubnet: Sendable, Hashable, Codable {
    /// CIDR, `172.18.0.0/16`.
    public var subnet: String?
    /// The range within it that addresses are given from.
    public var ipRange: String?
    /// The gateway's address.
    public var gateway: String?

    /// Makes a range.
    public init(subnet: String? = nil, ipRange: String? = nil, gateway: String? = nil) {
        self.subnet = subnet
        self.ipRange = ipRange
        self.gateway = gateway
    }

    enum CodingKeys: String, CodingKey { case subnet = "Subnet", ipRange = "IPRange", gateway = "Gateway" }
}

/// A container's endpoint, seen from the network.
public struct DockerNetworkMember: Sendable, Hashable, Decodable {
    /// The container's name.
    public let name: String
    /// The endpoint's ID.
    public let endpointID: String
    /// Address and prefix length, `172.18.0.2/16`.
    public let ipv4Address: String

    enum CodingKeys: String, CodingKey { case name = "Name", endpointID = "EndpointID", ipv4Address = "IPv4Address" }
}

extension DockerNetwork: Decodable {
    enum CodingKeys: String, CodingKey {
        case id = "Id", name = "Name", created = "Created", driver = "Driver", scope = "Scope", isInternal = "Internal"
        case isIPv6Enabled = "EnableIPv6", ipam = "IPAM", options = "Options", labels = "Labels"
        case endpoints = "Containers"
    }

    private struct IPAM: Decodable {
        var subnets: [DockerSubnet]?
        enum CodingKeys: String, CodingKey { case subnets = "Config" }
    }

    /// Decodes Docker's JSON.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        name = try values.decode(String.self, forKey: .name)
        created = DockerTime(try values.value(.created, or: ""))
        driver = try values.value(.driver, or: "")
        scope = try values.value(.scope, or: "local")
        isInternal = try values.value(.isInternal, or: false)
        isIPv6Enabled = try values.value(.isIPv6Enabled, or: false)
        subnets = try values.decodeIfPresent(IPAM.self, forKey: .ipam)?.subnets ?? []
        options = try values.value(.options, or: [:])
        labels = try values.value(.labels, or: [:])
        endpoints = try values.value(.endpoints, or: [:])
    }
}
