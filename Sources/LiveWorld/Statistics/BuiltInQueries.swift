import Model

/// What every node is asked for metrics. The names are those of postgres_exporter, so that dashboards and people know them; a
/// name that breaks the rules for counters' names is exported as `untyped`. All are asked in the database `postgres`.
///
/// No label takes a text that an application's role chooses at will (`application_name`, the text of a statement): it could
/// make series without end.
enum BuiltInQueries {
    static let all: [MetricQuery] =
        server + databases + activity + replication + background + storage

    private static func query(
        _ name: String, target: MetricQuery.Target = .all, every: Duration = .zero, _ columns: [MetricColumn],
        _ sql: String
    ) -> MetricQuery {
        MetricQuery(name, sql, database: "postgres", target: target, every: every, columns)
    }

    private static let server = [
        query(
            "pg_postmaster",
            [MetricColumn("start_time_seconds", .gauge, "When the server started, in seconds since 1970.")],
            "SELECT extract(epoch FROM pg_postmaster_start_time()) AS start_time_seconds"),
        query(
            "pg_static",
            [
                MetricColumn("short_version", .label), MetricColumn("version", .label),
                MetricColumn("static", .untyped, "The server's version."),
            ],
            """
            SELECT current_setting('server_version') AS short_version, split_part(version(), ',', 1) AS version, 1 AS static
            """),
        query(
            "pg_settings",
            [
                MetricColumn("max_connections", .gauge, "The server's parameter max_connections."),
                MetricColumn(
                    "superuser_reserved_connections", .gauge, "The server's parameter superuser_reserved_connections."),
                MetricColumn("reserved_connections", .gauge, "The server's parameter reserved_connections."),
                MetricColumn("max_worker_processes", .gauge, "The server's parameter max_worker_processes."),
                MetricColumn("max_wal_senders", .gauge, "The server's parameter max_wal_senders."),
                MetricColumn("max_replication_slots", .gauge, "The server's parameter max_replication_slots."),
                MetricColumn("autovacuum_freeze_max_age", .gauge, "The server's parameter autovacuum_freeze_max_age."),
                MetricColumn("shared_buffers_bytes", .gauge, "The server's parameter shared_buffers, in bytes."),
                MetricColumn(
                    "effective_cache_size_bytes", .gauge, "The server's parameter effective_cache_size, in bytes."),
                MetricColumn("work_mem_bytes", .gauge, "The server's parameter work_mem, in bytes."),
                MetricColumn(
                    "maintenance_work_mem_bytes", .gauge, "The server's parameter maintenance_work_mem, in bytes."),
                MetricColumn("max_wal_size_bytes", .gauge, "The server's parameter max_wal_size, in bytes."),
                MetricColumn("wal_keep_size_bytes", .gauge, "The server's parameter wal_keep_size, in bytes."),
            ],
            """
            SELECT current_setting('max_connections') AS max_connections,
              current_setting('superuser_reserved_connections') AS superuser_reserved_connections,
              current_setting('reserved_connections') AS reserved_connections,
              current_setting('max_worker_processes') AS max_worker_processes,
              current_setting('max_wal_senders') AS max_wal_senders,
              current_setting('max_replication_slots') AS max_replication_slots,
              current_setting('autovacuum_freeze_max_age') AS autovacuum_freeze_max_age,
              pg_size_bytes(current_setting('shared_buffers')) AS shared_buffers_bytes,
              pg_size_bytes(current_setting('effective_cache_size')) AS effective_cache_size_bytes,
              pg_size_bytes(current_setting('work_mem')) AS work_mem_bytes,
              pg_size_bytes(current_setting('maintenance_work_mem')) AS maintenance_work_mem_bytes,
              pg_size_bytes(current_setting('max_wal_size')) AS max_wal_size_bytes,
              pg_size_bytes(current_setting('wal_keep_size')) AS wal_keep_size_bytes
            """),
    ]

