import HTTPServer
import LiveWorld
import Logging
import Model
import Monitoring
import ServiceLifecycle
import Supervisor

/// Runs the HTTP server as the manifest in force wants it.
struct MonitoringService: Service {
    let board: MonitoringBoard
    let world: LiveWorld
    let logger: Logger
    /// The page, where the manifest wants one.
    let page: PageRoutes

    /// How long it waits before it tries again to listen.
    private static let pause: Duration = .seconds(5)

    /// How `docker run --publish` is told.
    static func published(_ settings: MonitoringSettings) -> String {
        "\(address(settings)):\(MonitoringSettings.containerPort)"
    }

    /// Where it is reached, `host:port`.
    static func address(_ settings: MonitoringSettings) -> String {
        let address = settings.bindAddress.contains(":") ? "[\(settings.bindAddress)]" : settings.bindAddress
        return "\(address):\(settings.port)"
    }

    func run() async throws {
        let collector = MetricsCollector(world: world)
        var server: Task<Void, Never>?
        let sampling = Task { await sample() }
        defer { sampling.cancel() }
        for await settings in board.settings.cancelOnGracefulShutdown() {
            server?.cancel()
            await server?.value
            board.note(trouble: nil)
            board.note(failures: [])
            server = settings.enabled ? Task { await serve(settings, collector) } : nil
        }
        server?.cancel()
        await server?.value
    }

    /// Takes samples for the page's graphs. They also keep a browser's connection from being closed as silent.
    private func sample() async {
        while (try? await Task.sleep(for: .seconds(SampleHistory.step), tolerance: .seconds(1))) != nil {
            if let sample = board.sample(at: await world.now()) { board.streams.send("sample", sample) }
            // also one that has not changed: a browser takes a silent server for a lost one
            if board.streams.isWatched, let status = board.snapshot?.status { board.streams.send("state", status) }
        }
    }

    private func serve(_ settings: MonitoringSettings, _ collector: MetricsCollector) async {
        let isInside = world.ownContainer != nil
        let name = await world.ownName()
        let routes = routes(settings, names: name.map { [$0.text.lowercased()] } ?? [], collector)
        var certificate: (@Sendable () async -> ServerIdentity?)?
        if settings.tls { certificate = { await identity() } }
        let server = HTTPServer(
            host: isInside ? "0.0.0.0" : settings.bindAddress,
            port: isInside ? MonitoringSettings.containerPort : settings.port, identity: certificate,
            handler: { await routes.answer($0) })
        while !Task.isCancelled {
            do throws(HTTPServer.Failure) {
                try await server.run { _ in
                    board.note(trouble: await unpublished(settings))
                    logger.info("metrics at \(settings.bindAddress):\(settings.port)")
                }
            } catch {
                if board.note(trouble: error.description) {
                    logger.error("the metrics server does not listen: \(error.description)")
                }
            }
            try? await Task.sleep(for: MonitoringService.pause)
        }
    }

    /// What is wrong with the ports of the supervisor's own container, which Docker cannot change while it lives.
    private func unpublished(_ settings: MonitoringSettings) async -> String? {
        guard let ports = await world.ownPorts() else { return nil }
        let wanted = PortBinding(
            containerPort: MonitoringSettings.containerPort, hostAddress: settings.bindAddress, hostPort: settings.port)
        return ports.contains(wanted)
            ? nil
            : "the supervisor's container does not publish it; `make up` makes the container again, and it does then"
    }

    private func routes(
        _ settings: MonitoringSettings, names: [String], _ collector: MetricsCollector
    ) -> MonitoringRoutes {
        let (board, world) = (board, world)
        return MonitoringRoutes(
            settings: settings, names: names,
            token: {
                guard settings.tokenFile != nil else { return nil }
                return try await world.secrets.value(.monitoringToken)
            },
            snapshot: { board.snapshot },
            statistics: { snapshot in
                let cluster = snapshot.report.input.cluster
                guard let engine = MonitoringService.engine(of: snapshot) else { return [] }
                let families = await collector.collect(cluster, on: engine)
                board.note(failures: await collector.failures.map(MonitoringService.condition))
                return families
            },
            relayed: { source, snapshot in
                guard let engine = MonitoringService.engine(of: snapshot) else { return nil }
                return try await world.metrics(of: source, in: snapshot.report.input.cluster, on: engine)
            },
            now: { await world.now() },
            page: settings.page ? page : nil)
    }

    private static func engine(of snapshot: ClusterSnapshot) -> EngineView? {
        let input = snapshot.report.input
        return input.cluster.engines.first.flatMap { input.observation.engine($0.name).value }
    }

    private static func condition(_ failure: MetricsCollector.MetricFailure) -> Condition {
        Condition(
            .metricQueryFailing, .true, reason: "QueryFailed",
            message:
                "spec.monitoring.queries: \(failure.query) is not answered on \(failure.node): \(failure.words). It runs as "
                + "\(MonitorSettings.role), which may need GRANT SELECT, and within a second",
            subject: .node(failure.node))
    }

    private func identity() async -> ServerIdentity? {
        guard let pem = try? await world.secrets.value(Principal.monitoring.secret) else { return nil }
        return ServerIdentity(certificates: pem, key: pem)
    }
}
