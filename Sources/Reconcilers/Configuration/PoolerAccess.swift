import Model

/// How poolers open connections in the name of a role whose password has changed. PgBouncer opens them with the keys of
/// its client's own login, which are worth nothing from then on: a connected application that needs a new connection
/// would get an authentication error. So PostgreSQL also takes the cluster's certificate from the poolers' addresses,
/// for the logins that the manifest knows and for no others; what the client has to show the pooler stays its password.
enum PoolerAccess {
    /// The addresses that the rules are for, sorted. While a pooler is away its address stays in the rules: it mostly comes back
    /// with the same one, and every change makes all nodes read their rules again.
    static func wanted(at scope: EngineScope) -> [String] {
        guard scope.cluster.pooler.enabled else { return [] }
        let running = addresses(at: scope)
        let isWhole = running.count >= scope.cluster.poolers.count * max(1, scope.networks.count)
        let known = scope.input.observation.localConfiguration?.poolers ?? []
        return Set(running + (isWhole ? [] : known)).sorted()
    }

    /// The addresses of the poolers that run, on both networks: by which of them a pooler reaches a node is Docker's choice.
    private static func addresses(at scope: EngineScope) -> [String] {
        let networks = scope.networks.map(\.id)
        return scope.containers(of: .pooler).filter(\.state.isRunning).flatMap { seen in
            networks.compactMap { seen.address(on: $0) }.filter { !$0.isEmpty }
        }
    }

    /// The lines of `pg_hba.conf` for these addresses.
    static func rules(for addresses: [String], _ cluster: Cluster) -> [String] {
        let roles = cluster.logins.map(\.role.text).sorted().joined(separator: ",")
        return addresses.map { "hostssl all \(roles) \($0)/32 cert map=pooler" }
    }

    /// Whether every pooler that runs may use the certificate on every node: before a password changes, it must.
    static func isGranted(_ input: PlanningInput) -> Bool {
        guard input.cluster.pooler.enabled else { return true }
        guard let scope = EngineScope(input), let known = input.observation.localConfiguration?.poolers else {
            return false
        }
        return addresses(at: scope).allSatisfy(known.contains) && CertificatesInForce(scope).lateNode == nil
    }
}
