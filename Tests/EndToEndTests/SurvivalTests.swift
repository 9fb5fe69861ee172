import Foundation
import TestSupport
import Testing

/// One cluster under a writing client, and one disaster after the other; after each the history is checked.
@Suite("A cluster that is hit again and again", .serialized)
struct SurvivalTests {
    @Test("loses nothing that was acknowledged, and is whole again after each blow")
    func survives() async throws {
        try await ClusterFixture.with { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await Client(cluster)
            for (name, blow) in SurvivalTests.blows {
                print("--- \(name)")
                try await client.writes(20)
                try await blow(cluster)
                try await client.writes(100)
                try await cluster.ready()
                try await client.check(after: name)
            }
            await client.stop()
        }
    }

    /// A disaster.
    private typealias Blow = @Sendable (ClusterFixture) async throws -> Void

    private static var blows: [(String, Blow)] {
        [
            ("only PostgreSQL dies in the primary's container", crashServer),
            ("the primary hangs while its PostgreSQL goes on", hang),
            ("the controller dies together with the primary", killBoth),
            ("all nodes are killed at once", killAll),
            ("all containers are removed", removeAll),
            ("a replica's data is wiped", wipeReplica),
            ("an etcd member loses its data", loseMember),
            ("a replica's volume holds another cluster's data", swapReplica),
        ]
    }

    private static func crashServer(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        _ = try await cluster.docker(
            "exec", primary, "sh", "-c", "kill -9 $(head -1 /var/lib/postgresql/data/postmaster.pid)")
    }

    /// Patroni stops, PostgreSQL does not: its lease runs out, and it must be gone before another one leads.
    private static func hang(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        _ = try await cluster.docker("exec", primary, "sh", "-c", "pkill -STOP -x patroni")
        try await cluster.event("kill", "the leader \(primary) neither answers nor renews its lease")
    }

    private static func killBoth(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        cluster.kill()
        _ = try await cluster.docker("kill", primary)
        // nobody watches for a while; Patroni alone would need its whole lease
        try await Task.sleep(for: .seconds(5))
        try cluster.run()
    }

    private static func killAll(_ cluster: ClusterFixture) async throws {
        _ = try await Shell.run(["docker", "kill"] + (1...3).map(cluster.node))
    }

    private static func removeAll(_ cluster: ClusterFixture) async throws {
        _ = try await Shell.run(
            ["docker", "rm", "-f"] + (1...3).map(cluster.node) + (1...3).map(cluster.member) + [cluster.console])
    }

    private static func replica(_ cluster: ClusterFixture) async throws -> String {
        let primary = try await cluster.primary()
        guard let name = (1...3).map(cluster.node).first(where: { $0 != primary }) else {
            throw ShellError(description: "no replica")
        }
        return name
    }

    private static func wipeReplica(_ cluster: ClusterFixture) async throws {
        let name = try await replica(cluster)
        _ = try await cluster.docker("exec", name, "sh", "-c", "rm -rf /var/lib/postgresql/data/*")
        _ = try await cluster.docker("kill", name)
        try await cluster.event(name, "start")
    }

    private static func loseMember(_ cluster: ClusterFixture) async throws {
        _ = try await cluster.docker("rm", "-f", cluster.member(2))
        _ = try await cluster.docker("volume", "rm", cluster.member(2) + "-data")
        try await cluster.event("remove member", cluster.member(2))
    }

    /// What another cluster left in our place is never started, never wiped; the node gets a volume of its own.
    private static func swapReplica(_ cluster: ClusterFixture) async throws {
        let name = try await replica(cluster)
        cluster.kill()
        _ = try await cluster.docker("kill", name)
        let image = try await cluster.inspect(name, "{{.Config.Image}}")
        _ = try await cluster.docker(
            "run", "--rm", "--user", "999:999", "-v", "\(name)-data:/v", "--entrypoint", "sh", image, "-c",
            "rm -rf /v/data && /usr/lib/postgresql/18/bin/initdb -D /v/data >/dev/null")
        try cluster.run()
        try await cluster.event(name, "another cluster")
        #expect(try await cluster.status().bad.contains { $0.contains(name) })
        #expect(try await cluster.inspect(name, "{{.State.Running}}") == "false")
        _ = try await cluster.docker("rm", "-f", name)
        _ = try await cluster.docker("volume", "rm", name + "-data")
    }
}

/// The writing client with its bookkeeping.
struct Client {
    private let cluster: ClusterFixture
    private let writer: Writer
    private let history: Task<Void, Never>

    init(_ cluster: ClusterFixture) async throws {
        self.cluster = cluster
        let password = try await cluster.command("password", "pgadmin")
        try await cluster.psql(
            try await cluster.primary(),
            "create table acks (n bigint primary key); grant all on acks to pgadmin")
        let writer = Writer(ports: (0..<cluster.nodes).map { cluster.ports + $0 }, password: password)
        self.writer = writer
        history = Task { await writer.write() }
    }

    /// Waits until so many more writes are acknowledged.
    func writes(_ count: Int, within limit: Duration = .seconds(60)) async throws {
        let before = await writer.acknowledged.count
        _ = try await eventually("\(count) writes", within: limit) {
            await writer.acknowledged.count >= before + count ? true : nil
        }
    }

    /// Everything that was acknowledged is there.
    func check(after what: String) async throws {
        let acknowledged = await writer.acknowledged
        let rows = try await cluster.psql(try await cluster.primary(), "select n from acks")
        let present = Set(rows.split(separator: "\n").compactMap { Int($0) })
        let lost = acknowledged.filter { !present.contains($0) }
        #expect(lost.isEmpty, "\(what): lost \(lost.count) of \(acknowledged.count) acknowledged writes")
    }

    func stop() async {
        await writer.stop()
        await history.value
    }
}
