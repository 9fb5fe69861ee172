import EtcdClient
import TestSupport
import Testing

@Suite("Watches on a real etcd", .timeLimit(.minutes(3)))
struct WatchTests {
    @Test("changes are told in order, from any revision on, with what was before")
    func changes() async throws {
        try await ContainerFixture.with { fixture in
            let client = try await EtcdServers.start(1, in: fixture).client()
            let first = try await client.put("/w/1", "a").header.revision
            try await client.put("/elsewhere", "x")
            try await client.put("/w/1", "b")
            try await client.delete(.one("/w/1"))
            var iterator = client.watch(.prefix("/w/"), from: first, returnsPrevious: true).makeAsyncIterator()
            var changes: [EtcdChange] = []
            while changes.count < 3 {
                if case .changes(let more, _)? = try await iterator.next() { changes += more }
            }
            #expect(changes.map(\.kind) == [.put, .put, .delete])
            #expect(changes.map(\.keyValue.value) == ["a", "b", ""])
            #expect(changes.map { $0.previous?.value } == [nil, "a", "b"])
        }
    }

    @Test("a lease that ends is a deletion")
    func lease() async throws {
        try await ContainerFixture.with { fixture in
            let client = try await EtcdServers.start(1, in: fixture).client()
            let lease = try await client.grantLease(.seconds(60))
            let revision = try await client.put("/w", "a", lease: lease.id).header.revision
            var iterator = client.watch(.one("/w"), from: revision + 1).makeAsyncIterator()
            #expect(try await iterator.next() == .established(revision: revision))
            try await client.revokeLease(lease.id)
            guard case .changes(let changes, _)? = try await iterator.next() else {
                return #expect(Bool(false), "no changes")
            }
            #expect(changes.map(\.kind) == [.delete])
        }
    }

    @Test("a compacted revision asks for a resync, and the watch ends")
    func compaction() async throws {
        try await ContainerFixture.with { fixture in
            let client = try await EtcdServers.start(1, in: fixture).client()
            for number in 1...10 { try await client.put("/w", EtcdBytes("\(number)")) }
            let revision = try #require(try await client.get("/w")).modRevision
            try await client.compact(to: revision)
            let late = await #expect(throws: EtcdError.self) {
                try await client.range(EtcdRange(.one("/w"), revision: revision - 1))
            }
            guard case .compacted? = late?.code else { return #expect(Bool(false), "\(String(describing: late))") }
            var iterator = client.watch(.one("/w"), from: 2).makeAsyncIterator()
            var reason: EtcdResyncReason?
            while let event = try await iterator.next() {
                if case .resync(let why) = event { reason = why }
            }
            #expect(reason == .compacted(revision: revision))
        }
    }

    @Test("a watch goes on at another endpoint when its own dies, and misses nothing")
    func resume() async throws {
        try await ContainerFixture.with { fixture in
            let servers = try await EtcdServers.start(3, in: fixture)
            // The watching client's first endpoint is the one that dies.
            let client = try await servers.client()
            let writer = try await servers.client { $0.endpoints.removeFirst() }
            let start = try await writer.put("/w", "0").header.revision
            var iterator = client.watch(.one("/w"), from: start + 1).makeAsyncIterator()
            #expect(try await iterator.next() == .established(revision: start))
            try await writer.put("/w", "1")
            var seen: [String] = []
            var interruptions = 0
            while seen.count < 20 {
                switch try await iterator.next() {
                case .changes(let changes, _)?:
                    seen += changes.map(\.keyValue.value.text)
                    guard seen == ["1"] else { continue }
                    try await Shell.run(["docker", "kill", servers.containers[0]])
                    for number in 2...20 {
                        // The dead member may have led: an election takes a second.
                        _ = try await eventually("a put succeeds") {
                            try await writer.put("/w", EtcdBytes("\(number)"))
                        }
                    }
                case .interrupted?: interruptions += 1
                case .established?, .progress?: continue
                case .resync(let reason)?:
                    Issue.record("resync: \(reason)")
                    return
                case nil: return #expect(Bool(false), "the watch ended")
                }
            }
            // A put that was repeated after an unknown outcome may be seen twice, none may be missing.
            #expect(Set(seen) == Set((1...20).map(String.init)))
            #expect(interruptions == 1)
        }
    }

    @Test("a watch notices a store that was made anew")
    func madeAnew() async throws {
        try await ContainerFixture.with { fixture in
            let servers = try await EtcdServers.start(1, in: fixture)
            let client = try await servers.client()
            for number in 1...10 { try await client.put("/w", EtcdBytes("\(number)")) }
            var iterator = client.watch(.one("/w")).makeAsyncIterator()
            guard case .established? = try await iterator.next() else { return #expect(Bool(false), "no watch") }
            let before = try await fixture.address(of: servers.containers[0])
            try await Shell.run(["docker", "exec", servers.containers[0], "sh", "-c", "rm -rf /tmp/data"])
            try await Shell.run(["docker", "kill", servers.containers[0]])
            try await Shell.run(["docker", "start", servers.containers[0]])
            #expect(try await fixture.address(of: servers.containers[0]) == before)
            var reason: EtcdResyncReason?
            while let event = try await iterator.next() {
                if case .resync(let why) = event { reason = why }
            }
            guard case .storeWentBack? = reason else { return #expect(Bool(false), "\(String(describing: reason))") }
        }
    }

    @Test("cancelling the task ends a silent watch")
    func cancellation() async throws {
        try await ContainerFixture.with { fixture in
            let client = try await EtcdServers.start(1, in: fixture).client()
            let (ready, signal) = AsyncStream<Void>.makeStream()
            let task = Task {
                for try await event in client.watch(.one("/w")) {
                    if case .established = event { signal.finish() }
                }
            }
            for await _ in ready {}
            task.cancel()
            let error = await #expect(throws: EtcdError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }
}
