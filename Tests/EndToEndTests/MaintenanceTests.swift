import Foundation
import TestSupport
import Testing

/// People who want things left alone, nodes that are kept from something, and edits that cannot be had: one cluster.
@Suite("Maintenance, tags and refused edits")
struct MaintenanceTests {
    @Test(
        "a pause holds everything, maintenance one node, tags need no restart, and what cannot be had changes nothing")
    func holds() async throws {
        try await ClusterFixture.with(etcd: 1, poolers: 2) { cluster in
            try cluster.append("  patroni:\n    ttl: 20s\n    loopWait: 5s\n    retryTimeout: 5s\n")
            try cluster.run()
            try await cluster.ready()
            try await tags(cluster)
            try await console(cluster)
            try await poolers(cluster)
            try await node(cluster)
            try await whole(cluster)
            try await refused(cluster)
        }
    }

    private func isRunning(_ cluster: ClusterFixture, _ name: String) async throws -> Bool {
        try await cluster.inspect(name, "{{.State.Running}}") == "true"
    }

    private func running(_ cluster: ClusterFixture, _ name: String) async throws {
        _ = try await eventually("\(name) runs") { () -> Bool? in
            try await isRunning(cluster, name) ? true : nil
        }
    }

    /// What a command answers, and its exit code.
    private func fails(_ cluster: ClusterFixture, _ words: String...) async throws -> (code: String, text: String) {
        let command = ([Program.path] + words + cluster.options).joined(separator: " ")
        let text = try await Shell.run(["sh", "-c", "\(command) 2>&1; echo code $?"])
        return (String(text.suffix(6)), text)
    }

    // MARK: - Tags

    private func tags(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let status = try await cluster.status()
        let standby = try #require(status.nodes.first { $0.synchronous }?.name)
        let other = try #require(status.nodes.first { $0.name != primary && $0.name != standby }?.name)
        let started = try await cluster.psql(standby, "select pg_postmaster_start_time()")
        let untagged = "    namePrefix: \(cluster.id)-pg-\n"
        let tagged =
            untagged + "    tags:\n      \(standby): {nofailover: true, nosync: true, noloadbalance: true}\n"
        try cluster.edit(untagged, tagged)
        _ = try await eventually("the tags, in status and in force") { () -> Bool? in
            let status = try await cluster.status()
            guard status.nodes.first(where: { $0.name == standby })?.tags == ["nofailover", "nosync", "noloadbalance"],
                status.nodes.filter(\.synchronous).map(\.name) == [other],
                status.poolers.filter({ $0.access == "read-only" }).allSatisfy({ $0.nodes == [other] })
            else { return nil }
            return true
        }
        #expect(try await cluster.psql(standby, "select pg_postmaster_start_time()") == started)
        try cluster.edit(tagged, untagged)
        try await cluster.ready()
        _ = try await eventually("no tags") { () -> Bool? in
            try await cluster.status().nodes.allSatisfy { $0.tags.isEmpty } ? true : nil
        }
        #expect(try await cluster.psql(standby, "select pg_postmaster_start_time()") == started)
    }

    // MARK: - Poolers

    /// What PgBouncer's settings decide, who may log in as whom, is not the admin role's to change.
    private func console(_ cluster: ClusterFixture) async throws {
        let password = try await cluster.command("password", "pgadmin")
        func ask(_ words: String) async throws -> String {
            try await cluster.docker(
                "exec", "-e", "PGPASSWORD=\(password)", cluster.node(1), "sh", "-c",
                "psql -XAtq -h \(cluster.pooler(1)) -p 6432 -U pgadmin -d pgbouncer -c \"\(words)\" 2>&1 || true")
        }
        #expect(try await ask("SHOW POOLS").contains("pgbouncer"))
        #expect(try await ask("SET auth_type='trust'").contains("admin access needed"))
        #expect(try await ask("SHOW CONFIG").contains("auth_type|scram-sha-256"))
    }

    private func poolers(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        try cluster.edit("    port: \(cluster.ports + 60)\n", "    port: \(cluster.ports + 51)\n")
        _ = try await eventually("the poolers' new ports") { () -> Bool? in
            let served = try await cluster.docker(
                "ps", "-q", "--filter", "name=\(cluster.id)-pgb-[12]$", "--filter", "status=running")
            #expect(!served.isEmpty, "no pooler for writing runs")
            for number in 1...2 {
                let shown = try? await cluster.docker("port", cluster.pooler(number), "6432/tcp")
                guard shown == "127.0.0.1:\(cluster.ports + 50 + number)" else { return nil }
            }
            return true
        }
        try await cluster.ready()
        // the second was stopped only after the first had served again
        let stops = cluster.events(after: mark, "\"kind\":\"Action\"", "\"stop ", "-pgb-")
        #expect(stops.count == 2)
    }

    // MARK: - One node

