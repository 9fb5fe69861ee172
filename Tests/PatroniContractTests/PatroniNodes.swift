import Foundation
import HTTPTransport
import PatroniAPI
import TestSupport

/// One etcd and some Patroni nodes in containers.
struct PatroniNodes: Sendable {
    static let credentials = PatroniCredentials(user: "rest", password: "p:ss")
    let fixture: ContainerFixture
    let names: [String]

    /// Starts them and waits until one leads and the others stream.
    static func start(_ count: Int, in fixture: ContainerFixture) async throws -> PatroniNodes {
        let network = try await fixture.network()
        let etcd = try await fixture.start(
            "etcd", image: "pg-controller/etcd:3.5", options: ["--network", network, "--entrypoint", "etcd"],
            command: [
                "--data-dir", "/tmp/data", "--listen-client-urls", "http://0.0.0.0:2379",
                "--advertise-client-urls", "http://\(fixture.name("etcd")):2379", "--log-level", "error",
            ])
        var names: [String] = []
        for index in 1...count {
            let name = try await fixture.create(
                "node-\(index)", image: "pg-controller/postgres:18",
                options: ["--network", network, "--entrypoint", "patroni"], command: ["/tmp/patroni.yml"])
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(name).yml")
            try configuration(name, etcd).write(to: file, atomically: true, encoding: .utf8)
            try await Shell.run(["docker", "cp", file.path, "\(name):/tmp/patroni.yml"])
            try FileManager.default.removeItem(at: file)
            names.append(name)
        }
        // Patroni sleeps for 5 s when etcd is not there yet.
        let address = HTTPEndpoint.tcp(host: try await fixture.address(of: etcd), port: 2379)
        _ = try await eventually("etcd is healthy") {
            try await HTTPClient(endpoint: address).send(HTTPRequest(.get, "/health")).status == 200 ? true : nil
        }
        try await Shell.run(["docker", "start"] + names)
        let nodes = PatroniNodes(fixture: fixture, names: names)
        _ = try await nodes.eventuallyStreaming()
        return nodes
    }

    func client(_ name: String, _ credentials: PatroniCredentials? = credentials) async throws -> PatroniClient {
        let address = try await fixture.address(of: name)
        return PatroniClient(endpoint: .tcp(host: address, port: 8008), credentials: credentials)
    }

    /// Waits until one node leads and all others stream from it; returns the leader's name.
    func eventuallyStreaming() async throws -> String {
        try await eventually("one leads and \(names.count - 1) stream", within: .seconds(90)) {
            // The loops turn every 10 s by themselves. The first turns come before etcd has a configuration.
            for name in names { try? await client(name).wake() }
            let members = try await client(names[0]).cluster().members
            let leader = members.first { $0.role == "leader" && $0.state == "running" }
            let streaming = members.filter { $0.state == "streaming" }
            return streaming.count == names.count - 1 ? leader?.name : nil
        }
    }

    private static func configuration(_ name: String, _ etcd: String) -> String {
        """
        scope: contract
        name: \(name)
        restapi:
          listen: 0.0.0.0:8008
          connect_address: \(name):8008
          authentication: {username: rest, password: "p:ss"}
        etcd3: {hosts: "\(etcd):2379"}
        bootstrap:
          dcs:
            loop_wait: 10
            ttl: 30
            retry_timeout: 10
            postgresql: {use_pg_rewind: true, parameters: {fsync: "off"}}
          initdb: [{encoding: UTF8}]
        postgresql:
          listen: 0.0.0.0:5432
          connect_address: \(name):5432
          data_dir: /var/lib/postgresql/data
          bin_dir: /usr/lib/postgresql/18/bin
          pgpass: /tmp/pgpass
          authentication:
            superuser: {username: postgres, password: super}
            replication: {username: replicator, password: repl}
            rewind: {username: rewind, password: rew}
          pg_hba:
            - local all all trust
            - host replication replicator all scram-sha-256
            - host all all all scram-sha-256
        """
    }
}
