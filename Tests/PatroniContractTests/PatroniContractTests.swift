import HTTPTransport
import PatroniAPI
import TestSupport
import Testing

@Suite("Against a real Patroni 4", .timeLimit(.minutes(5)))
struct PatroniContractTests {
    /// Some of the dynamic configuration.
    private struct Dynamic: Codable, Equatable {
        var loop_wait: Int?
        var ttl: Int?
        var postgresql: PostgreSQL?
        struct PostgreSQL: Codable, Equatable { var parameters: [String: String]? }
    }
    private struct Anything: Decodable {}

    @Test("reading, configuring, waking, restarting, switching over and reinitialising behave as promised")
    func behaviour() async throws {
        try await ContainerFixture.with { fixture in
            let nodes = try await PatroniNodes.start(2, in: fixture)
            let first = try await nodes.eventuallyStreaming()
            let second = try #require(nodes.names.first { $0 != first })
            let (leader, replica) = (try await nodes.client(first), try await nodes.client(second))
            try await reading(leader, replica, first, second)
            try await configuring(leader)
            try await refusals(nodes, leader, first, second)
            try await waking(nodes, leader)
            try await restarting(leader)
            try await switching(nodes, leader, replica, first, second)
            try await losing(nodes, first)
        }
    }

    private func reading(
        _ leader: PatroniClient, _ replica: PatroniClient, _ first: String, _ second: String
    ) async throws {
        let status = try await leader.status()
        #expect((status.state, status.role, status.name, status.scope) == ("running", "primary", first, "contract"))
        #expect(status.systemIdentifier?.isEmpty == false)
        #expect((status.serverVersion ?? 0) >= 180_000)
        #expect((status.wal?.location ?? 0) > 0)
        #expect(status.patroniVersion?.hasPrefix("4.") == true)
        _ = try await eventually("the leader shows the stream") {
            try await leader.status().replication.first { $0.applicationName == second && $0.state == "streaming" }
        }
        let other = try await replica.status()
        #expect((other.role, other.replicationState) == ("replica", "streaming"))
        #expect((other.wal?.replayed ?? 0) > 0)
        #expect(other.wal?.isPaused == false)
        #expect(other.systemIdentifier == status.systemIdentifier)
        for probe in PatroniProbe.allCases {
            let isTrue = try await leader.probe(probe)
            #expect(isTrue == ![.replica, .synchronous].contains(probe), "\(probe) of the leader")
        }
        #expect(try await replica.probe(.replica))
        #expect(try await replica.probe(.primary) == false)
        let member = try #require(try await replica.cluster().members.first { $0.name == first })
        #expect((member.role, member.host, member.port, member.timeline) == ("leader", first, 5432, 1))
    }

    private func configuring(_ leader: PatroniClient) async throws {
        let before = try await leader.configuration(as: Dynamic.self)
        #expect(before.loop_wait == 10)
        let patched = try await leader.patchConfiguration(
            ["postgresql": ["parameters": ["work_mem": "8MB"]]], as: Dynamic.self)
        #expect(patched.postgresql?.parameters?["work_mem"] == "8MB")
        #expect(patched.ttl == before.ttl)
        let none: String? = nil
        let removed = try await leader.patchConfiguration(
            ["postgresql": ["parameters": ["work_mem": none]]], as: Dynamic.self)
        #expect(removed.postgresql?.parameters?["work_mem"] == nil)
    }

