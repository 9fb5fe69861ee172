import DockerAPI
import Model

/// Orderly stops that were asked for and are not over. Each may take as long as the grace time, and no pass waits for
/// that: a failover would have to wait, too.
actor StopRequests {
    /// How long a pass waits for an answer: an engine that refuses does so at once.
    private static let patience: Duration = .milliseconds(200)

    private var underWay: [ContainerID] = []
    /// What Docker answered after nobody waited any more; told at the next try.
    private var failures: [(id: ContainerID, error: DockerError)] = []

    /// Whether a container is being stopped.
    func isUnderWay(_ id: ContainerID) -> Bool { underWay.contains(id) }

    /// Begins a stop, unless one is under way.
    /// - Parameters:
    ///   - grace: what the container has to end by itself; whole seconds.
    ///   - ended: called when Docker has answered.
    /// - Returns: whether it is over already.
    /// - Throws: what Docker refused, now or at the last try.
    func begin(
        _ id: ContainerID, grace: Duration, on docker: DockerEngine, ended: @escaping @Sendable () async -> Void
    ) async throws(DockerError) -> Bool {
        if let place = failures.firstIndex(where: { $0.id == id }) { throw failures.remove(at: place).error }
        if !underWay.contains(id) {
            underWay.append(id)
            Task {
                do throws(DockerError) {
                    _ = try await docker.stop(id.text, grace: grace)
                    self.end(id, nil)
                } catch {
                    self.end(id, error)
                }
                await ended()
            }
        }
        let start = ContinuousClock.now
        while underWay.contains(id), ContinuousClock.now - start < StopRequests.patience {
            try? await Task.sleep(for: .milliseconds(5))
        }
        if let place = failures.firstIndex(where: { $0.id == id }) { throw failures.remove(at: place).error }
        return !underWay.contains(id)
    }

    private func end(_ id: ContainerID, _ error: DockerError?) {
        underWay.removeAll { $0 == id }
        // a container that is gone, or ends otherwise, has stopped
        if let error, !error.isAboutAMissingObject { failures.append((id, error)) }
    }
}
