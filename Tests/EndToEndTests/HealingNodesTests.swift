import Foundation
import TestSupport
import Testing

/// One cluster, and one fault of the catalogue after the other (docs/faults.md says which of its rows is shown where).
@Suite("Nodes, volumes and images that fail")
struct HealingNodesTests {
    @Test("are healed one by one, and what only a person can decide waits for one")
    func heals() async throws {
        try await ClusterFixture.with(nodes: 3, etcd: 1) { cluster in
            let tag = "localhost:1/\(cluster.id):18"
            _ = try await cluster.docker("tag", HealingNodesTests.image, tag)
            defer { _ = Task { try? await Shell.run(["docker", "rmi", tag]) } }
            try cluster.edit("  nodes:\n", "  nodes:\n    image: \(tag)\n")
            try cluster.run()
            try await cluster.ready()
            try await cluster.psql(try await cluster.primary(), "create table kept as select 1 as n")
            let faults: [(String, (ClusterFixture) async throws -> Void)] = [
                ("collation", collation), ("memory", memory), ("all its memory", allMemory),
                ("a killed process", hostKill), ("a late return", lateReturn), ("images", images),
                ("settings", settings), ("a server that fails", failingServer), ("a stopping hand", stoppingHand),
                ("a wiped primary", wipedPrimary), ("all data lost", dataLost),
            ]
            for (name, fault) in faults {
                let start = ContinuousClock.now
                try await fault(cluster)
                print("healing: \(name): \(ContinuousClock.now - start)")
            }
        }
    }

    private static let image = "pg-controller/postgres:18"
    private static let data = "/var/lib/postgresql/data"

    private func kept(_ cluster: ClusterFixture) async throws {
        try await cluster.ready()
        #expect(try await cluster.psql(try await cluster.primary(), "select n from kept") == "1")
    }

    private func condition(_ cluster: ClusterFixture, _ type: String, _ words: String...) async throws
        -> Status.Condition
    {
        try await eventually("\(type) with \(words)") {
            try await cluster.status().conditions.first { condition in
                condition.type == type && condition.status == "True"
                    && words.allSatisfy { condition.message.contains($0) }
            }
        }
    }

    private func replicas(_ cluster: ClusterFixture) async throws -> [String] {
        let primary = try await cluster.primary()
        return (1...3).map(cluster.node).filter { $0 != primary }
    }

    /// I04: a database whose collation has another version is named, and nothing is changed.
    private func collation(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        try await cluster.psql(primary, "update pg_database set datcollversion = '0' where datname = 'postgres'")
        _ = try await condition(cluster, "CollationMismatch", "postgres", "REINDEX")
        try await cluster.psql(primary, "alter database postgres refresh collation version")
        try await cluster.ready()
    }

    /// C10: the kernel kills one process of a node; nothing is fenced or restarted, and a person is told.
    private func memory(_ cluster: ClusterFixture) async throws {
        let name = try await replicas(cluster)[0]
        let before = try await cluster.inspect(name, "{{.Id}} {{.State.StartedAt}}")
        // `tail` keeps all of a line until it ends
        _ = try? await cluster.docker("exec", name, "sh", "-c", "head -c 3000m /dev/zero | tail -n 1 >/dev/null")
        _ = try await condition(cluster, "OutOfMemory", name, "1GiB", "nodes.memory")
        #expect(try await cluster.inspect(name, "{{.Id}} {{.State.StartedAt}}") == before)
        try await kept(cluster)
    }

    /// C11: the kernel kills the primary's first process for want of memory, and all of the node with it.
    private func allMemory(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let primary = try await cluster.primary()
        _ = try? await cluster.docker(
            "exec", primary, "sh", "-c",
            "echo 1000 >/proc/1/oom_score_adj; head -c 3000m /dev/zero | tail -n 1 >/dev/null")
        try await cluster.event(after: mark, "release the leader key of \(primary)", "exit code 137")
        try await cluster.event(after: mark, "start ", primary, "out of memory")
        try await kept(cluster)
        #expect(try await cluster.primary() != primary)
    }

    /// C02: the primary's first process is killed from the host, behind Docker's back.
    private func hostKill(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let primary = try await cluster.primary()
        let pid = try await cluster.inspect(primary, "{{.State.Pid}}")
        try await Shell.run(["kill", "-9", pid])
        try await cluster.event(after: mark, "release the leader key of \(primary)", "exit code 137")
        try await kept(cluster)
        #expect(try await cluster.primary() != primary)
    }

