import EtcdClient
import HTTPTransport
import TestSupport
import Testing

@Suite("Against one real etcd", .timeLimit(.minutes(3)))
struct SingleMemberTests {
    @Test("keys, transactions and leases behave as promised")
    func basics() async throws {
        try await ContainerFixture.with { fixture in
            let client = try await EtcdServers.start(1, in: fixture).client()
            try await keys(client)
            try await transactions(client)
            try await leases(client)
            try await fencing(client)
        }
    }

    private func keys(_ client: EtcdClient) async throws {
        #expect(try await client.get("/missing") == nil)
        let put = try await client.put("/k/1", "one")
        #expect(put.header.revision > 0)
        #expect(put.header.clusterID != 0)
        let again = try await client.put("/k/1", EtcdBytes([0, 255]), returnsPrevious: true)
        #expect(again.previous?.value == "one")
        try await client.put("/k/2", "two")
        let key = try #require(try await client.get("/k/1"))
        #expect(key.value.bytes == [0, 255])
        #expect((key.version, key.createRevision, key.modRevision) == (2, put.header.revision, again.header.revision))
        let page = try await client.range(EtcdRange(.prefix("/k/"), limit: 1, keysOnly: true))
        #expect((page.count, page.hasMore, page.keyValues.map(\.value)) == (2, true, [""]))
        let past = try await client.range(EtcdRange(.one("/k/1"), revision: put.header.revision, isSerializable: true))
        #expect(past.keyValues.first?.value == "one")
        let deleted = try await client.delete(.prefix("/k/"), returnsPrevious: true)
        #expect((deleted.deleted, deleted.previous.map(\.key)) == (2, ["/k/1", "/k/2"]))
        let future = await #expect(throws: EtcdError.self) {
            try await client.range(EtcdRange(.one("/k"), revision: 1 << 40))
        }
        #expect(future?.code == .futureRevision)
    }

    private func transactions(_ client: EtcdClient) async throws {
        let made = try await client.transact(
            EtcdTransaction(
                if: [.isAbsent("/t")],
                then: [.put("/t", "1"), .range(EtcdRange(.one("/t")))], otherwise: [.range(EtcdRange(.one("/t")))]))
        #expect(made.succeeded)
        guard case .range(let range)? = made.results.last else { return #expect(Bool(false), "no range") }
        #expect(range.keyValues.first?.value == "1")
        let key = try #require(try await client.get("/t"))
        let all: [EtcdComparison] = [
            .exists("/t"), .hasValue("/t", "1"), .hasLease("/t", 0), .wasMade("/t", at: key.createRevision),
            .init(.one("/t"), .equal, .modRevision(key.modRevision)), .init(.one("/t"), .notEqual, .value("2")),
            .init(.one("/t"), .less, .version(2)), .init(.one("/t"), .greater, .modRevision(0)),
            .init(.prefix("/t"), .equal, .version(1)),
        ]
        let inner = EtcdTransaction(if: [], then: [.delete(.one("/t"))])
        for comparison in all {
            #expect(try await client.transact(EtcdTransaction(if: [comparison], then: [])).succeeded, "\(comparison)")
        }
        #expect(
            try await client.transact(EtcdTransaction(if: all + [.hasValue("/t", "2")], then: [])).succeeded == false)
        let nested = try await client.transact(EtcdTransaction(if: all, then: [.transaction(inner)]))
        guard case .transaction(let result)? = nested.results.first, case .delete(let deleted)? = result.results.first
        else { return #expect(Bool(false), "no nested deletion") }
        #expect(deleted.deleted == 1)
    }

    private func leases(_ client: EtcdClient) async throws {
        let lease = try await client.grantLease(.milliseconds(29_500))
        #expect(lease.timeToLive == .seconds(30))
        try await client.put("/l", "x", lease: lease.id)
        #expect(try await client.get("/l")?.lease == lease.id)
        let status = try await client.lease(lease.id, withKeys: true)
        #expect((status.keys, status.granted) == (["/l"], .seconds(30)))
        #expect(try await client.keepLeaseAliveOnce(lease.id) == .seconds(30))
        #expect(try await client.leases().contains(lease.id))
        try await client.revokeLease(lease.id)
        #expect(try await client.get("/l") == nil)
        for attempt in 0..<4 {
            let error = await #expect(throws: EtcdError.self) {
                switch attempt {
                case 0: try await client.revokeLease(lease.id)
                case 1: _ = try await client.keepLeaseAliveOnce(lease.id)
                case 2: _ = try await client.lease(lease.id)
                default: try await client.put("/l", "x", lease: lease.id)
                }
            }
            #expect(error?.code == .leaseNotFound, "attempt \(attempt)")
        }
        let chosen = try await client.grantLease(.seconds(60), id: 4242)
        #expect(chosen.id == 4242)
        let twice = await #expect(throws: EtcdError.self) { try await client.grantLease(.seconds(60), id: 4242) }
        #expect(twice?.code == .alreadyExists)
    }

    /// The fence (docs/safety.md): release the leader key only if it is the very one that was seen.
    private func fencing(_ client: EtcdClient) async throws {
        let old = try await client.grantLease(.seconds(60))
        let new = try await client.grantLease(.seconds(60))
        try await client.put("/leader", "node-1", lease: new.id)
        let key = try #require(try await client.get("/leader"))
        func release(_ lease: Int64) async throws -> Bool {
            try await client.transact(
                EtcdTransaction(
                    if: [
                        .hasValue("/leader", "node-1"), .hasLease("/leader", lease),
                        .wasMade("/leader", at: key.createRevision),
                    ], then: [.delete(.one("/leader"))])
            ).succeeded
        }
        #expect(try await release(old.id) == false)
        #expect(try await client.get("/leader") != nil)
        #expect(try await release(new.id))
        #expect(try await client.get("/leader") == nil)
    }

    @Test("a full store says so, and is usable again after compaction, defragmentation and disarming")
    func noSpace() async throws {
        try await ContainerFixture.with { fixture in
            let servers = try await EtcdServers.start(
                1, in: fixture, options: ["--quota-backend-bytes", "\(4 << 20)"])
            let client = try await servers.client()
            let endpoint = try await servers.endpoint(servers.containers[0])
            let megabyte = EtcdBytes([UInt8](repeating: 7, count: 1 << 20))
            let error = await #expect(throws: EtcdError.self) {
                for _ in 1...20 { try await client.put("/big", megabyte) }
            }
            #expect(error?.code == .noSpace)
            let alarms = try await client.alarms()
            #expect(alarms.map(\.kind) == [.noSpace])
            #expect(try await client.status(of: endpoint).errors.contains { $0.contains("NOSPACE") })
            #expect(try await client.health(of: endpoint).isHealthy == false)
            let revision = try #require(try await client.get("/big")).modRevision
            let before = try await client.status(of: endpoint).databaseBytes
            try await client.compact(to: revision, waits: true)
            try await client.defragment(endpoint)
            for alarm in alarms { try await client.disarm(alarm) }
            #expect(try await client.status(of: endpoint).databaseBytes < before)
            #expect(try await client.alarms().isEmpty)
            try await client.put("/small", "fits")
            #expect(try await client.hash(of: endpoint) != 0)
        }
    }

    @Test("authentication: tokens are fetched, refusals are told apart, and a token that died is renewed")
    func authentication() async throws {
        try await ContainerFixture.with { fixture in
            let servers = try await EtcdServers.start(1, in: fixture, options: ["--auth-token-ttl", "1"])
            let open = try await servers.client()
            let root = try await servers.client(EtcdCredentials(user: "root", password: "r00t"))
            let user = try await servers.client(EtcdCredentials(user: "reader", password: "pw"))
            try await root.addUser("root", password: "r00t")
            try await root.addRole("root")
            try await root.grantRole("root", to: "root")
            try await open.addUser("reader", password: "pw")
            try await open.addRole("reading")
            try await open.grant(.read, on: .prefix("/r/"), to: "reading")
            try await open.grantRole("reading", to: "reader")
            #expect(try await open.users() == ["reader", "root"])
            #expect(try await open.roles() == ["reading", "root"])
            try await open.put("/r/1", "x")
            try await open.enableAuthentication()
            #expect(try await root.isAuthenticationEnabled())
            #expect(try await user.get("/r/1")?.value == "x")
            var codes: [EtcdError.Code?] = []
            codes.append(await #expect(throws: EtcdError.self) { try await user.put("/r/1", "y") }?.code)
            codes.append(await #expect(throws: EtcdError.self) { try await user.get("/other") }?.code)
            codes.append(await #expect(throws: EtcdError.self) { try await open.get("/r/1") }?.code)
            let wrong = try await servers.client(EtcdCredentials(user: "reader", password: "wrong"))
            codes.append(await #expect(throws: EtcdError.self) { try await wrong.get("/r/1") }?.code)
            #expect(codes == [.permissionDenied, .permissionDenied, .unauthenticated, .unauthenticated])
            // Simple tokens live in the member's memory: a restart kills them all.
            try await Shell.run(["docker", "restart", "-t", "5", servers.containers[0]])
            let again = try await servers.client(EtcdCredentials(user: "reader", password: "pw"))
            _ = try await eventually("etcd is back") { try await again.get("/r/1") }
            #expect(try await user.pinned(to: try await servers.endpoints()[0]).get("/r/1")?.value == "x")
            try await root.pinned(to: try await servers.endpoints()[0]).disableAuthentication()
            try await servers.client().put("/other", "y")
        }
    }
}
