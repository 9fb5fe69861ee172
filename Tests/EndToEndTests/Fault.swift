import Foundation
import TestSupport
import Testing

/// A disaster of the catalogue (docs/faults.md), done to a real cluster.
struct Fault: Sendable {
    let name: String
    let inject: @Sendable (ClusterFixture) async throws -> Void

    static let all: [Fault] = [
        Fault(name: "only PostgreSQL dies in the primary's container", inject: crashServer),
        Fault(name: "the primary hangs while its PostgreSQL goes on", inject: hang),
        Fault(name: "the controller dies together with the primary", inject: killBoth),
        Fault(name: "all nodes are killed at once", inject: killAll),
        Fault(name: "all containers are removed", inject: removeAll),
        Fault(name: "a replica's data is wiped", inject: wipeReplica),
        Fault(name: "an etcd member loses its data", inject: loseMember),
        Fault(name: "a replica's volume holds another cluster's data", inject: swapReplica),
    ]

    static func crashServer(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        _ = try await cluster.docker(
            "exec", primary, "sh", "-c", "kill -9 $(head -1 /var/lib/postgresql/data/postmaster.pid)")
    }

    /// Patroni stops, PostgreSQL does not: its lease runs out, and it must be gone before another one leads.
    static func hang(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let primary = try await cluster.primary()
        _ = try await cluster.docker("exec", primary, "sh", "-c", "kill -STOP $(pgrep -o -P 1)")
        try await cluster.event(after: mark, "kill", "the leader \(primary) neither answers nor renews its lease")
    }

    static func killBoth(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        cluster.kill()
        _ = try await cluster.docker("kill", primary)
        // its death is over before a controller runs again, which therefore gets no event of it
        _ = try await cluster.docker("wait", primary)
        try cluster.run()
    }

    static func killAll(_ cluster: ClusterFixture) async throws {
        _ = try await Shell.run(["docker", "kill"] + (1...3).map(cluster.node))
    }

    static func removeAll(_ cluster: ClusterFixture) async throws {
        _ = try await Shell.run(
            ["docker", "rm", "-f"] + (1...3).map(cluster.node) + (1...3).map(cluster.member) + [cluster.console])
    }

    static func replica(_ cluster: ClusterFixture) async throws -> String {
        let primary = try await cluster.primary()
        guard let name = (1...3).map(cluster.node).first(where: { $0 != primary }) else {
            throw ShellError(description: "no replica")
        }
        return name
    }

    static func wipeReplica(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let name = try await replica(cluster)
        try await cluster.wipe(name)
        // the controller may have been quicker
        _ = try? await cluster.docker("kill", name)
        try await cluster.event(after: mark, name, "start")
    }

    static func loseMember(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        // the controller may be quicker than the next command and have the volume in use again
        _ = try await eventually("the volume to go") {
            _ = try await cluster.docker("rm", "-f", cluster.member(2))
            return try await cluster.docker("volume", "rm", cluster.member(2) + "-data")
        }
        try await cluster.event(after: mark, "remove member", cluster.member(2))
    }

    /// What another cluster left in our place is never started, never wiped; the node gets a volume of its own.
    static func swapReplica(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let name = try await replica(cluster)
        cluster.kill()
        _ = try await cluster.docker("kill", name)
        let image = try await cluster.inspect(name, "{{.Config.Image}}")
        _ = try await cluster.docker(
            "run", "--rm", "--user", "999:999", "-v", "\(name)-data:/v", "--entrypoint", "sh", image, "-c",
            "rm -rf /v/data && /usr/lib/postgresql/18/bin/initdb -D /v/data >/dev/null")
        try cluster.run()
        try await cluster.event(after: mark, name, "another cluster")
        #expect(try await cluster.status().bad.contains { $0.contains(name) })
        #expect(try await cluster.inspect(name, "{{.State.Running}}") == "false")
        cluster.kill()
        _ = try await cluster.docker("rm", "-f", name)
        _ = try await cluster.docker("volume", "rm", name + "-data")
        try cluster.run()
    }
}
