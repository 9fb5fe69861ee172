import Foundation
import TestSupport
import Testing

/// Metrics of a real cluster, read as a scraper reads them.
@Suite("Monitoring")
struct MonitoringTests {
    @Test("every part of a cluster has metrics, a token guards them, and a node that hangs hides no other node's")
    func metrics() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1, poolers: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let port = cluster.ports + 90
            // the shell takes the last line feed away
            let text = try await get(port, "/metrics") + "\n"
            for node in [cluster.node(1), cluster.node(2)] {
                #expect(text.contains("pg_up{node=\"\(node)\"} 1\n"))
                #expect(text.contains("pg_stat_database_xact_commit{node=\"\(node)\""))
                #expect(text.contains("pg_controller_node_synchronous{node=\"\(node)\"}"))
            }
            for line in [
                "pg_controller_ready 1\n", "pg_controller_primaries 1\n", "pg_controller_etcd_quorum_margin 0\n",
                "pgbackrest_stanza_status{stanza=\"pg-ha\"} 0\n", "pgbouncer_up{pooler=\"\(cluster.pooler(1))\"} 1\n",
            ] {
                #expect(text.contains(line), "\(line)")
            }
            // the fixture's manifest has the extension
            #expect(text.contains("pg_stat_statements_calls_total{"))
            #expect(!text.contains("pg_scrape_collector_success{node=\"\(cluster.node(1))\",collector=\"pg_wal\"} 0"))
            #expect(try await get(port, "/readyz") == "ok")
            #expect(try await get(port, "/metrics/etcd/\(cluster.member(1))").contains("etcd_server_has_leader 1\n"))
            #expect(try await get(port, "/metrics/patroni/\(cluster.node(1))").contains("patroni_postgres_running{"))
            try await guarded(cluster, port)
            try await hanging(cluster, port)
        }
    }

    /// A token, a question of the manifest's own that works, and one that does not.
    private func guarded(_ cluster: ClusterFixture, _ port: Int) async throws {
        try "letmein\n".write(toFile: cluster.directory + "/token", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: cluster.directory + "/token")
        try cluster.edit(
            "    port: \(port)\n",
            """
                port: \(port)
                tokenFile: token
                queries:
                  - name: app_one
                    query: SELECT 'a' AS kind, 41 + 1 AS answer
                    nodes: primary
                    columns:
                      - {name: kind, usage: label}
                      - {name: answer, usage: gauge, description: The answer.}
                  - name: app_two
                    query: SELECT 1 AS n FROM missing
                    columns:
                      - {name: n, usage: gauge}

            """)
        _ = try await eventually("the token is needed") { () -> Bool? in
            try await status(port, "/metrics") == "401" ? true : nil
        }
        #expect(try await status(port, "/metrics", "Authorization: Bearer wrong") == "401")
        #expect(try await status(port, "/healthz") == "200")
        #expect(try await status(port, "/metrics", "Host: evil.example.org") == "421")
        let text = try await get(port, "/metrics", "Authorization: Bearer letmein") + "\n"
        #expect(text.contains("# HELP app_one_answer The answer.\n# TYPE app_one_answer gauge\n"))
        #expect(
            text.split(separator: "\n").filter { $0.hasPrefix("app_one_answer{") && $0.hasSuffix("kind=\"a\"} 42") }
                .count == 1)
        _ = try await eventually("the question that fails is told") { () -> Bool? in
            _ = try await get(port, "/metrics", "Authorization: Bearer letmein")
            return try await cluster.status().has("MetricQueryFailing") ? true : nil
        }
        #expect(try await cluster.status().ready)
    }

    /// The replica's PostgreSQL answers nobody, and its container is not dead; in maintenance it stays so.
    private func hanging(_ cluster: ClusterFixture, _ port: Int) async throws {
        let primary = try await cluster.primary()
        let replica = [cluster.node(1), cluster.node(2)].first { $0 != primary } ?? ""
        _ = try await cluster.command("pause", "--node", replica)
        _ = try await cluster.docker("pause", replica)
        let text = try await get(port, "/metrics", "Authorization: Bearer letmein") + "\n"
        #expect(text.contains("pg_up{node=\"\(primary)\"} 1\n"))
        #expect(text.contains("pg_stat_database_xact_commit{node=\"\(primary)\""))
        #expect(text.contains("pg_up{node=\"\(replica)\"} 0\n"))
        _ = try await cluster.docker("unpause", replica)
        _ = try await cluster.command("resume", "--node", replica)
        _ = try await eventually("the replica's metrics come back") { () -> Bool? in
            try await get(port, "/metrics", "Authorization: Bearer letmein").contains("pg_up{node=\"\(replica)\"} 1\n")
                ? true : nil
        }
    }

    private func get(_ port: Int, _ path: String, _ headers: String...) async throws -> String {
        try await Shell.run(
            ["curl", "-sS", "--max-time", "20", "http://127.0.0.1:\(port)\(path)"] + headers.flatMap { ["-H", $0] })
    }

    private func status(_ port: Int, _ path: String, _ headers: String...) async throws -> String {
        try await Shell.run(
            [
                "curl", "-sS", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}",
                "http://127.0.0.1:\(port)\(path)",
            ]
                + headers.flatMap { ["-H", $0] })
    }
}
