import HTTPServer
import HTTPTransport
import Testing

@Suite("The HTTP server", .timeLimit(.minutes(1)))
struct HTTPServerTests {
    /// Runs a server while the body asks it.
    private func with(
        limits: ServerLimits = ServerLimits(), handler: @escaping @Sendable (ServerRequest) async -> ServerResponse,
        _ body: (Int, HTTPClient) async throws -> Void
    ) async throws {
        let (ports, listening) = AsyncStream<Int>.makeStream()
        let server = HTTPServer(host: "127.0.0.1", port: 0, limits: limits, handler: handler)
        let task = Task { try await server.run { listening.yield($0) } }
        defer { task.cancel() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await body(port, HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: port)))
    }

    private static let deadline = Duration.seconds(10)

    @Test("method, path, query, headers and body arrive; status, headers and body come back")
    func exchange() async throws {
        try await with { request in
            ServerResponse(
                201, headers: [("X-Seen", request.header("x-sent") ?? "nothing")],
                body: .whole(
                    Array(
                        "\(request.method) \(request.path) \(request.query) \(request.body.count) \(request.peer)".utf8)
                ))
        } _: { _, client in
            let response = try await client.send(
                HTTPRequest(.post, "/a/b?c=d%20e", headers: [("X-Sent", "this")], body: [1, 2, 3]),
                deadline: Self.deadline)
            #expect(response.status == 201)
            #expect(String(decoding: response.body, as: UTF8.self) == "POST /a/b c=d%20e 3 127.0.0.1")
            #expect(response.headers["X-Seen"] == "this")
        }
    }

    @Test("a body that is too long is refused, and the server goes on")
    func tooLong() async throws {
        try await with(limits: ServerLimits(maxBodyBytes: 100)) { _ in
            .text(200, "ok")
        } _: { _, client in
            let long = try await client.send(
                HTTPRequest(.post, "/", body: [UInt8](repeating: 0, count: 101)), deadline: Self.deadline)
            #expect(long.status == 413)
            let short = try await client.send(
                HTTPRequest(.post, "/", body: [UInt8](repeating: 0, count: 100)), deadline: Self.deadline)
            #expect(short.status == 200)
        }
    }

    @Test("many requests at once are all answered")
    func many() async throws {
        try await with { request in
            .text(200, request.path)
        } _: { port, _ in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let client = HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: port))
                        let response = try await client.send(HTTPRequest(.get, "/\(number)"), deadline: Self.deadline)
                        return String(decoding: response.body, as: UTF8.self) == "/\(number)"
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test("a connection beyond the limit is closed, and one that ends makes room")
    func limited() async throws {
        try await with(limits: ServerLimits(maxConnections: 1)) { request in
            guard request.path == "/stream" else { return .text(200, "ok") }
            return ServerResponse(200, body: .stream(AsyncStream { $0.yield(Array("first".utf8)) }))
        } _: { port, _ in
            let client = HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: port))
            do {
                let stream = try await client.stream(HTTPRequest(.get, "/stream"), deadline: Self.deadline)
                var pieces = stream.makeAsyncIterator()
                #expect(try await pieces.next() != nil)
                let other = HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: port))
                await #expect(throws: HTTPError.self) {
                    try await other.send(HTTPRequest(.get, "/"), deadline: Self.deadline)
                }
            }
            while true {
                let other = HTTPClient(endpoint: .tcp(host: "127.0.0.1", port: port))
                if (try? await other.send(HTTPRequest(.get, "/"), deadline: Self.deadline))?.status == 200 { break }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    @Test("a port that is taken is told")
    func taken() async throws {
        try await with { _ in
            .text(200, "ok")
        } _: { port, _ in
            let second = HTTPServer(host: "127.0.0.1", port: port) { _ in .text(200, "no") }
            await #expect(throws: HTTPServer.Failure.self) { try await second.run() }
        }
    }

    @Test("a header that is there twice is none")
    func doubled() {
        let request = ServerRequest(method: "GET", target: "/", headers: [("Host", "a"), ("host", "b"), ("X", "1")])
        #expect(request.header("HOST") == nil)
        #expect(request.header("x") == "1")
    }
}
