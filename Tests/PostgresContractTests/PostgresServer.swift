import PostgresClient
import TestSupport

/// A PostgreSQL 18 without Patroni, in a container whose PID 1 is not the postmaster.
struct PostgresServer: Sendable {
    let container: String
    let address: String
    static let password = "secret's \\ password"

    /// Starts one and waits until it answers.
    static func start(in fixture: ContainerFixture) async throws -> PostgresServer {
        let script = """
            printf '%s' "$SUPERUSER" > /tmp/password
            initdb -D /tmp/data -U postgres --auth-host=scram-sha-256 --auth-local=trust --pwfile=/tmp/password
            echo 'host all all all scram-sha-256' >> /tmp/data/pg_hba.conf
            postgres -D /tmp/data -c listen_addresses='*' -c fsync=off &
            while sleep 1; do :; done
            """
        let container = try await fixture.start(
            "postgres", image: "pg-controller/postgres:18",
            options: ["--entrypoint", "bash", "-e", "SUPERUSER=\(password)"], command: ["-c", script])
        let server = PostgresServer(container: container, address: try await fixture.address(of: container))
        _ = try await eventually("PostgreSQL answers") { try await server.connect().close() }
        return server
    }

    var configuration: PostgresConfiguration {
        PostgresConfiguration(host: address, user: "postgres", password: Self.password, settings: [:])
    }

    func connect() async throws -> PostgresConnection { try await .connect(configuration) }

    func killPostmaster() async throws {
        try await Shell.run([
            "docker", "exec", container, "bash", "-c", "kill -9 $(head -1 /tmp/data/postmaster.pid)",
        ])
    }
}
