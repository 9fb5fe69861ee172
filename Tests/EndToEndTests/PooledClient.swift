import Foundation
import PostgresClient
import TestSupport
import Testing

/// An application behind the poolers: a hundred transactions a second over a few connections that it keeps, and no
/// patience with errors.
actor PooledClient {
    private let cluster: ClusterFixture
    private let password: String
    private let connections: Int
    private var number = 0
    private(set) var acknowledged: [Int] = []
    private(set) var errors: [String] = []
    private var isStopped = false
    private var lastAcknowledged = ContinuousClock.now
    private var gap: Duration = .zero
    private var tasks: [Task<Void, Never>] = []

    init(_ cluster: ClusterFixture, connections: Int = 4) async throws {
        self.cluster = cluster
        self.connections = connections
        password = try await cluster.command("password", "pgadmin")
        // without a key: a write that is repeated shows
        try await cluster.psql(
            try await cluster.primary(), "create table pooled (n bigint); grant all on pooled to pgadmin")
    }

    func start() {
        lastAcknowledged = .now
        for place in 0..<connections {
            let port = cluster.ports + 60 + place % cluster.poolers
            tasks.append(Task { await write(through: port, every: .milliseconds(10 * connections)) })
        }
    }

    func stop() async {
        isStopped = true
        for task in tasks { await task.value }
    }

    /// The longest time between two acknowledged writes since the last call.
    func longestGap() -> Duration {
        defer { gap = .zero }
        return gap
    }

    nonisolated func writes(_ count: Int, within limit: Duration = .patience) async throws {
        let before = await acknowledged.count
        _ = try await eventually("\(count) writes through the poolers", within: limit) {
            await self.acknowledged.count >= before + count ? true : nil
        }
    }

    /// No error, nothing lost, nothing repeated, nothing that nobody wrote.
    func check(after what: String) async throws {
        let promised = acknowledged
        let rows = try await cluster.psql(try await cluster.primary(), "select n from pooled")
        let present = rows.split(separator: "\n").compactMap { Int($0) }
        #expect(errors.isEmpty, "\(what): \(errors.prefix(3))")
        #expect(Set(promised).subtracting(present).isEmpty, "\(what): acknowledged writes are lost")
        #expect(Set(present).count == present.count, "\(what): writes are repeated")
    }

    /// A session through the first pooler with an open transaction.
    func begin() async throws -> PostgresConnection {
        let connection = try await connect(cluster.ports + 60)
        try await connection.execute(script: "begin; select 1")
        return connection
    }

    private func connect(_ port: Int) async throws -> PostgresConnection {
        try await PostgresConnection.connect(
            PostgresConfiguration(
                host: "127.0.0.1", port: port, user: "pgadmin", database: "postgres", password: password,
                connectTimeout: .seconds(10), settings: [:]))
    }

    private func write(through port: Int, every period: Duration) async {
        do {
            let connection = try await connect(port)
            var next = ContinuousClock.now
            while !isStopped {
                number += 1
                let own = number
                _ = try await connection.query(
                    "insert into public.pooled values ($1)", [PostgresValue(own)], deadline: .seconds(60))
                acknowledged.append(own)
                gap = max(gap, ContinuousClock.now - lastAcknowledged)
                lastAcknowledged = .now
                next = max(next + period, ContinuousClock.now)
                try? await Task.sleep(until: next)
            }
            await connection.close()
        } catch {
            errors.append("port \(port): \(error)")
        }
    }
}