    private func node(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let name = try #require(try await cluster.status().nodes.last { $0.name != primary }?.name)
        let answer = try await cluster.command("pause", "--node", name, "--reason", "a new disk")
        #expect(answer.contains("node \(name) is paused since"))
        _ = try await cluster.docker("stop", name)
        let mark = cluster.mark
        _ = try await cluster.docker("kill", cluster.console)
        try await cluster.event(after: mark, "\"kind\":\"Action\"", "start ", cluster.console)
        try await running(cluster, cluster.console)
        #expect(!(try await isRunning(cluster, name)))
        let status = try await cluster.status()
        #expect(status.bad.contains { $0.hasPrefix("Paused: \(name) is in maintenance") && $0.contains("a new disk") })
        #expect(status.pauses.map(\.node) == [name])
        let (code, text) = try await fails(cluster, "restore", "--latest", "--yes", cluster.id)
        #expect(code == "code 5" && text.contains("in maintenance"), "\(text)")
        try await cluster.command("resume", "--node", name)
        try await cluster.ready()
        #expect(try await isRunning(cluster, name))
    }

    // MARK: - The whole cluster

    private func whole(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let mark = cluster.mark
        try await cluster.command("pause", "--reason", "migration")
        try await cluster.event(after: mark, "Paused is True", "migration")
        let held = cluster.mark
        for command in [["backup"], ["drill"], ["verify"], ["restore", "--latest", "--yes", cluster.id]] {
            let words = command.joined(separator: " ")
            let text = try await Shell.run([
                "sh", "-c", "\(Program.path) \(words) \(cluster.options.joined(separator: " ")) 2>&1; echo code $?",
            ])
            #expect(text.hasSuffix("code 5") && text.contains("migration"), "\(words): \(text)")
        }
        _ = try await cluster.docker("kill", cluster.console)
        _ = try await cluster.docker("kill", primary)
        // it survives the controller, and Patroni fails over in its own time
        cluster.kill()
        let restart = cluster.mark
        try cluster.run()
        try await cluster.event(after: restart, "Paused is True", "migration")
        let candidate = try await eventually("Patroni's own failover") { () -> String? in
            try await cluster.status().nodes.first { $0.role == "primary" && $0.name != primary }?.name
        }
        #expect(try await cluster.psql(candidate, "select pg_is_in_recovery()") == "f")
        #expect(!(try await isRunning(cluster, cluster.console)))
        #expect(!(try await isRunning(cluster, primary)))
        let acts = cluster.events(after: held, "\"kind\":\"Action\"").filter {
            !$0.contains("resume \(cluster.id)-pgb")
        }
        #expect(acts.isEmpty, "\(acts)")
        let plan = try await cluster.command("plan")
        #expect(plan.contains("Nothing of this is done now: paused since"))
        #expect(plan.contains("container \(cluster.console): ") && plan.contains("container \(primary): "))
        try await cluster.command("resume")
        try await cluster.ready()
        #expect(try await isRunning(cluster, cluster.console))
    }

    // MARK: - Edits that cannot be had

    private func refused(_ cluster: ClusterFixture) async throws {
        let good = try String(contentsOfFile: cluster.manifest, encoding: .utf8)
        let prefix = "    namePrefix: \(cluster.id)-pg-\n"
        let bad = good.replacingOccurrences(of: prefix, with: "    namePrefix: \(cluster.id)-db-\n")
            .replacingOccurrences(of: "  postgres:\n", with: "  postgres:\n    locale: C\n    checksums: false\n")
        // while no controller runs: the last good manifest stays in force
        cluster.kill()
        try bad.write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
        let (code, text) = try await fails(cluster, "plan")
        #expect(code == "code 2", "\(text)")
        for words in ["spec.nodes.namePrefix", "spec.postgres.locale", "spec.postgres.checksums", "pg_dump"] {
            #expect(text.contains(words), "\(text)")
        }
        let applied = try await fails(cluster, "apply")
        #expect(applied.code == "code 2" && applied.text.contains("spec.postgres.locale"), "\(applied.text)")
        _ = try await cluster.docker("kill", cluster.console)
        var mark = cluster.mark
        try cluster.run()
        try await cluster.event(after: mark, "UnsupportedChange is True", "last good one stays in force")
        try await running(cluster, cluster.console)
        // without the last good one nothing is changed at all
        cluster.kill()
        try FileManager.default.removeItem(atPath: "\(cluster.state)/\(cluster.id)/manifest.last.yaml")
        _ = try await cluster.docker("kill", cluster.console)
        mark = cluster.mark
        try cluster.run()
        try await cluster.event(after: mark, "UnsupportedChange is True", "Nothing is changed meanwhile")
        #expect(cluster.events(after: mark, "\"kind\":\"Action\"").isEmpty)
        #expect(!(try await isRunning(cluster, cluster.console)))
        #expect(try await cluster.docker("ps", "-aq", "--filter", "name=\(cluster.id)-db-").isEmpty)
        try good.write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
        try await cluster.event(after: mark, "UnsupportedChange is over")
        try await cluster.ready()
        #expect(try await isRunning(cluster, cluster.console))
    }
}
