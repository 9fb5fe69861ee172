import Model

/// Who may log in to a node, and how: the lines of `pg_hba.conf` and of `pg_ident.conf`.
enum ClientRules {
    /// How the controller logs in. No password opens the superuser's sessions, so a password that a person sets
    /// changes nothing for the controller and opens nothing for others.
    static let byCertificate = "hostssl all postgres samenet cert map=controller"
    /// As which role it looks.
    private static let monitors = [
        "hostssl all \(MonitorSettings.role) samenet cert map=controller",
        "host all \(MonitorSettings.role) all reject",
    ]

    /// Ours for the cluster's own roles, then the manifest's, then password logins from anywhere that reaches the port
    /// (which is bound to loopback unless the manifest says otherwise).
    /// - Parameters:
    ///   - local: the manifest's rules, and the addresses from which the cluster's certificate is good for every login.
    ///   - isProven: whether certificates prove who shows them: all containers of an older build had the same key.
    static func lines(_ cluster: Cluster, _ local: LocalConfiguration, isProven: Bool = true) -> [String] {
        let accounts = cluster.accounts
        let host = isProven ? "hostssl" : "host"
        let proof = local.nodesProve && isProven ? "cert map=node" : "scram-sha-256"
        let poolers =
            cluster.pooler.enabled
            ? [
                "hostssl postgres \(PoolerSettings.role) samenet cert map=pooler",
                "host all \(PoolerSettings.role) all reject",
            ] : []
        return [
            "local all postgres peer",
            "local replication postgres peer",
            // Patroni asks its own PostgreSQL for the timeline this way
            "local replication \(accounts.replication.role) peer map=local",
            "\(host) replication \(accounts.replication.role) samenet \(proof)",
            "\(host) all \(accounts.rewind.role) samenet \(proof)",
            "host all \(accounts.rewind.role) all reject",
            isProven ? byCertificate : "host all postgres samenet scram-sha-256",
            "host all postgres all reject",
            "host replication all all reject",
        ] + (isProven ? monitors : []) + poolers + local.clientRules + PoolerAccess.rules(for: local.poolers, cluster)
            + ["\(cluster.tls.required ? "hostssl" : "host") all all all scram-sha-256"]
    }

    /// Whose certificate stands for which role: the controller's for the superuser and for the monitor, a node's for replication and
    /// rewind, the poolers' for their own role, which has no password, and for the logins. On a node itself its Patroni is known
    /// by its user.
    static func identities(_ cluster: Cluster) -> [String] {
        let roles = cluster.pooler.enabled ? [PoolerSettings.role] + cluster.logins.map(\.role).sorted() : []
        let (replication, rewind) = (cluster.accounts.replication.role, cluster.accounts.rewind.role)
        let node = Principal.node("").commonName(in: cluster.name)
        let controller = Principal.controller.commonName(in: cluster.name)
        return [
            "controller \(controller) postgres", "controller \(controller) \(MonitorSettings.role)",
            "local postgres \(replication)",
            "node \(node) \(replication)", "node \(node) \(rewind)",
        ] + roles.map { "pooler \(Principal.pooler.commonName(in: cluster.name)) \($0)" }
    }
}

extension LocalConfiguration {
    /// What the manifest wants.
    init(of cluster: Cluster, poolers: [String], nodesProve: Bool = true, patroniTLS: Bool = true) {
        self.init(
            parameters: LocalParameters.declared(cluster), clientRules: cluster.postgres.hba, poolers: poolers,
            nodesProve: nodesProve, patroniTLS: patroniTLS)
    }

    /// What differs from another one, in words.
    func names(beside other: LocalConfiguration?) -> [String] {
        triedNames(beside: other) + (poolers == other?.poolers ? [] : ["the poolers' addresses"])
            + (nodesProve == other?.nodesProve ? [] : ["the nodes' certificates towards each other"])
            + (patroniTLS == other?.patroniTLS ? [] : ["TLS on Patroni's interface"])
    }

    /// The same, without what PostgreSQL starts with for sure.
    func triedNames(beside other: LocalConfiguration?) -> [String] {
        let changed = parameters.filter { other?.parameters.contains($0) != true }.map(\.name)
        return changed + (clientRules == other?.clientRules ? [] : ["the client rules"])
    }

    /// What a node's file is made of: what is on record, and what the manifest wants where nothing is. A node that is made anew
    /// before there is a record asks the others for no proof.
    static func inForce(_ input: PlanningInput) -> LocalConfiguration {
        input.observation.localConfiguration
            ?? LocalConfiguration(of: input.cluster, poolers: [], nodesProve: false, patroniTLS: false)
    }
}
