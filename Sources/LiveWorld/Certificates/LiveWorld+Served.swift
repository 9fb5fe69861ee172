import DockerAPI
import Model
import PostgresClient

extension LiveWorld {
    /// Refuses to drop an authority while a node that runs may show a certificate of it. What was read is not always in use:
    /// PostgreSQL goes on with its old certificate when it cannot load the new one, and says so only in its log. So each server
    /// is asked, with the current authority as the only one that is trusted.
    func refuseWhileShown(_ cluster: Cluster) async throws {
        // Patroni answers a reload before PostgreSQL has done it
        let end = ContinuousClock.now + .milliseconds(1500)
        let current = PEMText.certificates(in: try await secrets.value(.authority)).joined()
        for node in cluster.nodeNames {
            do throws(DockerError) {
                guard try await docker.container(node.text).state.status == .running else { continue }
            } catch {
                guard error.code == .notFound else { throw error }
                continue
            }
            let server = try await server(of: node, cluster)
            var isShown = await shows(server, certificateOf: current, until: end)
            while !isShown, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(100))
                isShown = await shows(server, certificateOf: current, until: end)
            }
            guard isShown else {
                throw RefusalError(
                    .unavailable,
                    "\(node) was not seen to show its new certificate; its PostgreSQL's log says why where it cannot load it"
                )
            }
        }
    }

    /// Whether a server's certificate is good under these authorities: it answers as PostgreSQL does after the handshake.
    private func shows(
        _ server: ServerAddress, certificateOf authorities: String, until end: ContinuousClock.Instant
    ) async -> Bool {
        do throws(PostgresError) {
            let session = try await PostgresConnection.connect(
                PostgresConfiguration(
                    host: server.node.text, user: "postgres", sslMode: .verifyFull, trustedAuthorities: authorities,
                    address: server.host, connectTimeout: max(end - .now, .milliseconds(200)),
                    settings: SessionSettings.superuser))
            await session.close()
            return true
        } catch {
            return error.sqlstate != nil
        }
    }
}
