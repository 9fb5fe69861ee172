import Foundation
import PostgresClient

/// An application with one connection: it asks for something every 20 ms and remembers what went wrong.
actor Application {
    private let connection: PostgresConnection
    private(set) var answers = 0
    private(set) var errors: [String] = []
    /// When the server processes began that answered, in milliseconds since 1970.
    private var servers: Set<Int> = []
    private var isStopped = false

    init(_ configuration: PostgresConfiguration) async throws {
        connection = try await PostgresConnection.connect(configuration)
    }

    func work() async {
        while !isStopped {
            do {
                let rows = try await connection.query(
                    "select (extract(epoch from backend_start) * 1000)::bigint as began from pg_stat_activity "
                        + "where pid = pg_backend_pid()", deadline: .seconds(10)
                ).rows
                if let began = try rows.first?.int("began") { servers.insert(began) }
                answers += 1
            } catch {
                errors.append("\(error)")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        await connection.close()
    }

    /// How many server processes answered that began after a moment.
    func servers(after moment: Int) -> Int { servers.filter { $0 > moment }.count }
    func stop() { isStopped = true }
}
