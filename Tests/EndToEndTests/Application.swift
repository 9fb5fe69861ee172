import Foundation
import PostgresClient

/// An application with one connection: it asks for something every 20 ms and remembers what went wrong.
actor Application {
    private let connection: PostgresConnection
    private(set) var answers = 0
    private(set) var errors: [String] = []
    /// The server processes that answered since the last reset.
    private(set) var servers: Set<Int> = []
    private var isStopped = false

    init(_ configuration: PostgresConfiguration) async throws {
        connection = try await PostgresConnection.connect(configuration)
    }

    func work() async {
        while !isStopped {
            do {
                let rows = try await connection.query("select pg_backend_pid() as pid", deadline: .seconds(10)).rows
                if let pid = try rows.first?.int("pid") { servers.insert(Int(pid)) }
                answers += 1
            } catch {
                errors.append("\(error)")
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        await connection.close()
    }

    func forgetServers() { servers = [] }
    func stop() { isStopped = true }
}
