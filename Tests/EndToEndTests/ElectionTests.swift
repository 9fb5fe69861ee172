import Foundation
import TestSupport
import Testing

/// Elections that come to nothing, and promotions that nobody elected.
@Suite("An election")
struct ElectionTests {
    @Test("that no replica can win, because it lacks too much, is not waited for: the old primary leads again")
    func noReplicaIsElected() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1) { cluster in
            try cluster.edit("  postgres:\n", "  postgres:\n    synchronous:\n      mode: \"off\"\n")
            try cluster.run()
            try await cluster.ready()
            let primary = try await cluster.primary()
            let replica = [cluster.node(1), cluster.node(2)].first { $0 != primary } ?? ""
            try await cluster.psql(primary, "create table kept as select 5 as n")
            let receiver = try await cluster.psql(replica, "select pid from pg_stat_wal_receiver")
            _ = try await cluster.docker("exec", replica, "sh", "-c", "kill -STOP \(receiver)")
            try await cluster.psql(
                primary,
                "select count(pg_logical_emit_message(false, 'x', repeat('x', 1000000), true)) from generate_series(1, 40)"
            )
            _ = try await eventually("Patroni to write how far the primary is") { () -> Bool? in
                let status = try await cluster.docker(
                    "exec", cluster.member(1), "etcdctl", "get", "--print-value-only", "/service/\(cluster.id)/status")
                let received = try await cluster.psql(replica, "select pg_last_wal_receive_lsn() - '0/0'")
                let written = status.split(separator: "\"optime\":").last?.drop { $0 == " " }.prefix { $0.isNumber }
                guard let written = written.flatMap({ Int($0) }), let received = Int(received) else { return nil }
                return written - received > 30 << 20 ? true : nil
            }
            let mark = cluster.mark
            _ = try await cluster.docker("kill", "-s", "KILL", primary)
            _ = try await eventually("writes after the death", within: .seconds(30)) { () -> Bool? in
                try await cluster.psql(primary, "insert into kept values (6) returning n").contains("6") ? true : nil
            }
            #expect(!cluster.told(after: mark, "release the leader key"))
            _ = try await cluster.docker("exec", replica, "sh", "-c", "kill -CONT \(receiver) || true")
            try await cluster.ready()
            #expect(try await cluster.primary() == primary)
            #expect(try await cluster.psql(replica, "select count(*) from kept where n = 5") == "1")
        }
    }

    @Test("goes before a promotion by hand: it leaves nothing in the archive, and what was left there stops nobody")
    func archiveIsTheLeaders() async throws {
        try await ClusterFixture.with(nodes: 3, etcd: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let primary = try await cluster.primary()
            let replicas = (1...3).map { cluster.node($0) }.filter { $0 != primary }
            let archive = "/var/lib/pgbackrest/archive/*/*"
            _ = try await eventually("an archive") { () -> Bool? in
                try await cluster.psql(primary, "select last_archived_wal is not null from pg_stat_archiver") == "t"
                    ? true : nil
            }

            // a hand promotes a replica (A2)
            let promoted = try await cluster.inspect(replicas[0], "{{.State.StartedAt}}")
            try await cluster.psql(replicas[0], "select pg_promote()")
            _ = try await eventually("Patroni to end it") { () -> Bool? in
                try await cluster.psql(replicas[0], "select count(*) from pg_stat_wal_receiver") == "1" ? true : nil
            }
            try await cluster.ready()
            #expect(try await cluster.inspect(replicas[0], "{{.State.StartedAt}}") == promoted)
            let left = try await cluster.docker("exec", primary, "sh", "-c", "ls \(archive) | grep history || true")
            #expect(left.isEmpty, "left in the archive: \(left)")

            // an image of before had archived it
            _ = try await cluster.docker(
                "exec", primary, "sh", "-c",
                "cd \(archive) && printf '1\\t0/3000000\\tno recovery target specified\\n' >00000002.history")
            for replica in replicas { _ = try await cluster.docker("restart", replica) }
            _ = try await eventually("the replicas to stream") { () -> Bool? in
                let status = try await cluster.status()
                let isNamed = status.conditions.contains {
                    $0.type == "StrayTimeline" && $0.status == "True" && $0.message.contains("holds 00000002.history")
                }
                return isNamed
                    && replicas.allSatisfy { name in
                        status.nodes.contains { $0.name == name && $0.state == "streaming" && $0.timeline == 1 }
                    } ? true : nil
            }
            _ = try await cluster.docker("kill", "-s", "KILL", primary)
            _ = try await eventually("another primary") { () -> Bool? in
                let leader = try await cluster.primary()
                return leader != primary ? true : nil
            }
            let status = try await cluster.ready()
            #expect(status.nodes.map(\.timeline) == [3, 3, 3])
            try await archivesWhatItLeft(cluster)
        }
    }

    /// The new primary has another copy of a segment of the first timeline that is in the archive (A3).
    private func archivesWhatItLeft(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let script = """
            set -eu
            cd /var/lib/postgresql/data/pg_wal
            segment=$(ls /var/lib/pgbackrest/archive/*/*/0000000100000000 | grep -oE '^[0-9A-F]{24}-' | tail -n 1 | tr -d -)
            own=$(ls | grep -E '^[0-9A-F]{24}$' | tail -n 1)
            [ -e $segment ] || cp $own $segment
            printf other | dd of=$segment bs=1 seek=16000000 conv=notrunc 2>/dev/null
            rm -f archive_status/$segment.done
            : >archive_status/$segment.ready
            echo $segment
            """
        let segment = try await cluster.docker("exec", primary, "sh", "-c", script)
        #expect(segment.hasPrefix("00000001"))
        let now = try await cluster.psql(
            primary, "select pg_walfile_name(pg_switch_wal()), pg_logical_emit_message(true, 'x', 'x')")
        _ = try await eventually("archiving to go on") { () -> Bool? in
            let last = try await cluster.psql(primary, "select last_archived_wal from pg_stat_archiver")
            return last >= now.prefix(24) ? true : nil
        }
        let refused = try await cluster.docker("logs", primary)
        #expect(refused.contains("\(segment) is in the archive already, by the primary of timeline 1"))
        #expect(try await !cluster.ready().conditions.contains { $0.type == "Archiving" && $0.status == "False" })
    }
}
