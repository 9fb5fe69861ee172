import Model

/// Patroni's dynamic configuration as the manifest wants it: what lives in etcd's `/config` key.
enum DynamicConfiguration {
    /// - Parameter poolers: the addresses from which the cluster's certificate is good for every login.
    /// - Parameter isProven: whether every node proves who it is, and knows the controller by its certificate.
    static func desired(for cluster: Cluster, poolers: [String] = [], isProven: Bool = true) -> JSONValue {
        let synchronous = cluster.postgres.synchronous
        let mode: JSONValue =
            switch synchronous.mode {
            case .off: .bool(false)
            case .on, .strict: .bool(true)
            case .quorum: .string("quorum")
            }
        return .object([
            ("ttl", .integer(cluster.patroni.ttl.components.seconds)),
            ("loop_wait", .integer(cluster.patroni.loopWait.components.seconds)),
            ("retry_timeout", .integer(cluster.patroni.retryTimeout.components.seconds)),
            ("maximum_lag_on_failover", .integer(cluster.patroni.maximumLagOnFailover.bytes)),
            ("failsafe_mode", .bool(cluster.patroni.failsafe)),
            ("synchronous_mode", mode),
            ("synchronous_mode_strict", .bool(synchronous.mode == .strict)),
            ("synchronous_node_count", .integer(Int64(synchronous.number))),
            ("postgresql", postgresql(cluster, poolers: poolers, isProven: isProven)),
        ])
    }

    private static func postgresql(_ cluster: Cluster, poolers: [String], isProven: Bool) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("use_pg_rewind", .bool(true)),
            ("use_slots", .bool(true)),
            // nothing is ever re-initialised in place; a node that must be built anew gets a fresh volume
            ("remove_data_directory_on_rewind_failure", .bool(false)),
            ("remove_data_directory_on_diverged_timelines", .bool(false)),
            ("parameters", .object(parameters(cluster).map { ($0.name, .string($0.value)) })),
            ("pg_hba", .array(hba(cluster, poolers: poolers, isProven: isProven).map { .string($0) })),
        ]
        members.append(("pg_ident", .array(identities(cluster).map { .string($0) })))
        if cluster.backups.enabled {
            let stanza = cluster.backups.stanza
            let command = orBefore("archived", "\(stanza) %f \"%p\"", "--stanza=\(stanza) archive-get %f \"%p\"")
            members.append(("recovery_conf", .object([("restore_command", .string(command))])))
        }
        return .object(members)
    }

    /// Whose certificate stands for which role: the controller's for the superuser, the poolers' for their own role, which has no
    /// password, and for the logins.
    private static func identities(_ cluster: Cluster) -> [String] {
        let roles = cluster.pooler.enabled ? [PoolerSettings.role] + cluster.logins.map(\.role).sorted() : []
        return ["controller \(Principal.controller.commonName(in: cluster.name)) postgres"]
            + roles.map { "pooler \(Principal.pooler.commonName(in: cluster.name)) \($0)" }
    }

    /// A program of the image, or pgBackRest itself: an image of before has no such program, and PostgreSQL ends when its
    /// `restore_command` is not found.
    private static func orBefore(_ program: String, _ arguments: String, _ before: String) -> String {
        "command -v \(program) >/dev/null && exec \(program) \(arguments); exec pgbackrest \(before)"
    }

    /// What an older build had here, and each node has in its own file now: taken out of here only when every node has read that
    /// file, because a node without it would serve without TLS.
    static let before = ["ssl", "ssl_ca_file", "ssl_cert_file", "ssl_key_file"]

    /// The defaults with the manifest's parameters over them, sorted by name.
    static func parameters(_ cluster: Cluster) -> [PostgresSettings.Parameter] {
        let archive =
            cluster.backups.enabled
            ? orBefore(
                "archive", "\(cluster.backups.stanza) %p", "--stanza=\(cluster.backups.stanza) archive-push %p")
            : "/bin/true"
        var values: [PostgresSettings.Parameter] = [
            .init("archive_command", archive),
            .init("archive_mode", "on"),
            .init("archive_timeout", "60s"),
            .init("effective_cache_size", "1GB"),
            .init("hot_standby_feedback", "on"),
            .init("maintenance_work_mem", "64MB"),
            .init("max_connections", "200"),
            .init("max_replication_slots", "10"),
            .init("max_slot_wal_keep_size", "4GB"),
            .init("max_wal_senders", "10"),
            .init("password_encryption", "scram-sha-256"),
            .init("shared_buffers", "256MB"),
            .init("shared_preload_libraries", "pg_stat_statements"),
            .init("synchronous_commit", "on"),
            .init("wal_keep_size", "1GB"),
            .init("wal_level", "replica"),
            .init("wal_retrieve_retry_interval", "500ms"),
            .init("wal_log_hints", "on"),
            // a synchronous standby whose packets are lost holds up commits until its sender gives up (fault N03)
            .init("wal_sender_timeout", "15s"),
            .init("work_mem", "1310kB"),
        ]
        for parameter in cluster.postgres.parameters {
            values.removeAll { $0.name == parameter.name }
            values.append(parameter)
        }
        return values.sorted { $0.name < $1.name }
    }

    /// How the controller logs in. No password opens the superuser's sessions, so a password that a person sets
    /// changes nothing for the controller and opens nothing for others.
    static let byCertificate = "hostssl all postgres samenet cert map=controller"

    /// The client rules: ours for the cluster's own roles, then the manifest's, then password logins from anywhere
    /// that reaches the port (which is bound to loopback unless the manifest says otherwise).
    static func hba(_ cluster: Cluster, poolers addresses: [String] = [], isProven: Bool = true) -> [String] {
        let accounts = cluster.accounts
        let host = isProven ? "hostssl" : "host"
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
            "local replication \(accounts.replication.role) scram-sha-256",
            "\(host) replication \(accounts.replication.role) samenet scram-sha-256",
            "\(host) all \(accounts.rewind.role) samenet scram-sha-256",
            isProven ? byCertificate : "host all postgres samenet scram-sha-256",
            "host all postgres all reject",
            "host replication all all reject",
        ] + poolers + cluster.postgres.hba + PoolerAccess.rules(for: addresses, cluster)
            + ["host all all all scram-sha-256"]
    }
}
