import Foundation
import TestSupport
import Testing

/// What can be done with Patroni's keys in etcd, and what cannot.
@Suite("Local configuration")
struct LocalConfigurationTests {
    /// Settings that would leave a file behind, or open the superuser's sessions, if they had an effect.
    private static let planted = """
        {"ttl": 30, "loop_wait": 10, "retry_timeout": 10, "postgresql": {
          "pg_hba": ["local all all trust", "host all all all trust"], "pg_ident": ["controller /.* postgres"],
          "callbacks": {"on_start": "touch /tmp/planted", "on_reload": "touch /tmp/planted", "on_restart": "touch /tmp/planted"},
          "pre_promote": "touch /tmp/planted", "before_stop": "touch /tmp/planted", "recovery_conf": {"restore_command":
          "touch /tmp/planted"}, "use_slots": true, "parameters": {"work_mem": "3MB", "hba_file": "/tmp/planted.hba",
          "archive_command": "touch /tmp/planted", "restore_command": "touch /tmp/planted", "ident_file": "/tmp/planted.ident",
          "archive_cleanup_command": "touch /tmp/planted", "recovery_end_command": "touch /tmp/planted",
          "session_preload_libraries": "auto_explain", "local_preload_libraries": "auto_explain", "ssl": "off",
          "shared_preload_libraries": "auto_explain", "ssl_ca_file": "", "dynamic_library_path": "/tmp",
          "unix_socket_directories": "/tmp", "wal_level": "replica", "archive_mode": "on", "archive_library": "auto_explain",
          "archive_command='touch /tmp/planted'#.": "1"}},
         "standby_cluster": {"restore_command": "touch /tmp/planted", "create_replica_methods": ["touch /tmp/planted"]}}
        """

    @Test(
        "what is written into etcd runs no program, loads no library and opens no session, with and without a controller"
    )
    func planted() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1, poolers: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let nodes = [cluster.node(1), cluster.node(2)]
            let primary = try await cluster.primary()
            let replica = try #require(nodes.first { $0 != primary })
            let settings = """
                select string_agg(name || '=' || setting, E'\\n' order by name) from pg_settings where name ~ '_command$' or name = 'archive_library' or
                name ~ 'preload' or name ~ '^ssl' or name in ('hba_file', 'ident_file', 'dynamic_library_path',
                'unix_socket_directories') union all select string_agg(concat_ws(' ', type, database, user_name, address,
                auth_method), E'\\n' order by rule_number) from pg_hba_file_rules
                """
            var before: [String: String] = [:]
            for node in nodes { before[node] = try await cluster.psql(node, settings) }

            cluster.kill()
            let key = "/service/\(cluster.id)/config"
            _ = try await cluster.docker(
                "exec", cluster.member(1), "etcdctl", "put", key, LocalConfigurationTests.planted)
            // Patroni has taken what it may take
            for node in nodes {
                _ = try await eventually("\(node) to follow etcd", within: .seconds(120)) { () -> Bool? in
                    try await cluster.psql(node, "show work_mem") == "3MB" ? true : nil
                }
            }
            try await cluster.psql(primary, "select pg_switch_wal()")
            // a start goes by the same as a reload
            _ = try await cluster.docker("restart", replica)
            _ = try await eventually("\(replica) to stream again", within: .seconds(120)) { () -> Bool? in
                try await cluster.psql(primary, "select count(*) from pg_stat_replication where state = 'streaming'")
                    == "1" ? true : nil
            }
            for node in nodes {
                #expect(try await cluster.psql(node, settings) == before[node], "\(node)")
                let found = try await Shell.run([
                    "docker", "exec", node, "sh", "-c", "ls /tmp/planted* 2>/dev/null || true",
                ])
                #expect(found.isEmpty, "\(node): \(found)")
                let other = try #require(nodes.first { $0 != node })
                let said = try await Shell.run([
                    "docker", "exec", other, "sh", "-c",
                    "psql -XAtqw 'host=\(node) user=postgres dbname=postgres' -c 'select 1' 2>&1 || true",
                ])
                #expect(said.contains("FATAL"), "\(said)")
            }

            try cluster.run()
            _ = try await eventually("etcd to hold what the manifest wants") { () -> Bool? in
                let text = try await cluster.docker(
                    "exec", cluster.member(1), "etcdctl", "get", "--print-value-only", key)
                return text.contains("planted") || text.contains("trust") ? nil : true
            }
            try await cluster.ready()
            for node in nodes { #expect(try await cluster.psql(node, settings) == before[node], "\(node)") }
        }
    }
}
