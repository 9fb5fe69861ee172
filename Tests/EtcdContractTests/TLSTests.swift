import EtcdClient
import Foundation
import HTTPTransport
import TestSupport
import Testing

@Suite("TLS with a real etcd", .timeLimit(.minutes(3)))
struct TLSTests {
    @Test("client certificates work, and a missing or foreign one is a TLS error")
    func mutual() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ct-tls-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await certificates(in: folder)
        try await ContainerFixture.with { fixture in
            let url = "https://0.0.0.0:2379"
            let container = try await fixture.create(
                "etcd", image: EtcdServers.image, options: ["--entrypoint", "etcd"],
                command: [
                    "--data-dir", "/tmp/data", "--listen-client-urls", url, "--advertise-client-urls", url,
                    "--cert-file", "/tmp/tls/server.pem", "--key-file", "/tmp/tls/server.key",
                    "--trusted-ca-file", "/tmp/tls/ca.pem", "--client-cert-auth", "--log-level", "error",
                ])
            try await Shell.run(["docker", "cp", folder, "\(container):/tmp/tls"])
            try await Shell.run(["docker", "start", container])
            let address = try await fixture.address(of: container)
            func client(_ tls: TLSConfiguration?) -> EtcdClient {
                EtcdClient(EtcdConfiguration(endpoints: [.tcp(host: address, port: 2379, tls: tls)]))
            }
            let right = TLSConfiguration(
                caFile: "\(folder)/ca.pem", certificateFile: "\(folder)/client.pem",
                keyFile: "\(folder)/client.key", serverName: "etcd.test")
            _ = try await eventually("etcd answers over TLS") { try await client(right).put("/tls", "yes") }
            #expect(try await client(right).get("/tls")?.value == "yes")
            var (foreign, misnamed, anonymous) = (right, right, right)
            foreign.caFile = "\(folder)/other.pem"
            misnamed.serverName = "elsewhere.test"
            (anonymous.certificateFile, anonymous.keyFile) = (nil, nil)
            for wrong in [foreign, misnamed] {
                let error = await #expect(throws: EtcdError.self) { try await client(wrong).get("/tls") }
                #expect(error?.code == .tls)
            }
            // TLS 1.3 tells a client without a certificate only after its first bytes.
            let error = await #expect(throws: EtcdError.self) { try await client(anonymous).get("/tls") }
            #expect([.tls, .connectionLost].contains(error?.code))
            let plain = await #expect(throws: EtcdError.self) { try await client(nil).get("/tls") }
            #expect(plain != nil)
        }
    }

    private func certificates(in folder: String) async throws {
        let script = """
            cd '\(folder)'
            for ca in ca other; do
              openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$ca \
                -keyout $ca.key -out $ca.pem
            done
            for who in server client; do
              openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$who \
                -keyout $who.key -out $who.csr
              printf 'subjectAltName=DNS:etcd.test\\nextendedKeyUsage=serverAuth,clientAuth\\n' > $who.ext
              openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $who.ext \
                -out $who.pem
            done
            chmod -R a+rX . && chmod a+r *.key
            """
        try await Shell.run(["sh", "-e", "-c", script])
    }
}
