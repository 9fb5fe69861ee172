internal import Model

/// The parameters a server runs with, and the limits that a standby must not have lower than its primary
/// (`effective_configuration` in Patroni's `postgresql/config.py`).
extension Universe {
    /// A server starts: a primary with what is configured, a standby never below the limits that its data demands.
    mutating func launchServer(_ index: Int, asPrimary: Bool) {
        guard let node = engine.containers[index].node else { return }
        let configured = node.parameters ?? .members([])
        var raised: [(String, JSONValue)] = []
        for limit in asPrimary ? [] : directory(of: index)?.limits ?? [] {
            guard let demanded = Int(limit.value), let value = configured[limit.key]?.string.flatMap({ Int($0) }),
                demanded > value
            else { continue }
            raised.append((limit.key, .string(limit.value)))
        }
        engine.containers[index].node?.started = raised.isEmpty ? configured : configured.merged(with: .object(raised))
        let start = Timestamp(moment)
        engine.containers[index].node?.startedAt = start
        engine.containers[index].node?.pendingParameters = []
        if asPrimary { recordLimits(index) }
    }

    /// A primary writes the limits that it runs with into its WAL.
    mutating func recordLimits(_ index: Int) {
        guard let started = engine.containers[index].node?.started else { return }
        let limits = PendingParameter.limits.compactMap { name in
            started[name]?.string.map { LabelValue(name, $0) }
        }
        withDirectory(of: index) { $0.limits = limits }
    }

    /// Whether a server that runs as a standby can replay: all of its limits are as high as its primary's.
    func canReplay(_ index: Int, from source: DataDirectory) -> Bool {
        guard let started = engine.containers[index].node?.started else { return true }
        return source.limits.allSatisfy { limit in
            guard let own = started[limit.key]?.string.flatMap({ Int($0) }), let theirs = Int(limit.value) else {
                return true
            }
            return own >= theirs
        }
    }

    /// Parameters whose change waits for a restart: those of context `postmaster`.
    package static let restartParameters = """
        archive_mode autovacuum_freeze_max_age autovacuum_multixact_freeze_max_age autovacuum_worker_slots bonjour
        bonjour_name cluster_name commit_timestamp_buffers data_sync_retry debug_io_direct dynamic_shared_memory_type
        event_source hot_standby huge_page_size huge_pages ignore_invalid_pages io_max_combine_limit
        io_max_concurrency io_method logging_collector max_active_replication_origins max_connections
        max_files_per_process max_locks_per_transaction max_logical_replication_workers max_notify_queue_pages
        max_pred_locks_per_transaction max_prepared_transactions max_replication_slots max_wal_senders
        max_worker_processes min_dynamic_shared_memory multixact_member_buffers multixact_offset_buffers
        notify_buffers reserved_connections serializable_buffers shared_buffers shared_memory_type
        shared_preload_libraries subtransaction_buffers superuser_reserved_connections trace_connection_negotiation
        track_activity_query_size track_commit_timestamp transaction_buffers wal_buffers wal_decode_buffer_size
        wal_level wal_log_hints
        """.split { $0 == " " || $0 == "\n" }.map(String.init)

    /// Notes which parameters of a running server wait for a restart.
    mutating func comparePending(_ index: Int) {
        guard let node = engine.containers[index].node, node.server == .primary || node.server == .replica else {
            return
        }
        let wanted = node.parameters
        let pending = Universe.restartParameters.filter { wanted?[$0] != node.started?[$0] }.map { name in
            PendingParameter(
                name, current: node.started?[name]?.string ?? "", wanted: wanted?[name]?.string ?? "")
        }
        if pending != node.pendingParameters {
            engine.containers[index].node?.pendingParameters = pending
            isStirred = true
        }
    }
}
