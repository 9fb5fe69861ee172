import EtcdClient
import HTTPTransport
import TestSupport
import Testing

@Suite("Against three real etcd members", .timeLimit(.minutes(3)))
struct ClusterTests {
    @Test("calls survive a killed and a paused endpoint, and quorum loss has its own error")
    func failover() async throws {
        try await ContainerFixture.with { fixture in
            let servers = try await EtcdServers.start(3, in: fixture)
            let client = try await servers.client { $0.attemptLimit = .milliseconds(500) }
            try await client.put("/f", "1")
            try await Shell.run(["docker", "pause", servers.containers[0]])
            let value = try await eventually("a read passes by a paused member") { try await client.get("/f") }
            #expect(value.value == "1")
            try await Shell.run(["docker", "unpause", servers.containers[0]])
            try await servers.waitUntilHealthy(servers.containers[0])
            try await Shell.run(["docker", "kill", servers.containers[0]])
            _ = try await eventually("a put passes by a dead member") { try await client.put("/f", "2") }
            #expect(try await client.get("/f")?.value == "2")
            let survivor = try await servers.endpoint(servers.containers[2])
            var watch = client.pinned(to: survivor).watch(.one("/f")).makeAsyncIterator()
            guard case .established? = try await watch.next() else { return #expect(Bool(false), "no watch") }
            try await Shell.run(["docker", "kill", servers.containers[1]])
            // The member lives and its connection too; what ends the watch is that it has no leader.
            guard case .interrupted(let error)? = try await watch.next() else {
                return #expect(Bool(false), "the watch kept silent")
            }
            #expect(error.code == .noLeader)
            try await quorumLoss(servers)
            try await Shell.run(["docker", "start"] + servers.containers.prefix(2))
            let back = try await servers.client()
            _ = try await eventually("the quorum is back") { try await back.put("/f", "3") }
        }
    }

    private func quorumLoss(_ servers: EtcdServers) async throws {
        let survivor = try await servers.endpoint(servers.containers[2])
        let client = EtcdClient(EtcdConfiguration(endpoints: [survivor], deadline: .seconds(10)))
        _ = try await eventually("the member knows that it has no leader") {
            try await client.status(of: survivor).leaderID == 0 ? true : nil
        }
        let linearizable = await #expect(throws: EtcdError.self) { try await client.get("/f") }
        #expect([.noLeader, .timedOut].contains(linearizable?.code))
        let old = try await client.range(EtcdRange(.one("/f"), isSerializable: true))
        #expect(old.keyValues.first?.value == "2")
        #expect(try await client.members(isSerializable: true).members.count == 3)
        #expect(try await client.health(of: survivor).isHealthy == false)
        let put = await #expect(throws: EtcdError.self) { try await client.put("/f", "lost", deadline: .seconds(1)) }
        #expect(put?.code == .timedOut || put?.code == .noLeader)
    }

    @Test("a member is replaced: removed, added as a learner, promoted once it has caught up")
    func replacement() async throws {
        try await ContainerFixture.with { fixture in
            let servers = try await EtcdServers.start(3, in: fixture)
            let client = try await servers.client { $0.endpoints.removeLast() }
            try await client.put("/m", "1")
            let before = try await client.members()
            #expect(before.members.allSatisfy { !$0.isLearner && $0.clientURLs.count == 1 })
            let lost = try #require(before.members.first { $0.name == servers.containers[2] })
            try await Shell.run(["docker", "kill", servers.containers[2]])
            _ = try await eventually("the dead member is removed") { try await client.removeMember(lost.id) }
            let again = await #expect(throws: EtcdError.self) { try await client.removeMember(lost.id) }
            #expect(again?.code == .memberNotFound)
            let name = fixture.name("etcd-4")
            let added = try await eventually("a learner is added") {
                try await client.addMember(peerURLs: ["http://\(name):2380"])
            }
            #expect(added.isLearner)
            let early = await #expect(throws: EtcdError.self) { try await client.promoteMember(added.id) }
            #expect(early?.code == .learnerNotReady)
            let double = await #expect(throws: EtcdError.self) {
                try await client.addMember(peerURLs: ["http://\(name):2380"])
            }
            #expect([.memberExists, .tooManyLearners].contains(double?.code))
            let initial = (servers.containers.prefix(2) + [name]).map { "\($0)=http://\($0):2380" }
            _ = try await EtcdServers.create(
                "etcd-4", fixture, servers.network,
                ["--initial-cluster", initial.joined(separator: ","), "--initial-cluster-state", "existing"])
            try await Shell.run(["docker", "start", name])
            _ = try await eventually("the learner is promoted") { try await client.promoteMember(added.id) }
            let after = try await client.members().members
            #expect(Set(after.map(\.name)) == Set(servers.containers.prefix(2) + [name]))
            #expect(after.allSatisfy { !$0.isLearner })
            try await client.updateMember(added.id, peerURLs: ["http://\(name):2380", "http://\(name).:2380"])
        }
    }

    @Test("each member has its own status, and leadership can be handed over")
    func leadership() async throws {
        try await ContainerFixture.with { fixture in
            let servers = try await EtcdServers.start(3, in: fixture)
            let client = try await servers.client()
            try await client.put("/s", "1")
            let endpoints = try await servers.endpoints()
            let statuses = try await eventually("all members follow one leader") {
                var statuses: [EtcdMemberStatus] = []
                for endpoint in endpoints { statuses.append(try await client.status(of: endpoint)) }
                return Set(statuses.map(\.leaderID)).count == 1 ? statuses : nil
            }
            #expect(Set(statuses.map(\.header.memberID)).count == 3)
            #expect(statuses.allSatisfy { $0.version.hasPrefix("3.") && $0.databaseBytes > 0 && $0.errors.isEmpty })
            let revision = try await client.put("/s", "2").header.revision
            _ = try await eventually("all members have the same hash") {
                var hashes: Set<UInt32> = []
                for endpoint in endpoints { hashes.insert(try await client.hash(of: endpoint)) }
                return hashes.count == 1 ? revision : nil
            }
        }
    }
}