    /// A former primary that comes back when nobody writes any more, and whose copy's end is no record's end.
    private func lateReturn(_ cluster: ClusterFixture) async throws {
        let before = try await cluster.primary()
        try await cluster.command("pause", "--node", before, "--reason", "a late return")
        _ = try await cluster.docker("kill", before)
        let primary = try await eventually("Patroni's own failover") { () -> String? in
            let name = try await cluster.primary()
            return name == before ? nil : name
        }
        // a segment is switched only when something was written since the last switch, and so by nobody but this test
        try await cluster.psql(primary, "alter system set archive_timeout = 0")
        try await cluster.psql(primary, "select pg_reload_conf()")
        try await cluster.psql(primary, "select pg_logical_emit_message(false, 'test', 'written', true)")
        // the background writer adds a record of its own up to 15 seconds after the last one, and would hide it
        var (end, since) = ("", ContinuousClock.now)
        _ = try await eventually("nothing more to be written") { () -> Bool? in
            let now = try await cluster.psql(primary, "select pg_current_wal_insert_lsn()")
            if now != end { (end, since) = (now, .now) }
            return ContinuousClock.now - since > .seconds(17) ? true : nil
        }
        try await cluster.psql(primary, "alter system set archive_timeout = '2s'")
        try await cluster.psql(primary, "select pg_reload_conf()")
        let start = try await eventually("a segment that begins with nothing") { () -> String? in
            let lsn = try await cluster.psql(primary, "select pg_current_wal_insert_lsn()")
            return lsn.hasSuffix("000028") ? lsn : nil
        }
        try await cluster.command("resume", "--node", before)
        try await kept(cluster)
        // sooner or later somebody writes; the controller did not wait for it
        let segment = try await cluster.psql(primary, "select pg_walfile_name('\(start)')")
        let first = try await cluster.docker(
            "exec", primary, "sh", "-c",
            "/usr/lib/postgresql/18/bin/pg_waldump -p \(HealingNodesTests.data)/pg_wal -s \(start) -n 1 \(segment)")
        #expect(first.contains("LogicalMessage") && first.contains("controller"), "\(first)")
        try await cluster.psql(primary, "alter system reset archive_timeout")
        try await cluster.psql(primary, "select pg_reload_conf()")
    }

    /// I02 and I01: the tag moves, then vanishes: what runs goes on. A node that must be made anew waits for the image.
    private func images(_ cluster: ClusterFixture) async throws {
        let tag = "localhost:1/\(cluster.id):18"
        func bodies() async throws -> String {
            var all = ""
            for node in 1...3 { all += try await cluster.inspect(cluster.node(node), "{{.Id}} {{.State.StartedAt}} ") }
            return all
        }
        let before = try await bodies()
        _ = try await cluster.docker("tag", "pg-controller/etcd:3.5", tag)
        #expect(try await cluster.command("plan").contains("No changes"))
        _ = try await cluster.docker("rmi", tag)
        #expect(try await cluster.command("plan").contains("No changes"))
        let name = try await replicas(cluster)[0]
        #expect(try await bodies() == before)
        _ = try await cluster.docker("rm", "-f", name)
        _ = try await condition(cluster, "ImageMissing", tag)
        _ = try await cluster.docker("tag", HealingNodesTests.image, tag)
        try await kept(cluster)
    }

    /// V06, U11, C13: somebody made our container anew with a read-only volume and another environment, while nobody
    /// watched; and left another that was only created.
    private func settings(_ cluster: ClusterFixture) async throws {
        cluster.kill()
        let mark = cluster.mark
        let names = try await replicas(cluster)
        for (name, verb) in zip(names, [["run", "-d"], ["create"]]) {
            _ = try await cluster.docker("rm", "-f", name)
            let label = "io.pg-controller"
            try await Shell.run(
                ["docker"] + verb + [
                    "--name", name, "--label", "\(label).cluster=\(cluster.id)", "--label", "\(label).component=node",
                    "--label", "\(label).name=\(name)", "--network", cluster.network, "-e", "PATRONI_TTL=7",
                    "-v", "\(name)-data:/var/lib/postgresql:ro", HealingNodesTests.image,
                ])
        }
        try cluster.run()
        for name in names { try await cluster.event(after: mark, name, "remove", "volumes", ":ro", "environment") }
        try await kept(cluster)
        for name in names {
            #expect(try await cluster.inspect(name, "{{range .Mounts}}{{.RW}} {{end}}").contains("false") == false)
            #expect(try await !cluster.inspect(name, "{{.Config.Env}}").contains("PATRONI_TTL"))
        }
    }

