import Foundation
import PostgresClient
import TestSupport
import Testing

/// How clients know poolers and nodes, and whether they may come without TLS.
@Suite("TLS between clients and the cluster")
struct ClientTLSTests {
    @Test(
        "clients check poolers and nodes by the manifest's names; where the manifest demands TLS, no client comes without"
    )
    func clients() async throws {
        try await ClusterFixture.with(nodes: 2, etcd: 1, poolers: 1) { cluster in
            try cluster.run()
            try await cluster.ready()
            let pooler = Server(name: cluster.pooler(1), port: cluster.ports + 60, cluster: cluster)
            let node = Server(name: cluster.node(1), port: cluster.ports, cluster: cluster)
            let names = ["db.example.com", "192.0.2.7"]
            let authorities = try await cluster.command("certificates", "ca")
            let password = try await cluster.command("password", "pgadmin")
            func login(_ server: Server, as host: String? = nil, _ mode: PostgresConfiguration.SSLMode) async throws {
                try await server.login(as: host, mode, authorities: authorities, password: password)
            }
            for server in [pooler, node] {
                for host in [server.name, "localhost", "127.0.0.1"] { try await login(server, as: host, .verifyFull) }
                try await login(server, .disable)
                for host in names {
                    await #expect(throws: PostgresError.self) { try await login(server, as: host, .verifyFull) }
                }
            }
            // a name more, and a name less, under a writing client that came without TLS
            let client = try await PooledClient(cluster)
            await client.start()
            try await client.writes(50)
            try cluster.append("  tls:\n    hostNames: [db.example.com, 192.0.2.7]\n")
            for server in [pooler, node] {
                for host in names + [server.name] {
                    _ = try await eventually("\(server.name) to be known as \(host)") { () -> Bool? in
                        (try? await login(server, as: host, .verifyFull)).map { true }
                    }
                }
            }
            try cluster.edit("[db.example.com, 192.0.2.7]", "[db.example.com]")
            _ = try await eventually("\(pooler.name) to forget a name") { () -> Bool? in
                (try? await login(pooler, as: "192.0.2.7", .verifyFull)) == nil ? true : nil
            }
            try await login(pooler, as: "db.example.com", .verifyFull)
            try cluster.edit("[db.example.com]", "[db.example.com]\n    required: true")
            for server in [pooler, node] {
                _ = try await eventually("\(server.name) to refuse clients without TLS") { () -> Bool? in
                    (try? await login(server, .disable)) == nil ? true : nil
                }
                try await login(server, as: "db.example.com", .verifyFull)
            }
            try await cluster.ready()
            // the cluster's own parties go on: a switchover pauses the client, which lost nothing, and a backup is taken
            try await cluster.command("switchover")
            try await client.writes(50)
            await client.stop()
            try await client.check(after: "other names and TLS alone")
            try await cluster.command("backup", "--type", "full")
        }
    }

    @Test(
        "a certificate of one's own: the poolers show it, a broken file leaves the last good one in use, a new one is read"
    )
    func ownCertificate() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1, poolers: 1) { cluster in
            let files = cluster.directory
            func make(_ number: Int) async throws -> String {
                let authority = "\(files)/ca\(number)"
                _ = try await Shell.run([
                    "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
                    "/CN=ours\(number)", "-keyout", "\(authority).key", "-out", "\(authority).pem",
                ])
                _ = try await Shell.run([
                    "openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=db", "-addext",
                    "subjectAltName=DNS:db.example.com", "-keyout", "\(files)/own.key.new", "-out", "\(files)/own.csr",
                ])
                _ = try await Shell.run([
                    "openssl", "x509", "-req", "-in", "\(files)/own.csr", "-CA", "\(authority).pem", "-CAkey",
                    "\(authority).key", "-CAcreateserial", "-days", "30", "-copy_extensions", "copy", "-out",
                    "\(files)/own.pem.new",
                ])
                for (from, to) in [
                    ("own.key.new", "own.key"), ("own.pem.new", "own.pem"), ("ca\(number).pem", "ca.pem"),
                ] {
                    _ = try await Shell.run(["cp", "\(files)/\(from)", "\(files)/\(to)"])
                }
                _ = try await Shell.run(["chmod", "600", "\(files)/own.key"])
                return try String(contentsOfFile: "\(authority).pem", encoding: .utf8)
            }
            let first = try await make(1)
            try cluster.append("  tls: {certificateFile: own.pem, keyFile: own.key, caFile: ca.pem}\n")
            try cluster.run()
            try await cluster.ready()
            let pooler = Server(name: cluster.pooler(1), port: cluster.ports + 60, cluster: cluster)
            let password = try await cluster.command("password", "pgadmin")
            func login(_ authorities: String) async throws {
                try await pooler.login(
                    as: "db.example.com", .verifyFull, authorities: authorities, password: password)
            }
            try await login(first)
            // the command's output is read without its last line end
            #expect(try await cluster.command("certificates", "ca").contains(first.dropLast()))
            #expect(try await cluster.command("certificates").contains("spec.tls.certificateFile"))
            // cut off in the middle, as by a full disk
            _ = try await Shell.run(["truncate", "-s", "100", "\(files)/own.pem"])
            _ = try await eventually("the condition") { () -> Bool? in
                try await cluster.status().has("CertificateInvalid") ? true : nil
            }
            try await login(first)
            let second = try await make(2)
            _ = try await eventually("the new certificate") { () -> Bool? in (try? await login(second)).map { true } }
            try await cluster.ready()
            await #expect(throws: PostgresError.self) { try await login(first) }
        }
    }

    /// A published port of the cluster.
    private struct Server {
        let name: String
        let port: Int
        let cluster: ClusterFixture

        /// A session that knows the server by a name and reaches it at 127.0.0.1.
        func login(
            as host: String?, _ mode: PostgresConfiguration.SSLMode, authorities: String, password: String
        ) async throws(PostgresError) {
            let connection = try await PostgresConnection.connect(
                PostgresConfiguration(
                    host: host ?? name, port: port, user: "pgadmin", database: "postgres", password: password,
                    sslMode: mode, trustedAuthorities: mode == .verifyFull ? authorities : nil, address: "127.0.0.1",
                    settings: [:]))
            await connection.close()
        }
    }
}
