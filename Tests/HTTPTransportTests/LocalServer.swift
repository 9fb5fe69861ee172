import Foundation
import Glibc
import HTTPTransport
import Synchronization

/// A real listening socket whose connections are served, blocking, by a closure of the test.
final class LocalServer: Sendable {
    enum Kind { case unix, tcp }

    /// Whether each connection gets a thread, or the accepting thread serves one after the other.
    enum Serving { case threadEach, inTurn }

    let endpoint: HTTPEndpoint
    private let listener: Int32
    private let path: String?
    private let accepted = Mutex(0)

    /// Connections accepted so far.
    var connectionCount: Int { accepted.withLock { $0 } }

    init(
        _ kind: Kind = .unix, serving: Serving = .threadEach, serve: @escaping @Sendable (Connection) -> Void
    ) throws {
        switch kind {
        case .unix:
            let path = "/tmp/ct-\(UInt64.random(in: 0 ... .max)).sock"
            self.path = path
            endpoint = .unix(path: path)
            listener = try Self.listenUnix(path)
        case .tcp:
            path = nil
            let (fd, port) = try Self.listenTCP()
            listener = fd
            endpoint = .tcp(host: "127.0.0.1", port: port)
        }
        Thread.detachNewThread { [self, listener] in
            while true {
                let fd = accept(listener, nil, nil)
                if fd < 0 { return }
                accepted.withLock { $0 += 1 }
                let connection = Connection(fd: fd)
                switch serving {
                case .inTurn: serve(connection)
                case .threadEach: Thread.detachNewThread { serve(connection) }
                }
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        if let path { unlink(path) }
    }

    struct SocketFailure: Error { let call: String, errno: Int32 }

    static func listenUnix(_ path: String) throws -> Int32 {
        let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, listen(fd, 128) == 0 else { throw SocketFailure(call: "listen", errno: errno) }
        return fd
    }

    static func listenTCP() throws -> (fd: Int32, port: Int) {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, length) == 0 && listen(fd, 128) == 0 && getsockname(fd, $0, &length) == 0
            }
        }
        guard bound else { throw SocketFailure(call: "listen", errno: errno) }
        return (fd, Int(UInt16(bigEndian: address.sin_port)))
    }
}

/// The server's end of one connection; blocking.
struct Connection: Sendable {
    let fd: Int32

    struct Request {
        var line: String
        var headers: [String: String]
        var body: [UInt8]
    }

    /// The next request, or `nil` when the client closed.
    func readRequest() -> Request? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while !bytes.suffix(4).elementsEqual(end) {
            guard let byte = read(1)?.first else { return nil }
            bytes.append(byte)
        }
        let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        var body: [UInt8] = []
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while body.count < length {
            guard let more = read(length - body.count) else { return nil }
            body += more
        }
        return Request(line: lines.first ?? "", headers: headers, body: body)
    }

    /// At least one byte, or `nil` at the end.
    func read(_ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(fd, &buffer, count, 0)
        return got > 0 ? Array(buffer[..<got]) : nil
    }

    /// - Returns: whether the client still takes bytes.
    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let now = bytes[sent...].withUnsafeBytes {
                send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if now <= 0 { return false }
            sent += now
        }
        return true
    }

    /// Blocks until the client has closed its end.
    func waitForClose() { while read(4096) != nil {} }

    func end() { close(fd) }

    func answer(_ status: String = "200 OK", _ body: String = "", headers: [String] = []) {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }
}

/// A value that a test waits for.
final class Signal<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func send(_ value: Value) { continuation.yield(value) }

    struct NeverCame: Error {}

    /// The next value; fails after ten seconds.
    func wait() async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { [stream] in
                for await value in stream { return value }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: .seconds(10))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw NeverCame() }
            return value
        }
    }
}