    private static let databases = [
        query(
            "pg_stat_database",
            [
                MetricColumn("datid", .label), MetricColumn("datname", .label),
                MetricColumn("numbackends", .gauge, "Sessions in this database."),
                MetricColumn("xact_commit", .untyped, "Transactions that were committed."),
                MetricColumn("xact_rollback", .untyped, "Transactions that were rolled back."),
                MetricColumn("blks_read", .untyped, "Blocks that were read from the operating system."),
                MetricColumn("blks_hit", .untyped, "Blocks that were found in shared buffers."),
                MetricColumn("tup_returned", .untyped, "Live rows that scans read."),
                MetricColumn("tup_fetched", .untyped, "Live rows that index scans fetched."),
                MetricColumn("tup_inserted", .untyped, "Rows that were inserted."),
                MetricColumn("tup_updated", .untyped, "Rows that were updated."),
                MetricColumn("tup_deleted", .untyped, "Rows that were deleted."),
                MetricColumn("conflicts", .untyped, "Statements that recovery cancelled."),
                MetricColumn("temp_files", .untyped, "Temporary files that statements made."),
                MetricColumn("temp_bytes", .untyped, "Bytes that were written to temporary files."),
                MetricColumn("deadlocks", .untyped, "Deadlocks."),
                MetricColumn("checksum_failures", .untyped, "Pages whose checksum was wrong."),
                MetricColumn(
                    "blk_read_time", .untyped, "Time that sessions spent with reading blocks, in milliseconds."),
                MetricColumn(
                    "blk_write_time", .untyped, "Time that sessions spent with writing blocks, in milliseconds."),
                MetricColumn("active_time_seconds_total", .counter, "Time that sessions spent with statements."),
                MetricColumn("sessions_abandoned", .untyped, "Sessions whose client was lost."),
                MetricColumn("sessions_fatal", .untyped, "Sessions that ended with a fatal error."),
                MetricColumn("sessions_killed", .untyped, "Sessions that an operator ended."),
                MetricColumn("stats_reset", .untyped, "When these numbers began, in seconds since 1970."),
            ],
            """
            SELECT datid, datname, numbackends, xact_commit, xact_rollback, blks_read, blks_hit, tup_returned, tup_fetched,
              tup_inserted, tup_updated, tup_deleted, conflicts, temp_files, temp_bytes, deadlocks, checksum_failures,
              blk_read_time, blk_write_time, active_time / 1000 AS active_time_seconds_total, sessions_abandoned,
              sessions_fatal, sessions_killed, extract(epoch FROM stats_reset) AS stats_reset
            FROM pg_stat_database WHERE datname IS NOT NULL ORDER BY datname
            """),
        // reads the size of each file: dear where there are many
        query(
            "pg_database", target: .primary, every: .seconds(300),
            [
                MetricColumn("datname", .label),
                MetricColumn("size_bytes", .gauge, "The size of the database on the primary."),
            ],
            """
            SELECT datname, pg_database_size(oid) AS size_bytes FROM pg_database WHERE datallowconn ORDER BY datname
            """),
        query(
            "pg_database", target: .primary, every: .seconds(60),
            [
                MetricColumn("datname", .label),
                MetricColumn("connection_limit", .gauge, "How many sessions the database takes; -1 for any number."),
                MetricColumn(
                    "wraparound_age_datfrozenxid_seconds", .gauge,
                    "Transactions since the oldest row that is not frozen; in transactions, as in postgres_exporter."),
                MetricColumn(
                    "wraparound_age_datminmxid_seconds", .gauge,
                    "Multixacts since the oldest one that may be in use; in multixacts, as in postgres_exporter."),
                MetricColumn(
                    "collation_mismatch", .gauge,
                    "1 where the database's collation has another version than the library's."),
            ],
            """
            SELECT datname, datconnlimit AS connection_limit, age(datfrozenxid) AS wraparound_age_datfrozenxid_seconds,
              mxid_age(datminmxid) AS wraparound_age_datminmxid_seconds,
              coalesce(datcollversion <> pg_database_collation_actual_version(oid), false)::int AS collation_mismatch
            FROM pg_database ORDER BY datname
            """),
    ]

