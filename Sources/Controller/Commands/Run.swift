import ArgumentParser
import LiveWorld
import Logging
import Model
import ServiceLifecycle
import UnixSignals

/// `controller run`: keeps the cluster in step with the manifest, for good.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep the cluster in step with the manifest, in the foreground, until stopped.",
        discussion: """
            Examples:
              controller run --manifest cluster.yaml
            """)

    @OptionGroup var options: ClusterOptions

    func run() async throws {
        let session = try await Session.open(options, .acts)
        let history = MeasuredHistory.events(at: session.state.events)
        let board = MonitoringBoard(
            history: history, newest: EventTail.newest(MonitoringBoard.length, of: session.state.events))
        let outbox = Outbox(path: session.state.notifications, history: history)
        let troubles = NotificationTroubles()
        let service = ClusterService(
            source: session.source, world: session.world, state: session.state, logger: session.logger,
            lock: session.lock, board: board, outbox: (outbox, troubles))
        let monitoring = MonitoringService(
            board: board, world: session.world, logger: session.logger, page: page(session, board))
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: monitoring, successTerminationBehavior: .ignore),
                    .init(
                        service: NotificationService(
                            outbox: outbox, delivery: NotificationDelivery(secrets: session.world.secrets),
                            logger: session.logger, troubles: troubles),
                        successTerminationBehavior: .ignore),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: session.logger))
        // the supervisor's script waits for this line
        session.logger.info("keeping \(session.source.cluster.name) as \(options.manifest) describes it")
        try await group.run()
    }

    /// The page: it reads what the loop leaves, and asks as the commands do, by the manifest in force at that moment.
    private func page(_ session: Session, _ board: MonitoringBoard) -> PageRoutes {
        let options = options
        let (world, state, logger) = (session.world, session.state, session.logger)
        return PageRoutes(
            board: board, streams: board.streams,
            actions: PageActions(
                session: { () throws(Failure) -> Session in
                    Session(
                        source: try ManifestSource.find(options, takesLastGood: true), world: world, state: state,
                        logger: logger, lock: nil)
                }, logger: logger),
            token: { try await world.secrets.value(.pageToken) })
    }
}