    private func refusals(
        _ nodes: PatroniNodes, _ leader: PatroniClient, _ first: String, _ second: String
    ) async throws {
        let stranger = try await nodes.client(first, nil)
        let liar = try await nodes.client(first, PatroniCredentials(user: "rest", password: "wrong"))
        #expect(try await stranger.status().role == "primary")
        var codes: [PatroniError.Code?] = []
        codes.append(await #expect(throws: PatroniError.self) { try await stranger.wake() }?.code)
        codes.append(await #expect(throws: PatroniError.self) { try await liar.wake() }?.code)
        codes.append(await #expect(throws: PatroniError.self) { try await leader.switchover(from: second) }?.code)
        // What wake() must not send.
        codes.append(
            await #expect(throws: PatroniError.self) { try await leader.patchConfiguration([String: Int]()) }?.code)
        #expect(
            codes == [.unauthorized, .unauthorized, .preconditionFailed, .invalid])
    }

    private func waking(_ nodes: PatroniNodes, _ leader: PatroniClient) async throws {
        func revision() async throws -> String {
            try await Shell.run([
                // this etcd speaks without TLS
                "docker", "exec", "-e", "ETCDCTL_ENDPOINTS=http://localhost:2379", "-e", "ETCDCTL_CERT=", "-e",
                "ETCDCTL_KEY=", "-e", "ETCDCTL_CACERT=", nodes.fixture.name("etcd"), "etcdctl", "get",
                "/service/contract/config", "--write-out", "fields",
            ]).split(separator: "\n").first { $0.hasPrefix("\"ModRevision\"") }.map(String.init) ?? "none"
        }
        let before = try await revision()
        #expect(before != "none")
        // A loop that is woken writes its member key anew as soon as something changed; without a change, what shows
        // a turn of the loop is that Patroni last reached etcd just now.
        let seen = try #require(try await leader.status().storeLastSeen)
        let started = ContinuousClock.now
        _ = try await eventually("the loop turns") {
            try await leader.wake()
            return try await leader.status().storeLastSeen.flatMap { $0 > seen ? true : nil }
        }
        #expect(ContinuousClock.now - started < .seconds(3))
        #expect(try await revision() == before)
    }

    private func restarting(_ leader: PatroniClient) async throws {
        #expect(try await leader.reload().contains("reload scheduled"))
        let started = try await leader.status().postmasterStartTime
        try await leader.patchConfiguration(["postgresql": ["parameters": ["max_connections": "77"]]])
        _ = try await eventually("a restart is pending") {
            let status = try await leader.status()
            return status.isRestartPending && status.pendingParameters.map(\.name) == ["max_connections"] ? true : nil
        }
        try await leader.restart(onlyIfPending: true)
        #expect(try await leader.status().postmasterStartTime != started)
        #expect(try await leader.status().isRestartPending == false)
    }

    private func switching(
        _ nodes: PatroniNodes, _ leader: PatroniClient, _ replica: PatroniClient, _ first: String, _ second: String
    ) async throws {
        _ = try await eventually("the replica streams again") {
            try await replica.status().replicationState == "streaming" ? true : nil
        }
        let sentence = try await leader.switchover(from: first, to: second)
        #expect(sentence.contains(second))
        #expect(try await nodes.eventuallyStreaming() == second)
        _ = try await eventually("the history has the switchover") {
            try await replica.wake()
            return try await replica.history().first { $0.timeline == 1 && $0.leader == second }
        }
        #expect(try await replica.status().timeline == 2)
        #expect(try await nodes.eventuallyStreaming() == second)
    }

    private func losing(_ nodes: PatroniNodes, _ first: String) async throws {
        let client = try await nodes.client(first)
        try await Shell.run(["docker", "pause", first])
        let paused = await #expect(throws: PatroniError.self) { try await client.status(deadline: .milliseconds(300)) }
        #expect(paused?.code == .timedOut)
        try await Shell.run(["docker", "unpause", first])
        let unnamed = PatroniClient(endpoint: .tcp(host: "no-such-name.invalid", port: 8008))
        let nameless = await #expect(throws: PatroniError.self) { try await unnamed.status() }
        #expect(nameless?.code == .nameNotResolved)
        let closed = PatroniClient(endpoint: .tcp(host: try await nodes.fixture.address(of: first), port: 1))
        let refused = await #expect(throws: PatroniError.self) { try await closed.status() }
        #expect(refused?.code == .refused)
    }
}