    /// C09 where the container lives: PostgreSQL refuses its settings, and its own last words are in the status.
    private func failingServer(_ cluster: ClusterFixture) async throws {
        let name = try await replicas(cluster)[0]
        let file = "\(HealingNodesTests.data)/postgresql.auto.conf"
        // PostgreSQL prints what it refuses: a secret in the wrong place must not travel into the status
        let secret = try await cluster.command("password", "pgadmin")
        _ = try await cluster.docker("exec", name, "sh", "-c", "echo \"work_mem = '\(secret)'\" >> \(file)")
        _ = try await cluster.docker("kill", name)
        let found = try await eventually("the reason in the status") {
            try await cluster.status().conditions.first { condition in
                condition.type == "CrashLoop" && condition.message.contains(name)
                    && condition.details.contains { $0.contains("\"work_mem\": \"[postgres-admin]\"") }
            }
        }
        #expect(found.details.count <= 20)
        try await withoutSecrets(found.details, cluster)
        _ = try await cluster.docker("exec", name, "sed", "-i", "/^work_mem/d", file)
        try await kept(cluster)
    }

    /// U02: somebody stops a node again and again; it is started later each time, and they are told what to do instead.
    private func stoppingHand(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        // not the one that was just killed: the back-off remembers
        let name = try await replicas(cluster)[1]
        // the engine remembers 256 events only, so somebody has to listen
        let (listener, ends) = (Running(), cluster.directory + "/ends")
        defer { listener.kill() }
        try listener.start(
            ["docker", "events", "--since", String(Int(Date().timeIntervalSince1970))]
                + ["--filter", "container=\(name)", "--filter", "event=die"]
                + ["--format", "{{.Actor.Attributes.exitCode}}"], log: ends)
        let found = try await eventually("word of maintenance") { () -> Status.Condition? in
            if try await cluster.inspect(name, "{{.State.Running}}") == "true" {
                _ = try await cluster.docker("stop", name)
            }
            return try await cluster.status().conditions.first {
                $0.type == "CrashLoop" && $0.message.contains(name) && $0.message.contains("maintenance: true")
            }
        }
        #expect(!found.details.isEmpty)
        try await withoutSecrets(found.details, cluster)
        try await cluster.event(after: mark, "CrashLoop is True", name, "its last lines")
        // some of them came just after a start, when nothing but the kernel can keep a signal
        let exits = try String(contentsOfFile: ends, encoding: .utf8).split(separator: "\n")
        #expect(exits.count > 1 && !exits.contains("137"), "killed: \(exits)")
        try await kept(cluster)
    }

    private func withoutSecrets(_ lines: [String], _ cluster: ClusterFixture) async throws {
        let folder = "\(cluster.state)/\(cluster.id)/secrets"
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let secret = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
            #expect(!lines.contains { $0.contains(secret) }, "\(file) is in the last lines")
        }
    }

    /// V02: the primary's files are gone while it runs; another leads with all data, and it comes back as a copy.
    private func wipedPrimary(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let identity = "select system_identifier from pg_control_system()"
        let before = try await cluster.psql(primary, identity)
        try await cluster.wipe(primary)
        _ = try await eventually("another primary") {
            try await cluster.status().nodes.first { $0.role == "primary" && $0.name != primary }
        }
        try await kept(cluster)
        #expect(try await cluster.psql(try await cluster.primary(), identity) == before)
        #expect(try await cluster.psql(primary, "select pg_is_in_recovery()") == "t")
    }

    /// V04: every node's volume is gone. No empty primary, ever: the condition says what happened, and a person decides.
    private func dataLost(_ cluster: ClusterFixture) async throws {
        let names = (1...3).map(cluster.node)
        // the controller makes them anew meanwhile; what counts is the moment when all are gone together
        cluster.kill()
        _ = try await Shell.run(["docker", "rm", "-f"] + names)
        _ = try await cluster.docker(["volume", "rm"] + names.map { $0 + "-data" })
        // the lease of the last leader still holds
        try cluster.run()
        _ = try await condition(cluster, "DataLost", "Nothing is started or created")
        let status = try await cluster.status()
        #expect(!status.ready && !status.nodes.contains { $0.role == "primary" })
        for name in names {
            let found = try await cluster.docker(
                "run", "--rm", "-v", "\(name)-data:/v", "--entrypoint", "find", HealingNodesTests.image, "/v", "-name",
                "PG_VERSION")
            #expect(found.isEmpty, "\(name) was initialised: \(found)")
        }
        let stanza = "\(cluster.repository):/r"
        let copies = try await cluster.docker(
            "run", "--rm", "-v", stanza, "--entrypoint", "sh", HealingNodesTests.image, "-c",
            "find /r -name 'backup.manifest' | wc -l")
        #expect(Int(copies) ?? 0 > 0, "the repository keeps its backup")
    }
}
