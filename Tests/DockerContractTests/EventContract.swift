import DockerAPI
import Foundation
import Glibc
import HTTPTransport
import Synchronization
import Testing

extension DockerContract {
    @Suite struct Event {
        @Test("events of a container's life arrive in order, after the subscription", arguments: Engines.all)
        func life(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let engine = fixture.engine
                let image = try await fixture.image()
                let filters: DockerFilters = ["type": ["container"], "label": ["ct-fixture=\(fixture.prefix)"]]
                let before = try await engine.events(filters)
                let id = try await fixture.running(image: image)
                try await engine.kill(id)
                var events: [DockerEvent] = []
                for try await event in before {
                    events.append(event)
                    if event.verb == "die" { break }
                }
                #expect(events.map(\.verb) == ["create", "start", "kill", "die"])
                #expect(events.allSatisfy { $0.id == id && $0.name == "\(fixture.prefix)-a" })
                #expect(events.last?.exitCode == 137)
                #expect(events.map(\.time) == events.map(\.time).sorted())
            }
        }

        @Test(
            "a feed says when to list, tells of the break, comes back, and ends only when cancelled",
            arguments: Engines.all
        )
        func feed(address: String) async throws {
            try await EngineFixture.with(address) { fixture in
                let image = try await fixture.image()
                let proxy = try BreakableProxy(to: fixture.engine.endpoint)
                defer { proxy.stop() }
                let filters: DockerFilters = ["type": ["container"], "label": ["ct-fixture=\(fixture.prefix)"]]
                let backoff = DockerEventFeed.Backoff(first: .milliseconds(10), longest: .milliseconds(50))
                let feed = DockerEngine(endpoint: proxy.endpoint).eventFeed(filters, backoff: backoff)
                let (told, continuation) = AsyncStream.makeStream(of: DockerEventFeed.Element.self)
                let reader = Task {
                    for await element in feed { continuation.yield(element) }
                    continuation.finish()
                }
                var elements = told.makeAsyncIterator()
                #expect(await elements.next() == .subscribed)
                let id = try await fixture.running(image: image)
                #expect(await elements.next()?.verb == "create")
                #expect(await elements.next()?.verb == "start")
                proxy.breakConnections()
                guard case .lost = await elements.next() else {
                    throw EngineFixture.Missing(what: "a break that is told")
                }
                var next = await elements.next()
                while case .lost = next { next = await elements.next() }
                #expect(next == .subscribed)
                try await fixture.engine.kill(id)
                #expect(await elements.next()?.verb == "kill")
                reader.cancel()
                while let element = await elements.next() { #expect(element.verb == "die") }
                await reader.value
            }
        }

        @Test("an engine that is not there is said to be that, and what to do")
        func missing() async throws {
            let engine = try DockerEngine(address: "unix:///run/ct-none.sock")
            do throws(DockerError) {
                _ = try await engine.containers()
                Issue.record("something answered")
            } catch {
                guard case .unavailable(let reason) = error.code else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reason.code == .notFound && error.disposition == .again)
                #expect(error.description.contains("/run/ct-none.sock"))
            }
        }
    }
}

extension DockerEventFeed.Element {
    fileprivate var verb: String? {
        if case .event(let event) = self { event.verb } else { nil }
    }
}

/// Stands between client and engine and cuts what goes through it.
final class BreakableProxy: Sendable {
    let endpoint: HTTPEndpoint
    private let path: String
    private let listener: Int32
    private let open = Mutex<Set<Int32>>([])

    init(to target: HTTPEndpoint) throws {
        guard case .unix(let engine) = target else { throw EngineFixture.Missing(what: "a unix endpoint") }
        let path = "/tmp/ct-proxy-\(UInt32.random(in: 0 ... .max)).sock"
        self.path = path
        endpoint = .unix(path: path)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let isListening = Self.with(path) { bind(listener, $0, $1) == 0 } && listen(listener, 16) == 0
        guard isListening else { throw EngineFixture.Missing(what: "a socket at \(path)") }
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 { return }
                let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                guard Self.with(engine, { connect(server, $0, $1) == 0 }) else { close(client); continue }
                open.withLock { $0.formUnion([client, server]) }
                Thread.detachNewThread { Self.pump(client, server) }
                Thread.detachNewThread { Self.pump(server, client) }
            }
        }
    }

    func breakConnections() {
        open.withLock { sockets in
            for each in sockets { shutdown(each, Int32(SHUT_RDWR)) }
            sockets = []
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        breakConnections()
        unlink(path)
    }

    private static func pump(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let got = recv(from, &buffer, buffer.count, 0)
            guard got > 0, send(to, buffer, got, Int32(MSG_NOSIGNAL)) == got else { break }
        }
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }

    private static func with(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
