internal import Model

extension Manifest {
    /// The rules between fields, and the defaults that depend on other fields.
    static func checked(_ decoded: Cluster, _ log: Diagnostics) -> Cluster {
        var cluster = decoded
        if cluster.nodes.count == 1, !log.isGiven("spec.postgres.synchronous.mode") {
            cluster.postgres.synchronous.mode = .off
        }
        if !log.isGiven("spec.nodes.sharedMemory") {
            cluster.nodes.sharedMemory = min(cluster.nodes.sharedMemory, cluster.nodes.memory)
        }
        if !log.isGiven("spec.etcd.quota") {
            cluster.etcd.quota = min(cluster.etcd.quota, ByteCount(bytes: 8 * cluster.etcd.memory.bytes))
        }
        checkTimings(cluster, log)
        checkSynchronous(cluster, log)
        checkEngines(cluster, log)
        checkRoles(cluster, log)
        checkDeclared(cluster, log)
        checkMemory(cluster, log)
        checkConnections(cluster, log)
        checkPorts(cluster, log)
        checkExposure(cluster, log)
        checkContainerNames(cluster, log)
        checkSubnets(cluster, log)
        checkNotifications(cluster, log)
        checkNodes(cluster, log)
        cluster.nodes.maintenance.sort()
        return cluster
    }

    /// Nodes are called by their names, and somebody has to be left who may lead.
    private static func checkNodes(_ cluster: Cluster, _ log: Diagnostics) {
        let names = cluster.nodeNames
        let expected = names.map(\.text).joined(separator: ", ")
        let called =
            cluster.nodes.maintenance.enumerated().map { ("spec.nodes.maintenance[\($0)]", $1) }
            + cluster.nodes.tags.map { ("spec.nodes.tags.\($0.node)", $0.node) }
        for (path, node) in called {
            log.require(
                names.contains(node), at: path, with: ["spec.nodes.count", "spec.nodes.namePrefix"],
                "is no node of this cluster", got: node.text, expected: expected)
        }
        log.require(
            names.contains { !cluster.tags(of: $0).nofailover }, at: "spec.nodes.tags", with: ["spec.nodes.count"],
            "no node may lead", got: "nofailover on all of them", expected: "a node without nofailover")
    }

    private static func checkTimings(_ cluster: Cluster, _ log: Diagnostics) {
        let patroni = cluster.patroni
        let sum = patroni.loopWait + patroni.retryTimeout * 2
        log.require(
            sum <= patroni.ttl, at: "spec.patroni.ttl", with: ["spec.patroni.loopWait", "spec.patroni.retryTimeout"],
            "loopWait + 2 × retryTimeout is longer than ttl: "
                + "\(seconds(patroni.loopWait)) + 2 × \(seconds(patroni.retryTimeout)) = "
                + "\(seconds(sum)) > \(seconds(patroni.ttl))",
            expected: "loopWait + 2 × retryTimeout ≤ ttl")
    }

    private static func checkSynchronous(_ cluster: Cluster, _ log: Diagnostics) {
        let settings = cluster.postgres.synchronous
        guard settings.mode != .off else { return }
        let count = cluster.nodes.count
        let mode = "spec.postgres.synchronous.mode"
        log.require(
            count >= 2, at: mode, with: ["spec.nodes.count"], "synchronous replication needs a second node",
            got: "mode \(settings.mode.rawValue) with nodes.count \(count)", expected: "at least 2 nodes, or mode off")
        log.require(
            count < 2 || settings.number < count, at: "spec.postgres.synchronous.number",
            with: ["spec.nodes.count", mode],
            "more standbys have to confirm than there can be", got: "\(settings.number) of \(count - 1)",
            expected: "less than nodes.count, which is \(count)")
        let fewest = cluster.fewestStandbys
        log.require(
            count < 2 || settings.number >= count || settings.number <= fewest, at: "spec.nodes.tags",
            with: ["spec.postgres.synchronous.number", "spec.nodes.count", mode],
            "with these tags fewer standbys may confirm than have to, depending on who leads",
            got: "\(fewest) of \(settings.number)",
            expected: "nosync on fewer nodes, more nodes, or a smaller spec.postgres.synchronous.number")
    }

    private static func checkEngines(_ cluster: Cluster, _ log: Diagnostics) {
        var endpoints: [String: String] = [:]
        for (index, engine) in cluster.engines.enumerated() {
            let path = "spec.engines[\(index)]"
            let endpoint = engine.endpoint ?? "the default endpoint"
            log.require(
                endpoints[endpoint] == nil, at: path, "is the same engine as \"\(endpoints[endpoint] ?? "")\"",
                got: endpoint, expected: "each engine once")
            endpoints[endpoint] = engine.name.text
            let files = [engine.caFile, engine.certificateFile, engine.keyFile].compactMap { $0 }
            let isTCP = engine.endpoint?.hasPrefix("tcp://") == true
            log.require(
                files.isEmpty || files.count == 3, at: path, "TLS needs three files",
                expected: "caFile, certificateFile and keyFile")
            log.require(
                !isTCP || !files.isEmpty, at: path + ".endpoint",
                "a TCP engine without TLS is root for the whole network",
                got: endpoint, expected: "caFile, certificateFile and keyFile")
        }
        log.require(
            !cluster.engines.isEmpty, at: "spec.engines", "there is no engine", got: "an empty list",
            expected: "one engine, or no such line")
        log.require(
            cluster.engines.count <= 1 || endpoints.count < cluster.engines.count, at: "spec.engines",
            "several engines are not available in this version",
            got: "\(cluster.engines.count) engines", expected: "one engine")
    }

    private static func checkRoles(_ cluster: Cluster, _ log: Diagnostics) {
        let roles: [(path: String, role: RoleName)] = [
            ("spec.database.admin.user", cluster.accounts.admin.role),
            ("spec.database.replication.user", cluster.accounts.replication.role),
            ("spec.database.rewind.user", cluster.accounts.rewind.role),
            ("spec.console.user", cluster.console.account.role),
        ]
        for (path, role) in roles {
            log.require(
                role != PoolerSettings.role && role != PoolerSettings.consoleUser, at: path,
                "is the name of the poolers' own role", got: role.text, expected: "another name")
            log.require(
                role != MonitorSettings.role, at: path, "is the name of the role as which the controller looks",
                got: role.text, expected: "another name")
        }
        for (index, later) in roles.enumerated() {
            for earlier in roles[..<index] {
                log.require(
                    later.role != earlier.role, at: later.path, with: [earlier.path],
                    "is the same role as \(earlier.path)", got: later.role.text, expected: "a role of its own")
            }
        }
    }

    static func seconds(_ duration: Duration) -> String { "\(duration.components.seconds)s" }
}
