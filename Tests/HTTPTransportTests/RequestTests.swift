import Foundation
import HTTPTransport
import Testing

@Suite struct RequestTests {
    @Test(
        "a response comes back whole, and header names do not care about case",
        arguments: [LocalServer.Kind.unix, .tcp])
    func wholeResponse(kind: LocalServer.Kind) async throws {
        let server = try LocalServer(kind) { connection in
            while connection.readRequest() != nil {
                connection.answer("418 I'm a teapot", "short and stout", headers: ["Api-Version: 1.51"])
            }
        }
        defer { server.stop() }
        let response = try await HTTPClient(endpoint: server.endpoint).send(HTTPRequest(.get, "/tea?pot=1"))
        #expect(response.status == 418)
        #expect(response.headers["API-version"] == "1.51")
        #expect(response.headers["absent"] == nil)
        #expect(String(decoding: response.body, as: UTF8.self) == "short and stout")
    }

    @Test("method, path, headers and body arrive as they were given, and nothing is added that could matter")
    func requestArrives() async throws {
        let seen = Signal<Connection.Request>()
        let server = try LocalServer { connection in
            while let request = connection.readRequest() {
                seen.send(request)
                connection.answer()
            }
        }
        defer { server.stop() }
        let client = HTTPClient(endpoint: server.endpoint)
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
            _ = try await client.send(
                HTTPRequest(method, "/a%20b?c=%2F", headers: [("X-One", "1"), ("X-Empty", "")], body: body))
            let request = try await seen.wait()
            #expect(request.line == "\(method.rawValue) /a%20b?c=%2F HTTP/1.1")
            #expect(request.headers["x-one"] == "1")
            #expect(request.headers["x-empty"] == "")
            #expect(request.headers["host"] == "localhost")
            #expect(request.body == body)
            for name in ["expect", "content-type", "accept-encoding", "transfer-encoding"] {
                #expect(request.headers[name] == nil, "\(name)")
            }
        }
        _ = try await client.send(HTTPRequest(.post, "/empty"))
        #expect(try await seen.wait().headers["content-length"] == "0")
        _ = try await client.send(HTTPRequest(.delete, "/x"))
        #expect(try await seen.wait().line == "DELETE /x HTTP/1.1")
        _ = try await client.send(HTTPRequest(.head, "/x"))
        #expect(try await seen.wait().line == "HEAD /x HTTP/1.1")
    }

    @Test("chunked bodies are joined, interim responses skipped, trailers ignored")
    func chunked() async throws {
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.write("5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nTrailer: t\r\n\r\n")
        }
        defer { server.stop() }
        let response = try await HTTPClient(endpoint: server.endpoint).send(HTTPRequest(.get, "/"))
        #expect(response.status == 200)
        #expect(String(decoding: response.body, as: UTF8.self) == "hello, world")
    }

    @Test("a connection is used again after a complete answer")
    func reuse() async throws {
        let server = try LocalServer { connection in while connection.readRequest() != nil { connection.answer() } }
        defer { server.stop() }
        let client = HTTPClient(endpoint: server.endpoint)
        for _ in 0..<20 { _ = try await client.send(HTTPRequest(.get, "/")) }
        #expect(server.connectionCount == 1)
    }

    @Test("a redirect is an answer, not an order")
    func noRedirect() async throws {
        let server = try LocalServer { connection in
            while connection.readRequest() != nil {
                connection.answer("301 Moved Permanently", headers: ["Location: /elsewhere"])
            }
        }
        defer { server.stop() }
        let response = try await HTTPClient(endpoint: server.endpoint).send(HTTPRequest(.get, "/"))
        #expect(response.status == 301)
    }

    @Test("two hundred requests at once need no thread each")
    func noThreadPerRequest() async throws {
        let server = try LocalServer(serving: .inTurn) { connection in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        }
        defer { server.stop() }
        let client = HTTPClient(endpoint: server.endpoint)
        var streams = [try await client.stream(HTTPRequest(.get, "/"))]
        let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        for _ in 0..<200 { streams.append(try await client.stream(HTTPRequest(.get, "/"))) }
        let after = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        #expect(streams.count == 201)
        // Other tests run beside this one and have servers with threads.
        #expect(after < before + 100)
    }

    @Test("a header or path that could write lines of its own is refused", arguments: ["a\r\nX: y", "a\nb", "\u{0}"])
    func injection(text: String) async throws {
        let client = HTTPClient(endpoint: .unix(path: "/nowhere"))
        for request in [HTTPRequest(.get, "/", headers: [("X", text)]), HTTPRequest(.get, "/" + text)] {
            let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
            #expect(error?.code == .invalidRequest)
        }
    }
}
