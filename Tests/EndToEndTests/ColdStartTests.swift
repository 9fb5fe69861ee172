import Foundation
import TestSupport
import Testing

@Suite("A new cluster")
struct ColdStartTests {
    @Test("comes up whole, and other tools than ours agree")
    func comesUp() async throws {
        try await ClusterFixture.with { cluster in
            // a wait that begins before the cluster has secrets ends when it is ready
            let complaints = cluster.directory + "/waiting"
            async let waited = cluster.command(["status", "--wait", "--timeout", "120"], complaints: complaints)
            _ = try await eventually("the wait to begin") {
                try? String(contentsOfFile: complaints, encoding: .utf8).contains("waiting for") ? true : nil
            }
            try cluster.run()
            try await cluster.ready()
            #expect(try await waited.contains("Ready=True"))
            let primary = try await cluster.primary()
            #expect(try await cluster.psql(primary, "select pg_is_in_recovery()") == "f")
            let standbys = try await cluster.psql(
                primary, "select state || ' ' || sync_state from pg_stat_replication order by 1")
            #expect(standbys.split(separator: "\n").sorted() == ["streaming async", "streaming sync"])
            try await checkStore(cluster)
            try await checkVectors(cluster, primary: primary)
            try await checkBackups(cluster, primary: primary)
            try await checkSecrecy(cluster)
            try await checkContainers(cluster)
            // the lock of a controller comes and goes with it, and has another label
            let label = "label=io.pg-controller.cluster=\(cluster.id)"
            let before = try await cluster.docker("ps", "-q", "--no-trunc", "--filter", label)
            cluster.kill()
            let answer = try await cluster.command("apply")
            #expect(answer.contains("no changes"))
            #expect(try await cluster.docker("ps", "-q", "--no-trunc", "--filter", label) == before)
        }
    }

    private func checkStore(_ cluster: ClusterFixture) async throws {
        let health = try await Shell.run([
            "docker", "exec", cluster.member(1), "etcdctl", "endpoint", "health", "--cluster",
        ])
        #expect(health.components(separatedBy: "is healthy").count == 4, "\(health)")
    }

    private func checkVectors(_ cluster: ClusterFixture, primary: String) async throws {
        try await cluster.psql(
            primary,
            "insert into items (name, embedding) select 'n' || i, array_fill(i::real, array[1536])::vector "
                + "from generate_series(1, 5) i")
        let replica = primary == cluster.node(1) ? cluster.node(2) : cluster.node(1)
        let nearest = try await eventually("the rows on \(replica)") { () -> String? in
            let found = try await cluster.psql(
                replica,
                "select name from items order by embedding <-> array_fill(3::real, array[1536])::vector limit 1")
            return found.isEmpty ? nil : found
        }
        #expect(nearest == "n3")
        #expect(try await cluster.psql(replica, "select pg_is_in_recovery()") == "t")
    }

    private func checkBackups(_ cluster: ClusterFixture, primary: String) async throws {
        try await Shell.run(["docker", "exec", primary, "pgbackrest", "--stanza=pg-ha", "check"])
        let info = try await Shell.run(["docker", "exec", primary, "pgbackrest", "info"])
        #expect(info.contains("status: ok"))
        #expect(info.contains("full backup: "))
    }

    /// No secret in any inspect, event, log, argument or environment.
    private func checkSecrecy(_ cluster: ClusterFixture) async throws {
        let folder = "\(cluster.state)/\(cluster.id)/secrets"
        let secrets = try FileManager.default.contentsOfDirectory(atPath: folder).map {
            let text = try String(contentsOfFile: folder + "/" + $0, encoding: .utf8)
            // of a key its first line is enough to look for
            return text.contains("PRIVATE KEY") ? String(text.split(separator: "\n")[1]) : text
        }
        // seven passwords and those of etcd's four users, the token of the page, the stored form of one, the authority, and the keys of 13 parties
        #expect(secrets.count == 27)
        let label = "label=io.pg-controller.cluster=\(cluster.id)"
        // a reader of a stopped container's volume comes and goes
        let containers = try await cluster.docker(
            "ps", "-a", "--filter", label, "--format", "{{.ID}} {{.Label \"io.pg-controller.component\"}}"
        ).split(separator: "\n").filter { !$0.hasSuffix(" reader") }.map { String($0.prefix { $0 != " " }) }
        #expect(containers.count == 7)
        var seen = try await Shell.run(["docker", "inspect"] + containers) + cluster.events
        seen += try String(contentsOfFile: cluster.directory + "/controller.log", encoding: .utf8)
        for container in containers {
            seen += try await Shell.run(["docker", "logs", container])
            seen += try await Shell.run([
                "docker", "exec", container, "sh", "-c",
                "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; true",
            ])
        }
        for secret in secrets {
            let parts = secret.split(separator: "\n").filter { $0.count >= 24 && !$0.hasPrefix("-----") }
            #expect(!parts.isEmpty && parts.allSatisfy { !seen.contains($0) })
        }
    }

    private func checkContainers(_ cluster: ClusterFixture) async throws {
        let label = "label=io.pg-controller.cluster=\(cluster.id)"
        for name in try await cluster.docker("ps", "-a", "--format", "{{.Names}}", "--filter", label).split(
            separator: "\n")
        {
            let name = String(name)
            if name.contains("-reader-") { continue }
            let bindings = try await cluster.inspect(
                name, "{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}} {{end}}{{end}}")
            #expect(bindings.split(separator: " ").allSatisfy { $0 == "127.0.0.1" }, "\(name): \(bindings)")
            let volumes = try await cluster.inspect(name, "{{range .Mounts}}{{.Type}}:{{.Name}} {{end}}")
            for mount in volumes.split(separator: " ") {
                #expect(mount.hasPrefix("volume:\(cluster.id)"), "\(name): \(mount)")
            }
            #expect(try await cluster.inspect(name, "{{.HostConfig.CapDrop}}") == "[ALL]")
            #expect(try await cluster.inspect(name, "{{.HostConfig.SecurityOpt}}").contains("no-new-privileges"))
            #expect(try await cluster.inspect(name, "{{.HostConfig.RestartPolicy.Name}}") == "no")
            #expect(try await Shell.run(["docker", "exec", name, "id", "-u"]) != "0")
        }
    }

    @Test("started by a controller that is killed again and again ends in the same place", arguments: [1, 3])
    func survivesKills(nodes: Int) async throws {
        try await ClusterFixture.with(nodes: nodes, etcd: nodes) { cluster in
            var generator = SystemRandomNumberGenerator()
            for _ in 1...6 {
                try cluster.run()
                // a random moment of the start is what is tested, so this pause is the fault and not a wait
                try await Task.sleep(for: .milliseconds(Int.random(in: 150...1500, using: &generator)))
                cluster.kill()
            }
            try cluster.run()
            try await cluster.ready()
            let label = "label=io.pg-controller.cluster=\(cluster.id)"
            let containers = try await cluster.docker(
                "ps", "-a", "--format", "{{.Names}} {{.State}}", "--filter", label
            ).split(separator: "\n").filter { !$0.contains("-reader-") && !$0.contains("-backup ") }
            #expect(containers.count == 2 * nodes + 1, "\(containers)")
            #expect(containers.allSatisfy { $0.hasSuffix(" running") })
            let volumes = try await cluster.docker("volume", "ls", "-q", "--filter", label)
            #expect(volumes.split(separator: "\n").count == 2 * nodes + 1)
        }
    }
}
