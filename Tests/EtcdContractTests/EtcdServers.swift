import EtcdClient
import HTTPTransport
import TestSupport

/// Real etcd members in containers.
struct EtcdServers: Sendable {
    static let image = "pg-controller/etcd:3.5"
    let fixture: ContainerFixture
    let network: String
    let containers: [String]

    /// Starts a cluster and waits until every member is healthy.
    static func start(
        _ count: Int, in fixture: ContainerFixture, options: [String] = []
    ) async throws -> EtcdServers {
        let network = try await fixture.network()
        let names = (1...count).map { fixture.name("etcd-\($0)") }
        let initial = names.map { "\($0)=http://\($0):2380" }.joined(separator: ",")
        for index in 1...count {
            _ = try await create(
                "etcd-\(index)", fixture, network, ["--initial-cluster", initial] + options)
        }
        try await Shell.run(["docker", "start"] + names)
        let servers = EtcdServers(fixture: fixture, network: network, containers: names)
        for name in names { try await servers.waitUntilHealthy(name) }
        return servers
    }

    /// Makes one member's container.
    static func create(
        _ short: String, _ fixture: ContainerFixture, _ network: String, _ options: [String]
    ) async throws -> String {
        let name = fixture.name(short)
        return try await fixture.create(
            short, image: image, options: ["--network", network, "--entrypoint", "etcd"],
            command: [
                "--name", name, "--data-dir", "/tmp/data", "--listen-client-urls", "http://0.0.0.0:2379",
                "--advertise-client-urls", "http://\(name):2379", "--listen-peer-urls", "http://0.0.0.0:2380",
                "--initial-advertise-peer-urls", "http://\(name):2380", "--unsafe-no-fsync",
                "--heartbeat-interval", "100", "--election-timeout", "1000", "--log-level", "error",
            ] + options)
    }

    func endpoint(_ container: String) async throws -> HTTPEndpoint {
        .tcp(host: try await fixture.address(of: container), port: 2379)
    }

    func endpoints() async throws -> [HTTPEndpoint] {
        var endpoints: [HTTPEndpoint] = []
        for container in containers { endpoints.append(try await endpoint(container)) }
        return endpoints
    }

    /// A client of all members.
    func client(
        _ credentials: EtcdCredentials? = nil, _ change: (inout EtcdConfiguration) -> Void = { _ in }
    ) async throws -> EtcdClient {
        var configuration = EtcdConfiguration(endpoints: try await endpoints(), credentials: credentials)
        change(&configuration)
        return EtcdClient(configuration)
    }

    func waitUntilHealthy(_ container: String) async throws {
        _ = try await eventually("\(container) is healthy") {
            let endpoint = try await endpoint(container)
            let client = EtcdClient(EtcdConfiguration(endpoints: [endpoint]))
            return try await client.health(of: endpoint).isHealthy ? true : nil
        }
    }
}
