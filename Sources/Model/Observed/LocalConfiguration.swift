/// What of the manifest, and of the poolers, stands in the own file of each node (Patroni's local configuration), because it
/// decides who may log in and what PostgreSQL loads: etcd has no say in it. The state directory holds what is in force, so
/// that a manifest that PostgreSQL does not start with changes nothing.
public struct LocalConfiguration: Sendable, Hashable, Codable {
    /// The manifest's parameters that are of this kind, sorted by name.
    public var parameters: [PostgresSettings.Parameter]
    /// The manifest's client rules, as lines of `pg_hba.conf`.
    public var clientRules: [String]
    /// The addresses of the poolers, sorted.
    public var poolers: [String]
    /// Whether every node shows its certificate to the server that it copies from. That server takes no password then.
    public var nodesProve: Bool
    /// Whether Patroni's REST interface takes TLS alone. Every node knows by then how to check the others.
    public var patroniTLS: Bool

    /// Joins the parts.
    public init(
        parameters: [PostgresSettings.Parameter], clientRules: [String], poolers: [String], nodesProve: Bool,
        patroniTLS: Bool
    ) {
        self.parameters = parameters
        self.clientRules = clientRules
        self.poolers = poolers
        self.nodesProve = nodesProve
        self.patroniTLS = patroniTLS
    }

    /// Reads a record. A record of an older build does not say whether nodes show certificates, or whether Patroni takes TLS:
    /// they are taken not to.
    public init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: CodingKeys.self)
        parameters = try record.decode([PostgresSettings.Parameter].self, forKey: .parameters)
        clientRules = try record.decode([String].self, forKey: .clientRules)
        poolers = try record.decode([String].self, forKey: .poolers)
        nodesProve = try record.decodeIfPresent(Bool.self, forKey: .nodesProve) ?? false
        patroniTLS = try record.decodeIfPresent(Bool.self, forKey: .patroniTLS) ?? false
    }

    /// Whether PostgreSQL starts with this if it starts with the other one: addresses alone refuse nothing.
    public func startsLike(_ other: LocalConfiguration?) -> Bool {
        parameters == other?.parameters && clientRules == other?.clientRules
    }
}
