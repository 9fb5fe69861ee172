import Foundation
import Glibc
import HTTPTransport
import Testing

/// Against `openssl s_server`, with a certificate authority made for the test.
@Suite(.serialized) struct TLSTests {
    @Test("TLS is spoken to the server with the right name and authority, and to nobody else")
    func trust() async throws {
        let server = try await TLSServer(clientCertificate: false)
        defer { server.stop() }
        let good = TLSConfiguration(caFile: server.file("ca.crt"), serverName: "etcd-1")
        #expect(try await server.client(good).send(HTTPRequest(.get, "/")).status == 200)
        #expect(try await server.client(good).send(HTTPRequest(.get, "/")).status == 200)
        let wrong = [
            TLSConfiguration(caFile: server.file("ca.crt")),
            TLSConfiguration(caFile: server.file("ca.crt"), serverName: "etcd-2"),
            TLSConfiguration(serverName: "etcd-1"),
            TLSConfiguration(caFile: server.file("other.crt"), serverName: "etcd-1"),
            TLSConfiguration(caFile: server.file("missing.crt"), serverName: "etcd-1"),
        ]
        for configuration in wrong {
            let error = await #expect(throws: HTTPError.self) {
                try await server.client(configuration).send(HTTPRequest(.get, "/"))
            }
            #expect(error?.code == .tls, "\(error as Any)")
        }
    }

    @Test("a client certificate is presented where the server asks for one")
    func clientCertificate() async throws {
        let server = try await TLSServer(clientCertificate: true)
        defer { server.stop() }
        let without = TLSConfiguration(caFile: server.file("ca.crt"), serverName: "etcd-1")
        await #expect(throws: HTTPError.self) { try await server.client(without).send(HTTPRequest(.get, "/")) }
        var with = without
        with.certificateFile = server.file("server.crt")
        with.keyFile = server.file("server.key")
        #expect(try await server.client(with).send(HTTPRequest(.get, "/")).status == 200)
    }

    @Test("keys and certificates may be texts, one behind the other, which no description shows")
    func texts() async throws {
        let server = try await TLSServer(clientCertificate: true)
        defer { server.stop() }
        func text(_ name: String) throws -> String { try String(contentsOfFile: server.file(name), encoding: .utf8) }
        let identity = try text("server.key") + text("server.crt")
        let good = TLSConfiguration(authorities: try text("ca.crt"), identity: identity, serverName: "etcd-1")
        #expect(try await server.client(good).send(HTTPRequest(.get, "/")).status == 200)
        #expect(!"\(good) \(String(reflecting: good)) \(server.client(good).endpoint)".contains("KEY"))
        let both = TLSConfiguration(
            authorities: try text("other.crt") + text("ca.crt"), identity: identity, serverName: "etcd-1")
        #expect(try await server.client(both).send(HTTPRequest(.get, "/")).status == 200)
        let wrong = [
            TLSConfiguration(authorities: try text("other.crt"), identity: identity, serverName: "etcd-1"),
            TLSConfiguration(authorities: try text("ca.crt"), identity: identity, serverName: "etcd-2"),
            TLSConfiguration(authorities: try text("ca.crt"), identity: nil, serverName: "etcd-1"),
            TLSConfiguration(authorities: "", identity: identity, serverName: "etcd-1"),
        ]
        for configuration in wrong {
            await #expect(throws: HTTPError.self) {
                try await server.client(configuration).send(HTTPRequest(.get, "/"))
            }
        }
    }
}

/// A running `openssl s_server -www` and its files.
struct TLSServer {
    let directory: String
    let port: Int
    private let process: Process

    init(clientCertificate: Bool) async throws {
        directory = "/tmp/ct-tls-\(UInt64.random(in: 0 ... .max))"
        mkdir(directory, 0o700)
        try Self.run(
            """
            cd \(directory)
            for ca in ca other; do
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$ca \
                    -keyout $ca.key -out $ca.crt
            done
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=etcd-1 \
                -keyout server.key -out server.csr
            printf 'subjectAltName=DNS:etcd-1\\nbasicConstraints=CA:FALSE\\n' >server.ext
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext \
                -out server.crt
            """)
        let (fd, free) = try LocalServer.listenTCP()
        close(fd)
        port = free
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments =
            ["s_server", "-www", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", "\(directory)/server.crt"]
            + ["-key", "\(directory)/server.key"]
            + (clientCertificate ? ["-Verify", "1", "-verify_return_error", "-CAfile", "\(directory)/ca.crt"] : [])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await waitUntilItListens()
    }

    func file(_ name: String) -> String { "\(directory)/\(name)" }

    func client(_ configuration: TLSConfiguration) -> HTTPClient {
        HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: port, tls: configuration))
    }

    func stop() {
        process.terminate()
        try? FileManager.default.removeItem(atPath: directory)
    }

    struct ToolFailed: Error { let script: String }

    private static func run(_ script: String) throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-ec", script]
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else { throw ToolFailed(script: script) }
    }

    private func waitUntilItListens() async throws {
        let plain = HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: port))
        let until = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < until {
            do throws(HTTPError) {
                _ = try await plain.send(HTTPRequest(.get, "/"))
                return
            } catch {
                if error.code != .refused { return }
                await Task.yield()
            }
        }
    }
}
