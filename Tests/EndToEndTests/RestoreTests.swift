import Foundation
import TestSupport
import Testing

@Suite("A table that was dropped by mistake")
struct RestoreTests {
    @Test("comes back to the second before: in a new cluster beside the old one, and in place")
    func comesBack() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let moment = try await dropBooks(cluster)
            try await founds(besides: cluster, at: moment)
            try await turnsBack(cluster, to: moment)
            try await refuses(cluster)
            try await returns(cluster)
        }
    }

    /// A table with rows, and its loss; the moment in between.
    private func dropBooks(_ cluster: ClusterFixture) async throws -> String {
        let primary = try await cluster.primary()
        try await cluster.psql(primary, "create table books as select n from generate_series(1, 1000) as n")
        let moment = try await cluster.psql(primary, "select clock_timestamp()")
        try await cluster.psql(primary, "drop table books")
        try await cluster.psql(primary, "create table later as select 1 as n")
        try await cluster.psql(primary, "select pg_switch_wal()")
        return moment
    }

    private func founds(besides old: ClusterFixture, at moment: String) async throws {
        // PostgreSQL stops at a moment only when it sees a later commit in the archive
        let dropped = try await old.psql(try await old.primary(), "select pg_walfile_name(pg_current_wal_lsn() - 1)")
        _ = try await eventually("the drop to be archived") { () -> Bool? in
            let archived = try await old.psql(
                try await old.primary(), "select coalesce(last_archived_wal, '') from pg_stat_archiver")
            return archived.prefix(24) >= dropped.prefix(24) ? true : nil
        }
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            try cluster.append(
                """
                  bootstrap:
                    recovery:
                      from: {volume: \(old.repository), stanza: pg-ha}
                      time: "\(moment)"

                """)
            try cluster.run()
            // a restore that is killed in the middle is repeated, and nothing is started on the half of it
            let task = cluster.id + "-restore"
            _ = try await eventually("the restore to begin") {
                try await cluster.inspect(task, "{{.State.Running}}") == "true" ? true : nil
            }
            _ = try? await cluster.docker("kill", task)
            try await onlyBegan(cluster)
            try await cluster.ready()
            let primary = try await cluster.primary()
            #expect(try await cluster.psql(primary, "select count(*) from books") == "1000")
            #expect(try await cluster.psql(primary, "select to_regclass('later') is null") == "t")
            // its own archive, of its own timeline
            let list = try await cluster.command("backups")
            #expect(list.contains("full"))
        }
        #expect(try await old.psql(try await old.primary(), "select to_regclass('books') is null") == "t")
    }

    /// However far it came: as if pgBackRest had been killed between its first directories and its manifest.
    private func onlyBegan(_ cluster: ClusterFixture) async throws {
        _ = try await cluster.docker(
            "run", "--rm", "--user", "999:999", "-v", "\(cluster.node(1))-data:/v", "--entrypoint", "sh",
            ClusterFixture.nodeImage, "-c",
            ": > /v/.unfinished-restore; rm -rf /v/data/* && mkdir -p /v/data/base/5")
    }

    private func turnsBack(_ cluster: ClusterFixture, to moment: String) async throws {
        let primary = try await cluster.primary()
        let before = try await cluster.inspect(primary, "{{range .Mounts}}{{.Name}} {{end}}")
        let answer = try await cluster.command("restore", "--time", moment, "--yes", cluster.id)
        #expect(answer.contains("restored to"))
        try await cluster.ready()
        let leader = try await cluster.primary()
        #expect(try await cluster.psql(leader, "select count(*) from books") == "1000")
        #expect(try await cluster.psql(leader, "select to_regclass('later') is null") == "t")
        // the old data stays, in volumes that nothing uses
        for volume in before.split(separator: " ").map(String.init) {
            #expect(try await cluster.docker("volume", "inspect", "-f", "{{.Name}}", volume) == volume)
        }
        #expect(try await cluster.status().has("VolumeRetained"))
        // and what is archived now can be restored again: a backup on the new timeline
        try await cluster.psql(leader, "create table after_restore as select 1 as n")
    }

    private func refuses(_ cluster: ClusterFixture) async throws {
        for (words, why) in [
            (["--time", "2001-01-01 00:00:00Z", "--yes", cluster.id], "lies before the oldest backup"),
            (["--time", "2001-01-01 00:00:00", "--yes", cluster.id], "with its zone"),
            (["--immediate", "--yes", "another"], "that is not \(cluster.id)"),
        ] {
            let error = await #expect(throws: ShellError.self) {
                try await Shell.run([Program.path, "restore"] + words + cluster.options)
            }
            #expect(error?.description.contains(why) == true, "\(error?.description ?? "no error")")
        }
        // only PostgreSQL knows the names of restore points: it is asked beside the cluster, which goes on
        let error = await #expect(throws: ShellError.self) {
            try await cluster.command("restore", "--name", "nowhere", "--yes", cluster.id)
        }
        #expect(error?.description.contains("choose another target: any moment from") == true, "\(error as Any)")
        try await cluster.command("restore", "--cancel")
        try await cluster.ready()
        #expect(try await cluster.psql(try await cluster.primary(), "select n from after_restore") == "1")
    }

    /// V04: every data volume is gone. Nothing is created in their place until somebody says restore.
    private func returns(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        try await cluster.psql(primary, "create table last_words as select 9 as n")
        try await cluster.psql(primary, "select pg_switch_wal()")
        let segment = try await cluster.psql(primary, "select pg_walfile_name(pg_current_wal_lsn() - 1)")
        _ = try await eventually("the last words to be archived") { () -> Bool? in
            let archived = try await cluster.psql(
                primary, "select coalesce(last_archived_wal, '') from pg_stat_archiver")
            return archived.prefix(24) >= segment.prefix(24) ? true : nil
        }
        cluster.kill()
        _ = try await cluster.docker("rm", "-f", cluster.node(1), cluster.node(2))
        let volumes = try await cluster.docker(
            "volume", "ls", "-q", "--filter", "label=io.pg-controller.cluster=\(cluster.id)", "--filter",
            "label=io.pg-controller.component=node")
        _ = try await cluster.docker(["volume", "rm"] + volumes.split(separator: "\n").map(String.init))
        try cluster.run()
        _ = try await eventually("DataLost") { () -> Bool? in
            try await cluster.status().has("DataLost") ? true : nil
        }
        try await cluster.command("restore", "--latest", "--yes", cluster.id)
        try await cluster.ready()
        let leader = try await cluster.primary()
        #expect(try await cluster.psql(leader, "select n from last_words") == "9")
        #expect(try await cluster.psql(leader, "select count(*) from books") == "1000")
    }
}
