import DockerAPI
import Foundation
import Glibc
import Synchronization

/// An engine made of answers: a unix socket whose requests are kept, and answered by a closure of the test.
final class EngineStub: Sendable {
    struct Answer: Sendable {
        var status = 200
        var body: [UInt8] = []
        var isLast = false
    }

    let engine: DockerEngine
    private let path: String
    private let listener: Int32
    private let seen = Mutex<[String]>([])

    /// The first lines of all requests but the pings, `GET /containers/a/json`.
    var requests: [String] { seen.withLock { $0 } }

    init(_ answer: @escaping @Sendable (String) -> Answer) throws {
        let path = "/tmp/ct-\(UInt64.random(in: 0 ... .max)).sock"
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(listener, 64) == 0
            }
        }
        guard isBound else { throw CocoaError(.fileWriteUnknown) }
        self.path = path
        self.listener = listener
        engine = try DockerEngine(address: "unix://\(path)")
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                Thread.detachNewThread { self.serve(connection, answer) }
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        unlink(path)
    }

    private func serve(_ connection: Int32, _ answer: (String) -> Answer) {
        defer { close(connection) }
        while let line = next(connection) {
            var given = Answer(body: Array("OK".utf8))
            if !line.contains("_ping") {
                seen.withLock { $0.append(line) }
                given = answer(line)
            }
            let head =
                "HTTP/1.1 \(given.status) X\r\nApi-Version: 1.41\r\nContent-Length: \(given.body.count)\r\n\r\n"
            let bytes = Array(head.utf8) + (line.hasPrefix("HEAD") ? [] : given.body)
            guard bytes.withUnsafeBytes({ send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) > 0 else {
                return
            }
        }
    }

    /// Method and path of the next request, without the version; its body is read and dropped.
    private func next(_ connection: Int32) -> String? {
        var head = ""
        while !head.hasSuffix("\r\n\r\n") {
            guard let byte = read(connection, 1)?.first else { return nil }
            head.unicodeScalars.append(Unicode.Scalar(byte))
        }
        let lines = head.split(separator: "\r\n")
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: " ").last ?? "") }
        var left = length ?? 0
        while left > 0 {
            guard let bytes = read(connection, left) else { return nil }
            left -= bytes.count
        }
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        let isVersioned = words[1].hasPrefix("/v1.")
        let target =
            isVersioned ? "/" + words[1].split(separator: "/").dropFirst().joined(separator: "/") : "\(words[1])"
        return "\(words[0]) \(target)"
    }

    private func read(_ connection: Int32, _ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(connection, &buffer, count, 0)
        return got > 0 ? Array(buffer[..<got]) : nil
    }
}
