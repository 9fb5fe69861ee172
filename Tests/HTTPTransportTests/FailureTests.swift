import Foundation
import Glibc
import HTTPTransport
import Testing

@Suite struct FailureTests {
    private func failure(
        _ endpoint: HTTPEndpoint, limits: HTTPLimits = HTTPLimits(), deadline: Duration = .seconds(5)
    ) async -> HTTPError? {
        do {
            _ = try await HTTPClient(endpoint: endpoint, limits: limits).send(
                HTTPRequest(.get, "/x"), deadline: deadline)
            return nil
        } catch {
            return error
        }
    }

    @Test("a socket path that does not exist, a directory, a file and a dead socket are told apart")
    func socketPaths() async throws {
        let directory = "/tmp/ct-\(UInt64.random(in: 0 ... .max))"
        mkdir(directory, 0o700)
        defer { rmdir(directory) }
        let dead = "\(directory)/dead.sock"
        close(try LocalServer.listenUnix(dead))
        defer { unlink(dead) }
        #expect(await failure(.unix(path: "\(directory)/none"))?.code == .notFound)
        #expect(await failure(.unix(path: directory))?.code == .notASocket)
        #expect(await failure(.unix(path: "/etc/hostname"))?.code == .notASocket)
        let refused = await failure(.unix(path: dead))
        #expect(refused?.code == .refused)
        #expect(refused?.target == "GET unix://\(dead)/x")
        #expect(refused?.isNeverSent == true)
    }

    @Test("the system's refusals have codes of their own")
    func connectCodes() {
        let unix = HTTPEndpoint.unix(path: "/nowhere")
        #expect(HTTPError.connectCode(errno: EACCES, endpoint: unix) == .permissionDenied)
        #expect(HTTPError.connectCode(errno: ENOENT, endpoint: unix) == .notFound)
        #expect(HTTPError.connectCode(errno: ENOTSOCK, endpoint: unix) == .notASocket)
        #expect(HTTPError.connectCode(errno: EHOSTUNREACH, endpoint: .tcp(host: "h", port: 1)) == .couldNotConnect)
    }

    @Test("every code tells a person what happened and what to do")
    func texts() {
        for code in HTTPError.Code.allCases {
            let text = HTTPError(code, target: "GET unix:///s/x", detail: "evidence").description
            #expect(text.hasPrefix("GET unix:///s/x: ") && text.contains("(evidence); "))
        }
    }

    @Test("a closed TCP port refuses")
    func refusedPort() async throws {
        let (fd, port) = try LocalServer.listenTCP()
        close(fd)
        #expect(await failure(.tcp(host: "127.0.0.1", port: port))?.code == .refused)
    }

    @Test("a name without an address is said to be that")
    func unknownName() async {
        #expect(await failure(.tcp(host: "no-such-host.invalid", port: 80))?.code == .nameNotResolved)
    }

    @Test("the deadline ends the transfer and closes the connection")
    func deadline() async throws {
        let closed = Signal<Bool>()
        let server = try LocalServer { connection in
            connection.waitForClose()
            closed.send(true)
        }
        defer { server.stop() }
        #expect(await failure(server.endpoint, deadline: .milliseconds(80))?.code == .timedOut)
        #expect(try await closed.wait())
    }

    @Test("a deadline also holds for a body that trickles")
    func trickle() async throws {
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while connection.write("x") { usleep(5000) }
        }
        defer { server.stop() }
        #expect(await failure(server.endpoint, deadline: .milliseconds(150))?.code == .timedOut)
    }

    @Test("cancelling the task ends the transfer and closes the connection")
    func cancellation() async throws {
        let arrived = Signal<Bool>()
        let closed = Signal<Bool>()
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            arrived.send(true)
            connection.waitForClose()
            closed.send(true)
        }
        defer { server.stop() }
        let task = Task { await failure(server.endpoint, deadline: .seconds(60)) }
        #expect(try await arrived.wait())
        task.cancel()
        #expect(await task.value?.code == .cancelled)
        #expect(try await closed.wait())
    }

    @Test("a task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let server = try LocalServer { connection in connection.waitForClose() }
        defer { server.stop() }
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await failure(server.endpoint)
        }
        task.cancel()
        #expect(await task.value?.code == .cancelled)
    }

    @Test(
        "answers that are too large, no HTTP, or cut, are told apart",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + String(repeating: "x", count: 5000), .tooLarge),
            ("HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 5000) + "\r\n\r\n", .tooLarge),
            ("HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 40) + "\r\n", .tooLarge),
            ("SSH-2.0-OpenSSH_9.2\r\n", .malformed),
            ("HTTP/1.1 abc\r\n\r\n", .malformed),
            ("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", .malformed),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .connectionLost),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", .connectionLost),
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel", .connectionLost),
            ("HTTP/1.1 200 OK\r\nContent-Len", .connectionLost),
            ("", .connectionLost),
        ] as [(String, HTTPError.Code)])
    func badAnswers(answer: String, code: HTTPError.Code) async throws {
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write(answer)
            connection.end()
        }
        defer { server.stop() }
        let limits = HTTPLimits(maxBodyBytes: 4000, maxHeaderBytes: 4000, maxHeaderCount: 32)
        let error = await failure(server.endpoint, limits: limits)
        #expect(error?.code == code, "\(error as Any)")
    }
}
