import Foundation
import PostgresClient
import TestSupport
import Testing

/// What a container reaches by the network that it joins.
@Suite("The two networks")
struct NetworksTests {
    @Test("from the clients' network PostgreSQL, the poolers and the console are reached, and nothing else")
    func boundaries() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1, poolers: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let application = cluster.id + "-app"
            _ = try await cluster.docker(
                "run", "-d", "--name", application, "--network", cluster.clientNetwork, "--entrypoint", "sleep",
                ClusterFixture.nodeImage, "infinity")
            do {
                try await reach(cluster, from: application)
                try await stray(cluster, application)
                try await address(cluster)
            } catch {
                _ = try? await cluster.docker("rm", "-f", application)
                throw error
            }
            _ = try await cluster.docker("rm", "-f", application)
        }
    }

    /// Every port of the cluster, on every address that it has.
    private func reach(_ cluster: ClusterFixture, from application: String) async throws {
        let nodes = (1...2).map(cluster.node)
        let poolers = try await cluster.docker(
            "ps", "--format", "{{.Names}}", "--filter", "name=\(cluster.id)-pgb-"
        ).split(separator: "\n").map(String.init)
        #expect(poolers.count == 2)
        let parts = nodes + poolers + [cluster.member(1), cluster.console]
        let all = [2379, 2380, 2381, 5432, 6432, 8008, 8080, 8432]
        let names = try await open(all, on: parts, from: application, cluster)
        let expected = nodes.map { "\($0):5432" } + poolers.map { "\($0):6432" } + ["\(cluster.console):8080"]
        #expect(names == expected.sorted())
        // by their addresses on the internal network, nothing
        var addresses: [String] = []
        for part in nodes + poolers + [cluster.member(1)] { addresses.append(try await cluster.address(of: part)) }
        #expect(try await open([2379, 2381, 5432, 6432, 8008, 8432], on: addresses, from: application, cluster) == [])
        // each of these ports does answer there
        let inside = try await open(
            [2379, 2381, 5432, 8008, 8432], on: [cluster.member(1), nodes[0] + "-internal"], from: nodes[1], cluster)
        #expect(
            inside
                == [
                    "\(cluster.member(1)):2379", "\(cluster.member(1)):2381", "\(nodes[0])-internal:5432",
                    "\(nodes[0])-internal:8008", "\(nodes[0])-internal:8432",
                ].sorted())
        // and a client gets in, with a server that it can check
        let said = try await Shell.run(
            [
                "docker", "exec", application, "psql", "-XAtw",
                "host=\(poolers.first { !$0.hasSuffix("-ro") } ?? "") port=6432 user=pgadmin dbname=postgres sslmode=require",
                "-c", "select 1",
            ].reduce(into: ["sh", "-c", "\"$@\" 2>&1 || true", "sh"]) { $0.append($1) })
        #expect(said.contains("no password supplied"), "\(said)")
    }

    /// A container of an application on the internal network is told of, until it has left.
    private func stray(_ cluster: ClusterFixture, _ application: String) async throws {
        _ = try await cluster.docker("network", "connect", cluster.network, application)
        _ = try await eventually("the container to be told of") { () -> Bool? in
            let told = try await cluster.status().conditions.first { $0.type == "Exposed" }
            return told?.message.contains(application) == true ? true : nil
        }
        _ = try await cluster.docker("network", "disconnect", cluster.network, application)
        _ = try await eventually("it to be forgotten") { () -> Bool? in
            try await cluster.status().conditions.contains { $0.type == "Exposed" } ? nil : true
        }
    }

    /// The primary loses its endpoint, gets another address while it leads, and listens there.
    private func address(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let before = try await cluster.address(of: primary)
        cluster.kill()
        let mark = cluster.mark
        _ = try await cluster.docker("network", "disconnect", cluster.network, primary)
        // so that Docker cannot give it the same one
        let other = cluster.id + "-other"
        _ = try await cluster.docker(
            "run", "-d", "--name", other, "--label", "io.pg-controller.cluster=\(cluster.id)", "--network",
            cluster.network, "--entrypoint", "sleep", ClusterFixture.nodeImage, "infinity")
        try cluster.run()
        try await cluster.event(after: mark, primary, "connect", "not connected")
        try await cluster.ready()
        let now = try await cluster.address(of: primary)
        #expect(before != now)
        let node = cluster.node(primary == cluster.node(1) ? 2 : 1)
        _ = try await eventually("the programs of \(primary) to listen at \(now)") { () -> Bool? in
            try await open([8008, 8432], on: [now], from: node, cluster).count == 2 ? true : nil
        }
    }

    /// Which of these ports take a connection, as `host:port`, sorted.
    private func open(
        _ ports: [Int], on hosts: [String], from container: String, _ cluster: ClusterFixture
    ) async throws -> [String] {
        let script = """
            import concurrent.futures, socket, sys
            def check(target):
                try:
                    with socket.create_connection(target, timeout=3):
                        return target
                except OSError:
                    return None
            hosts, ports = sys.argv[1].split(","), [int(port) for port in sys.argv[2].split(",")]
            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                for target in pool.map(check, [(host, port) for host in hosts for port in ports]):
                    if target:
                        print("%s:%d" % target)
            """
        return try await cluster.docker(
            "exec", container, "python3", "-c", script, hosts.joined(separator: ","),
            ports.map(String.init).joined(separator: ",")
        ).split(separator: "\n").map(String.init).sorted()
    }
}
