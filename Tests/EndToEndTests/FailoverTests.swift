import Foundation
import TestSupport
import Testing

@Suite("A primary that dies")
struct FailoverTests {
    @Test("is replaced without losing an acknowledged write, and comes back as a replica")
    func failsOver() async throws {
        try await ClusterFixture.with { cluster in
            try cluster.run()
            let before = try await cluster.ready()
            let primary = try await cluster.primary()
            let password = try await cluster.command("password", "pgadmin")
            try await cluster.psql(primary, "create table acks (n bigint primary key); grant all on acks to pgadmin")
            let writer = Writer(ports: (0..<3).map { cluster.ports + $0 }, password: password)
            let history = Task { await writer.write() }
            _ = try await eventually("writes") { await writer.acknowledged.count > 50 ? true : nil }
            let killedAt = await writer.acknowledged.count
            _ = try await cluster.docker("kill", "-s", "KILL", primary)
            _ = try await eventually("writes after the death", within: .seconds(25)) {
                await writer.acknowledged.count > killedAt + 100 ? true : nil
            }
            await writer.stop()
            await history.value
            let after = try await cluster.ready()
            let leader = try await cluster.primary()
            #expect(leader != primary)
            #expect(after.nodes.first { $0.name == primary }?.state == "streaming")
            #expect((after.nodes.first?.timeline ?? 0) == (before.nodes.first?.timeline ?? 0) + 1)
            let rows = try await cluster.psql(leader, "select n from acks").split(separator: "\n").compactMap {
                Int($0)
            }
            let lost = await writer.acknowledged.filter { !Set(rows).contains($0) }
            #expect(lost.isEmpty, "lost \(lost.count) acknowledged writes")
            try await cluster.event("release the leader key of \(primary)", "proven dead", "evidence: engine")
            try await cluster.event("failover from \(primary) to \(leader) is over", "the first write was proven")
        }
    }
}
