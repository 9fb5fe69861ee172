/// What a network is made of: the body of `POST /networks/create`.
public struct DockerNetworkConfiguration: Sendable, Hashable, Encodable {
    /// The name.
    public var name: String
    /// The driver, `bridge` unless told otherwise.
    public var driver: String
    /// Whether it has no way out.
    public var isInternal: Bool
    /// Whether containers may join an overlay network by hand.
    public var isAttachable: Bool
    /// Address ranges; none means that the engine chooses one.
    public var subnets: [DockerSubnet]
    /// The driver's options.
    public var options: [String: String]
    /// Labels.
    public var labels: [String: String]

    /// Makes a configuration.
    public init(
        name: String, driver: String = "bridge", isInternal: Bool = false, isAttachable: Bool = false,
        subnets: [DockerSubnet] = [], options: [String: String] = [:], labels: [String: String] = [:]
    ) {
        self.name = name
        self.driver = driver
        self.isInternal = isInternal
        self.isAttachable = isAttachable
        self.subnets = subnets
        self.options = options
        self.labels = labels
    }

    enum CodingKeys: String, CodingKey {
        case name = "Name", driver = "Driver", isInternal = "Internal", isAttachable = "Attachable", ipam = "IPAM"
        case options = "Options", labels = "Labels", checkDuplicate = "CheckDuplicate"
    }

    private enum IPAMKeys: String, CodingKey { case subnets = "Config" }

    /// Writes Docker's JSON; always with `CheckDuplicate`, without which engines up to 20.10 make a second network of
    /// the same name.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(true, forKey: .checkDuplicate)
        try values.encode(driver, forKey: .driver)
        try values.encode(isInternal, forKey: .isInternal)
        try values.encode(isAttachable, forKey: .isAttachable)
        try values.encode(options, forKey: .options)
        try values.encode(labels, forKey: .labels)
        if !subnets.isEmpty {
            var ipam = values.nestedContainer(keyedBy: IPAMKeys.self, forKey: .ipam)
            try ipam.encode(subnets, forKey: .subnets)
        }
    }
}
