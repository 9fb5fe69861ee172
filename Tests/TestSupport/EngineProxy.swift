import Foundation
import Glibc
import Synchronization

/// A unix socket between a program and a Docker Engine that behaves as badly as it is told to.
public final class EngineProxy: Sendable {
    /// How it behaves from now on.
    public enum ProxyFault: Sendable, Equatable {
        /// Everything goes through.
        case healthy
        /// Event streams are cut and refused; everything else goes through.
        case deaf
        /// Nothing gets through any more, on old connections and new ones, and nobody is told.
        case hung
        /// One request in four is answered with 500, half of a JSON document.
        case failing
        /// Event streams stay open and say nothing more; everything else goes through.
        case numb
        /// Questions about one container, by its ID, are never answered.
        case mute(String)
        /// Everything takes so much longer.
        case slow(milliseconds: UInt32)
    }

    /// Where it listens.
    public let path: String
    private let engine: String
    private let listener: Int32
    private let state = Mutex((fault: ProxyFault.healthy, events: [Int32]()))

    /// Listens on a socket of its own in front of an engine's.
    public init(path: String, engine: String = "/var/run/docker.sock") throws {
        self.path = path
        self.engine = engine
        unlink(path)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard EngineProxy.withAddress(path, { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else {
            throw ShellError(description: "\(path): \(String(cString: strerror(errno)))")
        }
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                if client < 0, errno == EBADF || errno == EINVAL { return }
                guard client >= 0 else {
                    usleep(20_000)
                    continue
                }
                Thread.detachNewThread { self.serve(client) }
            }
        }
    }

    /// Changes its fault.
    public func turn(_ fault: ProxyFault) {
        let cut = state.withLock { state -> [Int32] in
            state.fault = fault
            defer { if fault == .deaf { state.events = [] } }
            return fault == .deaf ? state.events : []
        }
        for descriptor in cut { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// Ends it.
    public func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        unlink(path)
    }

    private var fault: ProxyFault { state.withLock { $0.fault } }

    private func serve(_ client: Int32) {
        guard waitOutHang(client) else {
            Glibc.close(client)
            return
        }
        let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            // a closed descriptor's number is given to the next one
            state.withLock { $0.events.removeAll { $0 == client } }
            Glibc.close(client)
            Glibc.close(server)
        }
        guard EngineProxy.withAddress(engine, { connect(server, $0, $1) }) == 0 else { return }
        let answers = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            pump(from: server, to: client) { _ in isNumb(client) ? .swallow : .pass }
            shutdown(client, Int32(SHUT_RDWR))
            answers.signal()
        }
        pump(from: client, to: server) { request in admit(request, client) }
        shutdown(server, Int32(SHUT_RDWR))
        answers.wait()
    }

    private enum Verdict { case pass, swallow, end }

    /// Whether what the engine says on this connection is an event that nobody is to hear.
    private func isNumb(_ client: Int32) -> Bool {
        state.withLock { $0.fault == .numb && $0.events.contains(client) }
    }

    /// Whether a piece of what the client says goes on to the engine.
    private func admit(_ bytes: ArraySlice<UInt8>, _ client: Int32) -> Verdict {
        let head = String(decoding: bytes.prefix(200), as: UTF8.self)
        let isEvents = head.contains("/events")
        let isRequest = ["GET ", "PUT ", "POST ", "DELETE ", "HEAD "].contains { head.hasPrefix($0) }
        let isRefused = state.withLock { state -> Bool in
            if isEvents { state.events.append(client) }
            switch state.fault {
            case .mute(let id): return head.contains("/containers/\(id)")
            case .deaf: return isEvents
            case .failing: return isRequest && Int.random(in: 0..<4) == 0
            case .healthy, .hung, .numb, .slow: return false
            }
        }
        guard isRefused else { return .pass }
        if case .mute = fault { return .swallow }
        let answer =
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{\"message\": \"b"
        _ = answer.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
        return .end
    }

    /// Waits until nothing hangs any more; false when the other end gave up meanwhile.
    private func waitOutHang(_ descriptor: Int32) -> Bool {
        while fault == .hung {
            var byte: UInt8 = 0
            if recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0 { return false }
            usleep(20_000)
        }
        return true
    }

    private func pump(from source: Int32, to target: Int32, _ admit: (ArraySlice<UInt8>) -> Verdict) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { return }
            guard waitOutHang(source) else { return }
            if case .slow(let milliseconds) = fault { usleep(milliseconds * 1000) }
            switch admit(buffer[..<count]) {
            case .pass: break
            case .swallow: continue
            case .end: return
            }
            var sent = 0
            while sent < count {
                let done = buffer[sent..<count].withUnsafeBytes {
                    // an end that is gone must not end the test with SIGPIPE
                    send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard done > 0 else { return }
                sent += done
            }
        }
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (index, byte) in path.utf8.prefix(target.count - 1).enumerated() { target[index] = byte }
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
