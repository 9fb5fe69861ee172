import Foundation
import PostgresClient

/// Inserts a number every 10 ms through the published ports, and remembers which were acknowledged.
actor Writer {
    private let ports: [Int]
    private let password: String
    private(set) var acknowledged: [Int] = []
    private var isStopped = false

    init(ports: [Int], password: String) {
        self.ports = ports
        self.password = password
    }

    func stop() { isStopped = true }

    private var lastAcknowledged = ContinuousClock.now
    private var gap: Duration = .zero

    /// The longest time between two acknowledged writes since it was last reset.
    func longestGap(reset: Bool) -> Duration {
        defer { if reset { gap = .zero } }
        return gap
    }

    func write() async {
        var number = 0
        var connection: PostgresConnection?
        var turn = 0
        while !isStopped {
            if connection == nil {
                turn += 1
                connection = await connect(ports[turn % ports.count])
            }
            if let open = connection {
                number += 1
                do {
                    let result = try await open.query(
                        "insert into acks values ($1)", [PostgresValue(number)], deadline: .seconds(3))
                    // a commit that gave up waiting for its standby is not acknowledged
                    if result.notices.isEmpty {
                        acknowledged.append(number)
                        gap = max(gap, ContinuousClock.now - lastAcknowledged)
                        lastAcknowledged = .now
                    }
                } catch {
                    await open.close()
                    connection = nil
                }
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        await connection?.close()
    }

    private func connect(_ port: Int) async -> PostgresConnection? {
        let configuration = PostgresConfiguration(
            host: "127.0.0.1", port: port, user: "pgadmin", database: "postgres", password: password,
            connectTimeout: .seconds(2), settings: ["search_path": "public"])
        guard let connection = try? await PostgresConnection.connect(configuration) else { return nil }
        let standby = try? await connection.query("select pg_is_in_recovery() as standby").rows.first?.bool("standby")
        guard standby == false else {
            await connection.close()
            return nil
        }
        return connection
    }
}
