import Model

/// Patroni's dynamic configuration as the manifest wants it: what lives in etcd's `/config` key.
enum DynamicConfiguration {
    /// What may run a program or let a client in is not here but in each node's own file (`LocalParameters`, `ClientRules`).
    static func desired(for cluster: Cluster) -> JSONValue {
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
            (
                "postgresql",
                .object([
                    ("use_slots", .bool(true)),
                    ("parameters", .object(parameters(cluster).map { ($0.name, .string($0.value)) })),
                ])
            ),
        ])
    }

    /// The defaults with the manifest's parameters over them, sorted by name; without those in each node's own file.
    static func parameters(_ cluster: Cluster) -> [PostgresSettings.Parameter] {
        var values: [PostgresSettings.Parameter] = [
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
            .init("synchronous_commit", "on"),
            .init("wal_keep_size", "1GB"),
            .init("wal_level", "replica"),
            .init("wal_retrieve_retry_interval", "100ms"),
            .init("wal_log_hints", "on"),
            // a synchronous standby whose packets are lost holds up commits until its sender gives up (fault N03)
            .init("wal_sender_timeout", "15s"),
            .init("work_mem", "1310kB"),
        ]
        let local = LocalParameters.declared(cluster)
        for parameter in cluster.postgres.parameters where !local.contains(parameter) {
            values.removeAll { $0.name == parameter.name }
            values.append(parameter)
        }
        return values.sorted { $0.name < $1.name }
    }
}
