import ArgumentParser
import LiveWorld
import Logging
import Model
import ServiceLifecycle
import UnixSignals

/// `controller run`: keeps the cluster in step with the manifest, for good.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep the cluster in step with the manifest, in the foreground, until stopped.")

    @OptionGroup var options: ClusterOptions

    func run() async throws {
        let session = try await Session.open(options, .acts)
        let service = ClusterService(
            source: session.source, world: session.world, state: session.state, logger: session.logger,
            lock: session.lock)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: session.logger))
        // the supervisor's script waits for this line
        session.logger.info("keeping \(session.source.cluster.name) as \(options.manifest) describes it")
        try await group.run()
    }
}
