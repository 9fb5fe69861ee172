import Foundation
import TestSupport
import Testing

/// A repository in S3-compatible storage, encrypted: real storage, real TLS, and no secret where it can be seen.
@Suite("A repository in S3, encrypted")
struct ObjectStorageTests {
    @Test("is backed up to, verified, restored from in place and beside, and found again when every node is gone")
    func works() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1) { cluster in
            let storage = try await ObjectStorage.start(for: cluster)
            try cluster.edit(
                "    volume: \(cluster.repository)",
                try storage.manifest(for: cluster, indent: "    ") + "    encryption: {cipher: aes-256-cbc}")
            try cluster.run()
            try await cluster.ready()
            try await cluster.psql(
                try await cluster.primary(), "create table books as select n from generate_series(1, 1000) as n")
            let answer = try await cluster.command("backup", "--type", "incr")
            #expect(answer.contains("(incr) is in the repository"))
            #expect(try await cluster.held().backups.map(\.type) == ["full", "incr"])
            // after the newest backup, from which a restore to a name starts; the verification below waits for nothing
            try await cluster.psql(try await cluster.primary(), "select pg_create_restore_point('before')")
            try await cluster.psql(try await cluster.primary(), "create table later as select 1 as n")
            try await cluster.psql(try await cluster.primary(), "select pg_switch_wal()")
            #expect(try await cluster.command("verify").contains("verify: passed"))
            #expect(try await cluster.command("drill").contains("drill: passed"))
            let volumes = try await cluster.docker("volume", "ls", "-q", "--filter", "name=\(cluster.id)")
            #expect(!volumes.contains("repo"))
            let passphrase = try await cluster.command("password", "--repository")
                .trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(passphrase.count == 32)
            try await hides([storage.key, storage.secret, passphrase], cluster)
            try await isNoPlainText(storage, cluster)
            try await founds(from: storage, passphrase, besides: cluster)
            try await returns(cluster)
        }
    }

    /// Neither Docker nor the logs nor the events show what opens the repository.
    private func hides(_ secrets: [String], _ cluster: ClusterFixture) async throws {
        let label = "label=io.pg-controller.cluster=\(cluster.id)"
        let ids = try await cluster.docker("ps", "-aq", "--filter", label).split(separator: "\n").map(String.init)
        var seen = try await Shell.run(["docker", "inspect"] + ids) + cluster.events
        for id in ids { seen += (try? await cluster.docker("logs", id)) ?? "" }
        seen += (try? String(contentsOfFile: cluster.directory + "/controller.log", encoding: .utf8)) ?? ""
        seen += try await cluster.command("status", "--output", "json")
        seen += try await cluster.docker(
            "exec", cluster.node(1), "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/1/environ | tr '\\0' ' '")
        for secret in secrets { #expect(!seen.contains(secret)) }
        // the access key is the storage's own, and nobody else's
        let mode = try await cluster.docker(
            "exec", cluster.node(1), "stat", "-c", "%a %U", "/etc/controller/pgbackrest.conf")
        #expect(mode.contains("400 postgres"))
    }

    /// What lies in the bucket begins as OpenSSL's encrypted files do.
    private func isNoPlainText(_ storage: ObjectStorage, _ cluster: ClusterFixture) async throws {
        let head = try await cluster.docker(
            "exec", cluster.node(1), "sh", "-c", "pgbackrest repo-get --raw backup/pg-ha/backup.info | head -c 8")
        #expect(head.hasPrefix("Salted__"))
    }

    /// Another cluster, with an encrypted volume of its own, founded on a restore point in this one's bucket.
    private func founds(from storage: ObjectStorage, _ passphrase: String, besides old: ClusterFixture) async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            try await storage.join(cluster)
            var text = "  bootstrap:\n    recovery:\n      name: before\n      from:\n        stanza: pg-ha\n"
            text += try storage.manifest(for: cluster, indent: "        ")
            text += "        encryption: {cipher: aes-256-cbc, passphraseFile: secrets/passphrase}\n"
            let file = cluster.directory + "/secrets/passphrase"
            try passphrase.write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            try cluster.append(text)
            try cluster.edit(
                "    volume: \(cluster.repository)",
                "    volume: \(cluster.repository)\n    encryption: {cipher: aes-256-cbc}")
            try cluster.run()
            try await cluster.ready()
            #expect(try await cluster.psql(try await cluster.primary(), "select count(*) from books") == "1000")
            #expect(try await cluster.psql(try await cluster.primary(), "select to_regclass('later') is null") == "t")
            #expect(try await cluster.held().backups.map(\.type) == ["full"])
            // a network that somebody is on cannot be removed
            _ = try await cluster.docker("network", "disconnect", "-f", cluster.clientNetwork, storage.name)
        }
    }

    /// All nodes are gone, and the store with them: nothing is bootstrapped again, because the bucket says that there was a
    /// cluster; and it comes back from there.
    private func returns(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        try await cluster.psql(primary, "create table last_words as select 9 as n")
        let segment = try await cluster.psql(primary, "select pg_walfile_name(pg_switch_wal())")
        _ = try await eventually("the last words to be archived") { () -> Bool? in
            let archived = try await cluster.psql(
                primary, "select coalesce(last_archived_wal, '') from pg_stat_archiver")
            return archived.prefix(24) >= segment.prefix(24) ? true : nil
        }
        cluster.kill()
        _ = try await cluster.docker("rm", "-f", cluster.node(1), cluster.node(2), cluster.member(1))
        let volumes = try await cluster.docker(
            "volume", "ls", "-q", "--filter", "label=io.pg-controller.cluster=\(cluster.id)")
        _ = try await cluster.docker(["volume", "rm"] + volumes.split(separator: "\n").map(String.init))
        try cluster.run()
        _ = try await eventually("DataLost") { () -> Bool? in
            try await cluster.status().has("DataLost") ? true : nil
        }
        try await cluster.command("restore", "--latest", "--yes", cluster.id)
        try await cluster.ready()
        #expect(try await cluster.psql(try await cluster.primary(), "select n from last_words") == "9")
    }
}
