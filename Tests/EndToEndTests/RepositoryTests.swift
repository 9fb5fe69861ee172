import Foundation
import TestSupport
import Testing

/// What can happen to a repository and to the jobs on it, one after the other in one cluster.
@Suite("A repository that goes wrong")
struct RepositoryTests {
    @Test("is told of, left alone, or begun again when a person says so; backups go on, and no row is lost")
    func survives() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1) { cluster in
            try await smallRepository(cluster)
            try cluster.run()
            try await cluster.ready()
            try await cluster.psql(
                try await cluster.primary(),
                "create table kept as select n, md5(n::text) || md5((-n)::text) as t from generate_series(1, 600000) as n"
            )
            try await cutOff(cluster)
            try await closed(cluster)
            try await full(cluster)
            try await anothers(cluster)
            try await lost(cluster)
            #expect(try await cluster.psql(try await cluster.primary(), "select count(*) from kept") == "600000")
        }
    }

    /// A repository in memory, which can be filled without harm to anybody else. It does not say what it is for: a cluster
    /// of which there is a repository exists, and its secrets would not be made.
    private func smallRepository(_ cluster: ClusterFixture) async throws {
        var words = ["docker", "volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs"]
        words += ["--opt", "o=size=320m,uid=999,gid=999,mode=0750"]
        for (name, value) in [("cluster", cluster.id), ("name", cluster.repository)] {
            words += ["--label", "io.pg-controller.\(name)=\(value)"]
        }
        _ = try await Shell.run(words + [cluster.repository])
    }

    // MARK: - B04

    /// A backup that is killed, and one whose primary is killed: the next try succeeds, whatever locks stay behind.
    private func cutOff(_ cluster: ClusterFixture) async throws {
        let task = cluster.id + "-backup"
        for victim in [task, try await cluster.primary()] {
            let before = try await cluster.held().backups.count
            async let asked: String? = try? cluster.command("backup", "--type", "full")
            _ = try await eventually("the backup to begin") { () -> Bool? in
                guard try await cluster.inspect(task, "{{.State.Running}}") == "true" else { return nil }
                return try await cluster.docker("logs", task).contains("execute") ? true : nil
            }
            _ = try await cluster.docker("kill", victim)
            let primary = try await cluster.primary()
            _ = try? await cluster.docker(
                "exec", primary, "sh", "-c", "mkdir -p /tmp/pgbackrest; : >> /tmp/pgbackrest/pg-ha-backup-1.lock")
            _ = await asked
            try await cluster.backups(beyond: before)
        }
        try await cluster.ready()
        #expect(try await !cluster.status().bad.contains { $0.hasPrefix("BackupFailed") })
    }

    // MARK: - B03 and B10

    /// Nobody may write into the archive: told within a minute, WAL is kept, and it clears by itself. Targets that cannot
    /// be reached are refused with the ones that can.
    private func closed(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let mode = { (mode: String) in
            _ = try await cluster.docker("exec", primary, "chmod", mode, "/var/lib/pgbackrest/archive/pg-ha")
        }
        let (start, mark) = (ContinuousClock.now, cluster.mark)
        try await mode("000")
        try await cluster.psql(primary, "create table closed as select 1 as n")
        let segment = try await cluster.psql(primary, "select pg_walfile_name(pg_switch_wal())")
        try await cluster.event(after: mark, "Archiving is False")
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(try await cluster.status().bad.contains { $0.hasPrefix("Archiving") })
        let kept = "select count(*) from pg_ls_waldir() where name = '\(segment)'"
        #expect(try await cluster.psql(primary, kept) == "1")
        try await mode("750")
        try await traffic(cluster, primary)
        _ = try await eventually("archiving to work again by itself") { () -> Bool? in
            try await cluster.status().has("Archiving") ? true : nil
        }
        for (words, why) in [
            (["--time", "2001-01-01 00:00:00Z"], "lies before the oldest backup"),
            (["--time", "2100-01-01 00:00:00Z"], "lies after the newest archived WAL; backups reach from"),
            (["--time", "2026-01-01 00:00:00"], "with its zone"),
            (["--latest", "--backup", "20010101-000000F"], "there is no backup 20010101-000000F"),
        ] {
            let error = await #expect(throws: ShellError.self) {
                try await Shell.run(
                    [Program.path, "restore"] + words + ["--yes", cluster.id] + cluster.options)
            }
            #expect(error?.description.contains(why) == true, "\(error?.description ?? "no error")")
        }
    }

    // MARK: - B08

    /// The disk under the repository is full: it is said so, a backup that is due waits, the old ones stay, and once there
    /// is room it is taken.
    private func full(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let before = try await cluster.held().backups
        _ = try? await cluster.docker(
            "exec", primary, "sh", "-c", "cat /dev/zero > /var/lib/pgbackrest/filler 2>/dev/null")
        try await cluster.psql(primary, "insert into kept select n, 'full' from generate_series(1, 100) as n")
        try await cluster.psql(primary, "select pg_switch_wal()")
        _ = try await eventually("Archiving to be False for want of space") { () -> Bool? in
            try await cluster.status().bad.contains { $0.contains("No space left on device") } ? true : nil
        }
        async let asked: String? = try? cluster.command("backup", "--type", "full")
        _ = try await eventually("BackupFailed") { () -> Bool? in
            try await cluster.status().bad.contains { $0.hasPrefix("BackupFailed") } ? true : nil
        }
        #expect(try await cluster.held().backups.map(\.label) == before.map(\.label))
        _ = try await cluster.docker("exec", primary, "rm", "/var/lib/pgbackrest/filler")
        try await traffic(cluster, primary)
        try await cluster.backups(beyond: before.count)
        #expect(await asked?.contains("(full) is in the repository") == true)
    }

    /// After three failures PostgreSQL tries again within a minute, or when the next segment is complete.
    private func traffic(_ cluster: ClusterFixture, _ primary: String) async throws {
        try await cluster.psql(primary, "delete from kept where t = 'full'")
        try await cluster.psql(primary, "select pg_switch_wal()")
    }

    // MARK: - B02

    /// Another cluster's stanza lies where ours was: told with the way out, not one byte of it is touched; under another
    /// name this cluster's backups begin anew.
    private func anothers(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let script = """
            set -e; cd /var/lib/pgbackrest
            initdb -D /tmp/d >/dev/null; pg_ctl -D /tmp/d -o "-k /tmp -h ''" -w start >/dev/null
            mkdir aside; mv archive backup aside/
            : > /tmp/none; pgbackrest --config=/tmp/none --stanza=pg-ha --repo1-path=/var/lib/pgbackrest \
              --pg1-path=/tmp/d --pg1-socket-path=/tmp --log-level-file=off stanza-create
            """
        let mark = cluster.mark
        _ = try await Shell.run([
            "docker", "run", "--rm", "-v", "\(cluster.repository):/var/lib/pgbackrest", "--entrypoint", "sh",
            try await cluster.inspect(primary, "{{.Config.Image}}"), "-c", script,
        ])
        let sums = {
            try await cluster.docker(
                "exec", primary, "sh", "-c",
                "cd /var/lib/pgbackrest; find archive/pg-ha backup/pg-ha aside -type f | sort | xargs sha1sum")
        }
        let before = try await sums()
        try cluster.append("# look again\n")
        try await cluster.event(after: mark, "OtherSystemIdentifier")
        #expect(try await cluster.status().bad.contains { $0.contains("Write another `backups.stanza`") })
        try cluster.edit("    volume: \(cluster.repository)", "    volume: \(cluster.repository)\n    stanza: anew")
        _ = try await eventually("a backup under the new name") { () -> Bool? in
            try await cluster.held().backups.count == 1 ? true : nil
        }
        try await cluster.ready()
        #expect(try await sums() == before)
    }

    // MARK: - B01

    /// The repository's volume is gone with all in it: an alarm, and nothing is begun in the new one, until a person gives
    /// the old backups up. Emptied by hand it is the same, and putting the files back is enough.
    private func lost(_ cluster: ClusterFixture) async throws {
        let held = try await cluster.held().backups.map(\.label)
        let move = { (from: String, to: String) in
            let move = "mkdir -p /var/lib/pgbackrest/kept; cd /var/lib/pgbackrest/\(from) && mv archive backup \(to)"
            _ = try await cluster.docker("exec", try await cluster.primary(), "sh", "-c", move)
        }
        var mark = cluster.mark
        try await move(".", "kept/")
        try await cluster.event(after: mark, "RepositoryLost is True")
        #expect(try await cluster.status().bad.contains { $0.hasPrefix("RepositoryLost") })
        mark = cluster.mark
        try await move("kept", "../")
        try await cluster.event(after: mark, "RepositoryLost is over")
        #expect(try await cluster.held().backups.map(\.label) == held)

        mark = cluster.mark
        _ = try await eventually("the volume to go") {
            let users = try await cluster.docker("ps", "-aq", "--filter", "volume=\(cluster.repository)")
            _ = try await Shell.run(["docker", "rm", "-f"] + users.split(separator: "\n").map(String.init))
            return try await cluster.docker("volume", "rm", cluster.repository)
        }
        // either by the controller's own request, or by Docker, when a node that needs it was just being made
        try await cluster.event(after: mark, "BackupAvailable is False", "nothing can be restored")
        try await cluster.event(after: mark, "RepositoryLost is True", "put its volume back")
        _ = try await eventually("a primary and its standby") { () -> Bool? in
            try await cluster.status().has("ReplicasStreaming") ? true : nil
        }
        _ = try await cluster.docker(
            "exec", try await cluster.primary(), "sh", "-c", "test -z \"$(ls /var/lib/pgbackrest)\"")
        #expect(try await cluster.command("backup", "--type", "full").contains("(full) is in the repository"))
        try await cluster.event(after: mark, "BackupAvailable is True")
        try await cluster.ready()
        let owner = "{{index .Labels \"io.pg-controller.cluster\"}}"
        #expect(try await cluster.docker("volume", "inspect", "-f", owner, cluster.repository) == cluster.id)
        #expect(try await cluster.held().backups.map(\.type) == ["full"])
        #expect(try await cluster.command("verify").contains("verify: passed"))
    }
}
