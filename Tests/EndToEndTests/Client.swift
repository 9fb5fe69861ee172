import Foundation
import PostgresClient
import TestSupport
import Testing

/// The writing client with its bookkeeping.
struct Client {
    private let cluster: ClusterFixture
    private let writer: Writer
    private let census: Census
    private let tasks: [Task<Void, Never>]
    /// An application behind the poolers, which must not notice anything but a pause.
    private let application: PooledClient?

    /// - Parameter nodes: how many nodes there will be at most.
    init(_ cluster: ClusterFixture, nodes: Int? = nil) async throws {
        self.cluster = cluster
        let ports = (0..<(nodes ?? cluster.nodes)).map { cluster.ports + $0 }
        let password = try await cluster.command("password", "pgadmin")
        try await cluster.psql(
            try await cluster.primary(),
            "create table acks (n bigint primary key); grant all on acks to pgadmin")
        let writer = Writer(ports: ports, password: password)
        self.writer = writer
        let census = Census(ports: ports, password: password)
        self.census = census
        application = cluster.poolers > 0 ? try await PooledClient(cluster) : nil
        await application?.start()
        tasks = [Task { await writer.write() }, Task { await census.take() }]
    }

    /// One fault, and everything that must hold after it.
    func survive(_ fault: Fault) async throws {
        try await writes(20)
        _ = await writer.longestGap(reset: true)
        try await fault.inject(cluster)
        try await writes(100)
        try await cluster.ready()
        try await check(after: fault.name)
        let gap = await writer.longestGap(reset: false)
        print("\(fault.name): no write for \(gap)")
    }

    /// A change that takes its time while the client writes; what is lost, and how long no write was possible.
    func change(_ what: String, _ change: () async throws -> Void) async throws {
        try await writes(20)
        _ = await writer.longestGap(reset: true)
        _ = await application?.longestGap()
        let start = ContinuousClock.now
        try await change()
        try await writes(20)
        try await application?.writes(20)
        try await check(after: what)
        try await application?.check(after: what)
        let gap = await writer.longestGap(reset: false)
        print("\(what): \(ContinuousClock.now - start), no write for \(gap) at most")
        if let pause = await application?.longestGap() { print("\(what): the poolers' clients paused for \(pause)") }
    }

    /// Waits until so many more writes are acknowledged.
    func writes(_ count: Int, within limit: Duration = .patience) async throws {
        let before = await writer.acknowledged.count
        _ = try await eventually("\(count) writes", within: limit) {
            await writer.acknowledged.count >= before + count ? true : nil
        }
    }

    /// Everything that was acknowledged is there.
    func check(after what: String) async throws {
        let acknowledged = await writer.acknowledged
        let rows = try await cluster.psql(try await cluster.primary(), "select n from acks")
        let present = Set(rows.split(separator: "\n").compactMap { Int($0) })
        let lost = acknowledged.filter { !present.contains($0) }
        let crowds = await census.crowds
        #expect(crowds == 0, "\(what): two nodes took writes in \(crowds) samples")
        #expect(lost.isEmpty, "\(what): lost \(lost.count) of \(acknowledged.count) acknowledged writes")
    }

    func stop() async {
        await writer.stop()
        await application?.stop()
        await census.stop()
        for task in tasks { await task.value }
    }
}

/// Asks every node every 20 ms whether it takes writes; two that do at once are one too many.
actor Census {
    private let ports: [Int]
    private let password: String
    private(set) var crowds = 0
    private var isStopped = false

    init(ports: [Int], password: String) {
        self.ports = ports
        self.password = password
    }

    func stop() { isStopped = true }

    func take() async {
        var sessions: [Int: PostgresConnection] = [:]
        while !isStopped {
            var writable = 0
            await withTaskGroup(of: (Int, PostgresConnection?, Bool).self) { group in
                for port in ports {
                    let open = sessions[port]
                    let password = password
                    group.addTask { await Census.ask(port, open, password) }
                }
                for await (port, session, takesWrites) in group {
                    sessions[port] = session
                    if takesWrites { writable += 1 }
                }
            }
            if writable > 1 { crowds += 1 }
            try? await Task.sleep(for: .milliseconds(20))
        }
        for session in sessions.values { await session.close() }
    }

    private static func ask(
        _ port: Int, _ open: PostgresConnection?, _ password: String
    ) async -> (Int, PostgresConnection?, Bool) {
        let configuration = PostgresConfiguration(
            host: "127.0.0.1", port: port, user: "pgadmin", database: "postgres", password: password,
            connectTimeout: .milliseconds(500), settings: [:])
        var session = open
        if session == nil { session = try? await PostgresConnection.connect(configuration) }
        guard let session else { return (port, nil, false) }
        do {
            let row = try await session.query(
                "select not pg_is_in_recovery() as writable", deadline: .milliseconds(500)
            ).rows.first
            return (port, session, try row?.bool("writable") ?? false)
        } catch {
            await session.close()
            return (port, nil, false)
        }
    }
}
