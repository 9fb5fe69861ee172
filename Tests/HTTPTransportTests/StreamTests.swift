import HTTPTransport
import Glibc
import Testing

@Suite struct StreamTests {
    @Test("chunks arrive as they are sent, and the stream ends where the body does")
    func chunks() async throws {
        let go = Signal<Connection>()
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            go.send(connection)
        }
        defer { server.stop() }
        let stream = try await HTTPClient(endpoint: server.endpoint).stream(HTTPRequest(.get, "/"))
        #expect(stream.status == 200)
        let connection = try await go.wait()
        var iterator = stream.makeAsyncIterator()
        for text in ["one", "two"] {
            connection.write("3\r\n\(text)\r\n")
            #expect(try await iterator.next() == Array(text.utf8))
        }
        connection.write("0\r\n\r\n")
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
    }

    @Test("a slow reader stops the server, and nothing is lost when it reads on")
    func backpressure() async throws {
        let total = 48 << 20
        let blocked = Signal<Int>()
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            var limit = timeval(tv_sec: 0, tv_usec: 300_000)
            setsockopt(connection.fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            let block = [UInt8](repeating: 7, count: 64 << 10)
            var sent = 0
            var reported = false
            while sent < total {
                let now = block.withUnsafeBytes {
                    send(connection.fd, $0.baseAddress, min($0.count, total - sent), Int32(MSG_NOSIGNAL))
                }
                if now > 0 {
                    sent += now
                } else if errno == EAGAIN {
                    if !reported { blocked.send(sent) }
                    reported = true
                } else {
                    return
                }
            }
        }
        defer { server.stop() }
        let limits = HTTPLimits(streamBufferBytes: 128 << 10)
        let stream = try await HTTPClient(endpoint: server.endpoint, limits: limits)
            .stream(HTTPRequest(.get, "/"), idleLimit: .seconds(20))
        var iterator = stream.makeAsyncIterator()
        var received = try await iterator.next()?.count ?? 0
        let sentWhileBlocked = try await blocked.wait()
        #expect(sentWhileBlocked < 8 << 20)
        while let chunk = try await iterator.next() {
            #expect(chunk.count <= limits.streamBufferBytes + (64 << 10))
            received += chunk.count
        }
        #expect(received == total)
    }

    @Test("dropping a stream, read or unread, closes its connection", arguments: [false, true])
    func dropped(read: Bool) async throws {
        let closed = Signal<Bool>()
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            connection.waitForClose()
            closed.send(true)
        }
        defer { server.stop() }
        do {
            let stream = try await HTTPClient(endpoint: server.endpoint).stream(HTTPRequest(.get, "/"))
            if read { for try await chunk in stream { #expect(chunk.count == 3); break } }
        }
        #expect(try await closed.wait())
    }

    @Test("cancelling the reader closes the connection")
    func cancelled() async throws {
        let closed = Signal<Bool>()
        let reading = Signal<Bool>()
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            connection.waitForClose()
            closed.send(true)
        }
        defer { server.stop() }
        let stream = try await HTTPClient(endpoint: server.endpoint).stream(HTTPRequest(.get, "/"))
        let task = Task { () -> HTTPError.Code? in
            do throws(HTTPError) {
                for try await _ in stream { reading.send(true) }
                return nil
            } catch {
                return error.code
            }
        }
        #expect(try await reading.wait())
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(try await closed.wait())
    }

    @Test("silence beyond the idle limit ends the stream; the head has a deadline of its own")
    func idle() async throws {
        let server = try LocalServer { connection in
            guard let request = connection.readRequest() else { return }
            if request.line.contains("/headless") { return connection.waitForClose() }
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.waitForClose()
        }
        defer { server.stop() }
        let client = HTTPClient(endpoint: server.endpoint)
        let stream = try await client.stream(HTTPRequest(.get, "/"), idleLimit: .milliseconds(60))
        let late = await #expect(throws: HTTPError.self) { for try await _ in stream {} }
        #expect(late?.code == .timedOut)
        let headless = await #expect(throws: HTTPError.self) {
            _ = try await client.stream(HTTPRequest(.get, "/headless"), headDeadline: .milliseconds(60))
        }
        #expect(headless?.code == .timedOut)
    }

    @Test("a stream that is cut ends with an error, not with an end")
    func cut() async throws {
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na\nb\n\r\n5\r\nxy")
            connection.end()
        }
        defer { server.stop() }
        let stream = try await HTTPClient(endpoint: server.endpoint).stream(HTTPRequest(.get, "/"))
        var lines: [String] = []
        let error = await #expect(throws: HTTPError.self) {
            for try await line in stream.lines() { lines.append(String(decoding: line, as: UTF8.self)) }
        }
        #expect(error?.code == .connectionLost)
        #expect(lines == ["a", "b"])
    }

    @Test("a body that ends with its connection is complete, as Docker's hijacked streams are")
    func closeDelimited() async throws {
        let server = try LocalServer { connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nraw")
            connection.end()
        }
        defer { server.stop() }
        let stream = try await HTTPClient(endpoint: server.endpoint).stream(HTTPRequest(.post, "/"))
        #expect(try await stream.collect(upTo: 10) == Array("raw".utf8))
    }
}