    private static let activity = [
        query(
            "pg_stat_activity",
            [
                MetricColumn("datname", .label), MetricColumn("usename", .label), MetricColumn("state", .label),
                MetricColumn("backend_type", .label), MetricColumn("wait_event_type", .label),
                MetricColumn("count", .untyped, "Sessions."),
                MetricColumn(
                    "max_tx_duration", .gauge, "How long the oldest transaction among them is open, in seconds."),
            ],
            """
            SELECT coalesce(datname, '') AS datname, coalesce(usename, '') AS usename, coalesce(state, '') AS state,
              backend_type, coalesce(wait_event_type, '') AS wait_event_type, count(*) AS count,
              coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0) AS max_tx_duration
            FROM pg_stat_activity WHERE pid <> pg_backend_pid() GROUP BY 1, 2, 3, 4, 5 ORDER BY count(*) DESC, 1, 2, 3, 4, 5
            """),
        query(
            "pg_long_running_transactions",
            [
                MetricColumn("oldest_timestamp_seconds", .gauge, "When the oldest open transaction began; 0 for none."),
                MetricColumn("oldest_seconds", .gauge, "How long the oldest transaction of a client is open."),
                MetricColumn("idle_seconds", .gauge, "How long the oldest transaction is open whose client is idle."),
            ],
            """
            SELECT coalesce(extract(epoch FROM min(xact_start)), 0) AS oldest_timestamp_seconds,
              coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0) AS oldest_seconds,
              coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)
                FILTER (WHERE state LIKE 'idle in transaction%')), 0) AS idle_seconds
            FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
            """),
        query(
            "pg_locks",
            [
                MetricColumn("datname", .label), MetricColumn("mode", .label),
                MetricColumn("count", .untyped, "Locks that are held or waited for."),
            ],
            """
            SELECT coalesce(datname, '') AS datname, lower(mode) AS mode, count(*) AS count
            FROM pg_locks l LEFT JOIN pg_database d ON d.oid = l.database GROUP BY 1, 2 ORDER BY 1, 2
            """),
    ]

    private static let replication = [
        query(
            "pg_replication",
            [
                MetricColumn(
                    "lag_seconds", .gauge, "How far replay is behind the primary; 0 where nothing is left to replay."),
                MetricColumn("is_replica", .gauge, "1 on a replica."),
                MetricColumn("last_replay_seconds", .gauge, "How long ago the transaction was that was replayed last."),
            ],
            """
            SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                ELSE greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())) END AS lag_seconds,
              pg_is_in_recovery()::int AS is_replica,
              extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) AS last_replay_seconds
            """),
        query(
            "pg_stat_replication",
            [
                // standbys have the names of their nodes; another client of replication names itself, at most 64 of them count
                MetricColumn("application_name", .label), MetricColumn("state", .label),
                MetricColumn("sync_state", .label),
                MetricColumn("pg_current_wal_lsn_bytes", .gauge, "Where the server writes WAL, as a number of bytes."),
                MetricColumn("pg_wal_lsn_diff", .gauge, "Bytes of WAL that the standby has not replayed."),
                MetricColumn("write_lag_seconds", .gauge, "How long the standby takes to write WAL."),
                MetricColumn("flush_lag_seconds", .gauge, "How long the standby takes to flush WAL."),
                MetricColumn("replay_lag_seconds", .gauge, "How long the standby takes to replay WAL."),
            ],
            """
            SELECT application_name, state, sync_state, pg_wal_lsn_diff(here, '0/0') AS pg_current_wal_lsn_bytes,
              pg_wal_lsn_diff(here, replay_lsn) AS pg_wal_lsn_diff,
              coalesce(extract(epoch FROM write_lag), 0) AS write_lag_seconds,
              coalesce(extract(epoch FROM flush_lag), 0) AS flush_lag_seconds,
              coalesce(extract(epoch FROM replay_lag), 0) AS replay_lag_seconds
            FROM pg_stat_replication CROSS JOIN LATERAL (SELECT CASE WHEN pg_is_in_recovery()
              THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS here) AS position
            ORDER BY backend_start LIMIT 64
            """),
        query(
            "pg_replication_slot",
            [
                MetricColumn("slot_name", .label), MetricColumn("slot_type", .label),
                MetricColumn("slot_is_active", .gauge, "1 while a client reads from the slot."),
                MetricColumn("safe_wal_size_bytes", .gauge, "Bytes that can be written before the slot may lose WAL."),
            ],
            """
            SELECT slot_name, slot_type, active::int AS slot_is_active, safe_wal_size AS safe_wal_size_bytes
            FROM pg_replication_slots ORDER BY slot_name
            """),
        query(
            "pg_replication_slots",
            [
                MetricColumn("slot_name", .label), MetricColumn("slot_type", .label), MetricColumn("database", .label),
                MetricColumn("wal_status", .label),
                MetricColumn("active", .gauge, "1 while a client reads from the slot."),
                MetricColumn("pg_wal_lsn_diff", .gauge, "Bytes of WAL that the slot keeps."),
            ],
            """
            SELECT slot_name, slot_type, coalesce(database, '') AS database, coalesce(wal_status, '') AS wal_status,
              active::int AS active, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                ELSE pg_current_wal_lsn() END, restart_lsn) AS pg_wal_lsn_diff
            FROM pg_replication_slots ORDER BY slot_name
            """),
    ]

