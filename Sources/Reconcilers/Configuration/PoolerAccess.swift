import Model

/// How poolers open connections in the name of a role whose password has changed. PgBouncer opens them with the keys of
/// its client's own login, which are worth nothing from then on: a connected application that needs a new connection
/// would get an authentication error. So PostgreSQL also takes the cluster's certificate from the poolers' addresses,
/// for the logins that the manifest knows and for no others; what the client has to show the pooler stays its password.
struct PoolerAccess {
    private static let tail = "/32 cert map=pooler"

    /// The addresses that the rules are for, sorted.
    let addresses: [String]

    /// - Parameter current: the configuration in force. While a pooler is away its address stays in the rules: it
    ///   mostly comes back with the same one, and every change makes all nodes read their rules again.
    init(at scope: EngineScope, current: PatroniConfiguration) {
        let running = PoolerAccess.addresses(at: scope)
        let isWhole = running.count >= scope.cluster.poolers.count
        let known = PoolerAccess.rules(in: current).compactMap { rule in
            rule.split(separator: " ").first { $0.hasSuffix("/32") }.map { String($0.dropLast(3)) }
        }
        let wanted = scope.cluster.pooler.enabled ? running + (isWhole ? [] : known) : []
        addresses = Set(wanted).sorted()
    }

    /// The addresses of the poolers that run.
    private static func addresses(at scope: EngineScope) -> [String] {
        guard let network = scope.network else { return [] }
        return scope.containers(of: .pooler).compactMap { seen in
            guard seen.state.isRunning, let address = seen.address(on: network.id), !address.isEmpty else { return nil }
            return address
        }
    }

    /// The lines of `pg_hba.conf` for these addresses.
    static func rules(for addresses: [String], _ cluster: Cluster) -> [String] {
        let roles = cluster.logins.map(\.role.text).sorted().joined(separator: ",")
        return addresses.map { "hostssl all \(roles) \($0)\(tail)" }
    }

    /// The lines of a configuration that are for poolers' addresses.
    private static func rules(in configuration: PatroniConfiguration) -> [String] {
        configuration.clientRules.filter { $0.hasSuffix(tail) }
    }

    /// Whether a difference changes client rules other than these, which PostgreSQL takes for sure.
    static func changesOtherRules(_ difference: JSONValue, from current: PatroniConfiguration) -> Bool {
        guard difference["postgresql"]?["pg_hba"] != nil else { return false }
        func others(_ configuration: PatroniConfiguration) -> [String] {
            configuration.clientRules.filter { !$0.hasSuffix(tail) }
        }
        return others(PatroniConfiguration(difference)) != others(current)
    }

    /// Whether every pooler that runs may use the certificate: before a password changes, it must.
    static func isGranted(_ input: PlanningInput) -> Bool {
        guard input.cluster.pooler.enabled else { return true }
        guard let scope = EngineScope(input), let configuration = input.observation.dcs.value?.configuration else {
            return false
        }
        let rules = rules(in: configuration)
        return PoolerAccess.rules(for: addresses(at: scope), input.cluster).allSatisfy(rules.contains)
    }
}
