import DockerAPI
import Model

/// Orderly stops that were asked for and are not over. Each may take as long as the grace time.
struct StopRequests {
    private let requests = RequestsUnderWay<ContainerID, DockerError>()

    /// Whether a container is being stopped.
    func isUnderWay(_ id: ContainerID) async -> Bool { await requests.isUnderWay(id) }

    /// Begins a stop, unless one is under way.
    /// - Parameters:
    ///   - grace: what the container has to end by itself; whole seconds.
    ///   - ended: called when Docker has answered.
    /// - Returns: whether it is over already.
    /// - Throws: what Docker refused, now or at the last try.
    func begin(
        _ id: ContainerID, grace: Duration, on docker: DockerEngine, ended: @escaping @Sendable () async -> Void
    ) async throws(DockerError) -> Bool {
        let answer = try await requests.begin(id) { () async throws(DockerError) in
            do throws(DockerError) {
                _ = try await docker.stop(id.text, grace: grace)
            } catch  where error.isAboutAMissingObject {
                // a container that is gone, or ends otherwise, has stopped
            }
            return "stopped"
        } ended: {
            await ended()
        }
        return answer != nil
    }
}