    private static let background = [
        query(
            "pg_stat_archiver",
            [
                MetricColumn("archived_count", .untyped, "WAL files that were archived."),
                MetricColumn("failed_count", .untyped, "Tries to archive a WAL file that failed."),
                MetricColumn("last_archive_age", .gauge, "How long ago the last WAL file was archived, in seconds."),
                MetricColumn("is_failing", .gauge, "1 while the newest try to archive has failed."),
            ],
            """
            SELECT archived_count, failed_count, extract(epoch FROM clock_timestamp() - last_archived_time) AS last_archive_age,
              coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)::int AS is_failing
            FROM pg_stat_archiver
            """),
        query(
            "pg_stat_bgwriter",
            [
                MetricColumn("buffers_clean_total", .counter, "Buffers that the background writer wrote."),
                MetricColumn("maxwritten_clean_total", .counter, "Scans that the background writer ended early."),
                MetricColumn("buffers_alloc_total", .counter, "Buffers that were allocated."),
            ],
            """
            SELECT buffers_clean AS buffers_clean_total, maxwritten_clean AS maxwritten_clean_total,
              buffers_alloc AS buffers_alloc_total FROM pg_stat_bgwriter
            """),
        query(
            "pg_stat_checkpointer",
            [
                MetricColumn("num_timed_total", .counter, "Checkpoints that were due by time."),
                MetricColumn("num_requested_total", .counter, "Checkpoints that were asked for."),
                MetricColumn("restartpoints_timed_total", .counter, "Restart points that were due by time."),
                MetricColumn("restartpoints_req_total", .counter, "Restart points that were asked for."),
                MetricColumn("restartpoints_done_total", .counter, "Restart points that were made."),
                MetricColumn("write_time_total", .counter, "Time of checkpoints spent with writing, in milliseconds."),
                MetricColumn("sync_time_total", .counter, "Time of checkpoints spent with fsync, in milliseconds."),
                MetricColumn("buffers_written_total", .counter, "Buffers that checkpoints wrote."),
            ],
            """
            SELECT num_timed AS num_timed_total, num_requested AS num_requested_total,
              restartpoints_timed AS restartpoints_timed_total, restartpoints_req AS restartpoints_req_total,
              restartpoints_done AS restartpoints_done_total, write_time AS write_time_total, sync_time AS sync_time_total,
              buffers_written AS buffers_written_total FROM pg_stat_checkpointer
            """),
    ]

    private static let storage = [
        query(
            "pg_wal",
            [
                MetricColumn("segments", .gauge, "WAL files."),
                MetricColumn("size_bytes", .gauge, "The size of all WAL files."),
            ],
            "SELECT count(*) AS segments, coalesce(sum(size), 0) AS size_bytes FROM pg_ls_waldir()"),
        query(
            "pg_stat_wal",
            [
                MetricColumn("records_total", .counter, "WAL records that were made."),
                MetricColumn("bytes_total", .counter, "Bytes of WAL that were made."),
            ],
            "SELECT wal_records AS records_total, wal_bytes AS bytes_total FROM pg_stat_wal"),
    ]

    /// The schema of the extension pg_stat_statements in a database, quoted; no row where it is not there.
    static let placeOfStatements = """
        SELECT quote_ident(nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
        WHERE extname = 'pg_stat_statements'
        """

    /// Statements of all databases, where the extension pg_stat_statements is in the application's. `{schema}` is where it is.
    static let statements = MetricQuery(
        "pg_stat_statements",
        """
        SELECT pg_get_userbyid(userid) AS user, datname, queryid, sum(calls) AS calls_total,
          sum(total_exec_time) / 1000 AS seconds_total, sum(rows) AS rows_total,
          sum(shared_blk_read_time) / 1000 AS block_read_seconds_total,
          sum(shared_blk_write_time) / 1000 AS block_write_seconds_total
        FROM {schema}.pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE queryid IS NOT NULL
        GROUP BY 1, 2, 3 ORDER BY seconds_total DESC LIMIT 100
        """, every: .seconds(30),
        [
            MetricColumn("user", .label), MetricColumn("datname", .label), MetricColumn("queryid", .label),
            MetricColumn("calls_total", .counter, "How often the statement was executed."),
            MetricColumn("seconds_total", .counter, "Time spent with the statement."),
            MetricColumn("rows_total", .counter, "Rows that the statement returned or changed."),
            MetricColumn("block_read_seconds_total", .counter, "Time that the statement spent with reading blocks."),
            MetricColumn("block_write_seconds_total", .counter, "Time that the statement spent with writing blocks."),
        ])
}
