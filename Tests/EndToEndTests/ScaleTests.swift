import Foundation
import TestSupport
import Testing

/// More and fewer nodes and etcd members, under clients that write all the time; those behind the poolers get no error.
@Suite("A cluster that grows and shrinks under load")
struct ScaleTests {
    @Test("1 → 3 → 5 → 3 → 1 nodes and 1 → 3 → 1 etcd members lose nothing and never their leader for long")
    func scales() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1, poolers: 2) { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await Client(cluster, nodes: 5)
            let primary = try await cluster.primary()
            try await client.change("etcd 1 → 3") { try await members(cluster, 1, 3) }
            // etcd had its quorum throughout: nobody was elected
            #expect(try await cluster.status().nodes.first { $0.name == primary }?.timeline == 1)
            try await client.change("nodes 1 → 3") { try await nodes(cluster, 1, 3) }
            try await client.change("nodes 3 → 5") { try await nodes(cluster, 3, 5) }
            try await client.change("nodes 5 → 3") { try await nodes(cluster, 5, 3) }
            try await client.change("nodes 3 → 1") { try await nodes(cluster, 3, 1) }
            try await client.change("etcd 3 → 1") { try await members(cluster, 3, 1) }
            #expect(try await cluster.primary() == primary)
            #expect(try await cluster.status().nodes.first { $0.name == primary }?.timeline == 1)
            await client.stop()
        }
    }

    private func nodes(_ cluster: ClusterFixture, _ old: Int, _ new: Int) async throws {
        try cluster.edit("count: \(old)", "count: \(new)")
        try await settled(cluster, "pg", new)
        let status = try await cluster.status()
        #expect(status.nodes.count == new)
        #expect(status.nodes.filter { $0.state == "streaming" }.count == new - 1)
    }

    private func members(_ cluster: ClusterFixture, _ old: Int, _ new: Int) async throws {
        try cluster.edit("members: \(old)", "members: \(new)")
        try await settled(cluster, "etcd", new)
        let list = try await cluster.docker("exec", cluster.member(1), "etcdctl", "member", "list")
        #expect(list.split(separator: "\n").count == new)
        #expect(!list.contains("true"), "a learner is left: \(list)")
        // every node has read where etcd is now
        let wanted = (1...new).map { "\"\(cluster.member($0)):2379\"" }.joined(separator: ", ")
        let file = try await cluster.docker("exec", cluster.node(1), "cat", "/etc/controller/patroni.yml")
        #expect(file.contains("hosts: [\(wanted)]"))
    }

    /// Waits until so many containers are there, and the cluster is as wanted.
    private func settled(_ cluster: ClusterFixture, _ part: String, _ count: Int) async throws {
        _ = try await eventually("\(count) \(part) containers") { () -> Bool? in
            let names = try await cluster.docker(
                "ps", "--filter", "name=\(cluster.id)-\(part)-", "--format", "{{.Names}}")
            return names.split(separator: "\n").count == count ? true : nil
        }
        try await cluster.ready()
    }
}
