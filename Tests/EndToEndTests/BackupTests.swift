import Foundation
import TestSupport
import Testing

@Suite("Backups of a cluster")
struct BackupTests {
    @Test("are taken from a standby, kept as asked, proven, copied from, and found out when they are damaged")
    func backups() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1) { cluster in
            try cluster.edit(
                "    volume: \(cluster.repository)", "    volume: \(cluster.repository)\n    retention: {full: 2}")
            let sizes = ["max_wal_size: 64MB", "wal_keep_size: 16MB", "min_wal_size: 32MB"].map { "\n      " + $0 }
            try cluster.edit("      max_connections: 100", "      max_connections: 100" + sizes.joined())
            try cluster.run()
            try await cluster.ready()
            let primary = try await cluster.primary()
            try await cluster.psql(
                primary, "create table things as select n, repeat('x', 200) as t from generate_series(1, 20000) as n")
            try await chain(cluster)
            try await proof(cluster)
            try await targets(cluster)
            try await replica(cluster)
            try await unusable(cluster)
            try await slot(cluster)
            try await gap(cluster)
            try await damage(cluster)
        }
    }

    /// Full and incremental backups, from the standby, and never more fulls than asked for.
    private func chain(_ cluster: ClusterFixture) async throws {
        for type in ["incr", "full", "full", "incr"] {
            let answer = try await cluster.command("backup", "--type", type)
            #expect(answer.contains("(\(type)) is in the repository"))
        }
        let log = try await cluster.docker("logs", "\(cluster.id)-backup")
        #expect(log.contains("wait for replay on the standby"))
        let report = try await cluster.held()
        #expect(report.backups.filter { $0.type == "full" }.count == 2)
        #expect(report.backups.last?.type == "incr")
        #expect(report.backups.last?.prior == report.backups.last { $0.type == "full" }?.label)
        #expect(report.recoverableFrom != nil)
    }

    private func proof(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let drill = try await cluster.command("drill")
        #expect(drill.contains("drill: passed") && drill.contains("vector searches"))
        // what it restores may hold anything: nothing is reached from there
        #expect(try await cluster.inspect("\(cluster.id)-drill", "{{.HostConfig.NetworkMode}}") == "none")
        let rows = drill.firstMatch(of: /([0-9]+) rows/).flatMap { Int($0.1) } ?? 0
        #expect(rows >= 20_000)
        #expect(try await cluster.command("verify").contains("verify: passed"))
        #expect(try await cluster.status().has("RestoreProven"))
        #expect(try await cluster.status().has("RepositoryVerified"))
        // what comes with the hours is no reason to call the cluster unready
        let told = cluster.events.utf8.dropFirst(mark).split(separator: UInt8(ascii: "\n")).compactMap { String($0) }
        #expect(!told.contains { $0.contains("Ready is False") && $0.contains("changes are due") })
        _ = try await eventually("both checks to be kept") { () -> Bool? in
            let keys = try await cluster.docker(
                "exec", cluster.member(1), "etcdctl", "get", "--prefix", "--keys-only",
                "/controller/\(cluster.id)/checks/")
            return keys.contains("drill-") && keys.contains("verify-") ? true : nil
        }
    }

    /// Each kind of target stops where it says: the rows of a table tell. Real restores, by the options of the real ones.
    private func targets(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let insert = { (n: Int) in "insert into marks values (\(n)) returning pg_current_xact_id()" }
        try await cluster.psql(primary, "create table marks (n int)")
        try await cluster.command("backup", "--type", "incr")
        try await cluster.psql(primary, insert(1))
        let lsn = try await cluster.psql(primary, "select pg_current_wal_lsn()")
        let xid = try await cluster.psql(primary, insert(2))
        try await cluster.psql(primary, insert(3))
        try await cluster.psql(primary, "select pg_create_restore_point('third')")
        try await cluster.psql(primary, insert(4))
        let segment = try await cluster.psql(primary, "select pg_walfile_name(pg_switch_wal())")
        _ = try await eventually("the marks to be archived") { () -> Bool? in
            let last = try await cluster.psql(primary, "select coalesce(last_archived_wal, '') from pg_stat_archiver")
            return last.prefix(24) >= segment.prefix(24) ? true : nil
        }
        let base = try await rows(cluster, ["--type=immediate", "--target-action=promote"])
        for (type, target, count) in [("lsn", lsn, 1), ("xid", xid, 2), ("name", "third", 3)] {
            let seen = try await rows(cluster, ["--type=\(type)", "--target=\(target)", "--target-action=promote"])
            #expect(seen - base == count, "\(type) \(target)")
        }
    }

    /// How many rows a drill to a target counts.
    private func rows(_ cluster: ClusterFixture, _ options: [String]) async throws -> Int {
        let name = cluster.id + "-target"
        let image = try await cluster.inspect(cluster.node(1), "{{.Config.Image}}")
        _ = try await Shell.run(
            ["docker", "create", "--rm", "--name", name, "--label", "io.pg-controller.cluster=\(cluster.id)", "-v"]
                + ["\(cluster.repository):/var/lib/pgbackrest:ro", image, "task", "drill", "--stanza=pg-ha"] + options)
        // as a stream, which keeps the owner
        let folder = "/etc/controller"
        _ = try await Shell.run([
            "sh", "-c", "docker cp \(cluster.id)-drill:\(folder)/pgbackrest.conf - | docker cp - \(name):\(folder)",
        ])
        let log = try await cluster.docker("start", "-a", name)
        return try #require(log.firstMatch(of: /"rows": ([0-9]+)/).flatMap { Int($0.1) }, "\(log.suffix(500))")
    }

    /// A replica whose volume is gone is copied from the repository, and then streams.
    private func replica(_ cluster: ClusterFixture) async throws {
        let log = try await renewed(cluster)
        #expect(log.contains("clone: restoring"))
        #expect(log.contains("replica has been created using repository"))
    }

    /// What is in the repository cannot be restored: the replica falls back to a copy of the primary by itself.
    private func unusable(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let swap = { (from: String, to: String) in
            let script = "cd /var/lib/pgbackrest/backup/pg-ha && for b in 2*; do mv $b/\(from) $b/\(to); done"
            _ = try await cluster.docker("exec", primary, "sh", "-ec", script)
        }
        try await swap("pg_data", "aside")
        let log = try await renewed(cluster)
        #expect(log.contains("clone: restoring"))
        #expect(log.contains("replica has been created using basebackup"))
        try await swap("aside", "pg_data")
    }

    /// Takes a replica's volume away, waits until it streams again, and returns how that came about.
    private func renewed(_ cluster: ClusterFixture) async throws -> String {
        let name = try #require(try await cluster.status().nodes.first { $0.role == "replica" }?.name)
        _ = try await eventually("the volume to go") {
            _ = try await cluster.docker("rm", "-f", name)
            return try await cluster.docker("volume", "rm", name + "-data")
        }
        try await cluster.ready()
        #expect(try await cluster.psql(name, "select count(*) from things") == "20000")
        return try await cluster.docker("logs", name)
    }

    /// A slot that nobody reads from holds WAL back: told by its name, with the limit, and over once it is dropped.
    private func slot(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        try await cluster.psql(primary, "select pg_create_physical_replication_slot('forgotten', true)")
        for n in 1...12 {
            try await cluster.psql(primary, "create table slot\(n) (n int)")
            try await cluster.psql(primary, "drop table slot\(n)")
            try await cluster.psql(primary, "select pg_switch_wal()")
        }
        _ = try await eventually("WALGrowing") { () -> Bool? in
            try await cluster.status().bad.contains {
                $0.hasPrefix("WALGrowing") && $0.contains("slot forgotten") && $0.contains("max_slot_wal_keep_size")
            } ? true : nil
        }
        try await cluster.psql(primary, "select pg_drop_replication_slot('forgotten')")
        _ = try await eventually("WALGrowing to be over") { () -> Bool? in
            try await cluster.psql(primary, "checkpoint")
            return try await cluster.status().bad.contains { $0.hasPrefix("WALGrowing") } ? nil : true
        }
    }

    /// A WAL segment that is not in the archive is found, though pgBackRest's own verification says that all is well.
    private func gap(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        try await cluster.psql(primary, "create table more as select 1 as n")
        try await cluster.psql(primary, "select pg_switch_wal()")
        try await cluster.command("backup", "--type", "full")
        let report = try await cluster.held()
        let start = try #require(report.backups.last?.firstSegment)
        let list = try await cluster.docker(
            "exec", primary, "sh", "-c", "find /var/lib/pgbackrest/archive -name '0*-*' | sort")
        // only the way from an older backup to the newest one needs it
        let file = try #require(
            list.split(separator: "\n").map(String.init).last {
                ($0.split(separator: "/").last ?? "").prefix(24) < start
            })
        let segment = String((file.split(separator: "/").last ?? "").prefix(24))
        _ = try await cluster.docker("exec", primary, "mv", file, "/var/lib/pgbackrest/aside")
        let error = await #expect(throws: ShellError.self) { try await cluster.command("verify") }
        #expect(error?.description.contains("\(segment) is missing") == true, "\(error?.description ?? "not found")")
        _ = try await eventually("RepositoryVerified=False") { () -> Bool? in
            try await cluster.status().bad.contains { $0.contains("\(segment) is missing") } ? true : nil
        }
        _ = try await cluster.docker("exec", primary, "mv", "/var/lib/pgbackrest/aside", file)
        #expect(try await cluster.command("verify").contains("verify: passed"))
    }

    /// One byte of the newest full backup is flipped: both checks find it, and a new full backup is the way out.
    private func damage(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let file = try await cluster.docker(
            "exec", primary, "sh", "-c",
            "find /var/lib/pgbackrest/backup/pg-ha/*F/pg_data/base -type f -size +2k | sort | tail -1")
        _ = try await cluster.docker(
            "exec", primary, "sh", "-c",
            "printf '\\377\\000\\377' | dd of=\(file) bs=1 seek=1000 conv=notrunc status=none")
        let error = await #expect(throws: ShellError.self) { try await cluster.command("verify") }
        #expect(error?.description.contains("invalid") == true, "\(error?.description ?? "nothing was found")")
        #expect(try await cluster.status().bad.contains { $0.hasPrefix("RepositoryVerified") })
        try await cluster.command("backup", "--type", "full")
        try await cluster.command("backup", "--type", "full")
        #expect(try await cluster.command("verify").contains("verify: passed"))
    }
}
