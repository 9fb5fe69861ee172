import FoundationEssentials
import LiveWorld
import Logging
import Manifest
import Model
import ServiceLifecycle
import Supervisor

/// A world that a service keeps: one that wakes it, whose secrets may change, and that can prove a write.
protocol KeptWorld: World {
    /// Yields when something has happened that a pass may have to do with.
    func triggers(_ cluster: Cluster) -> AsyncStream<Void>
    /// Yields when the leader may be proven dead by now; `triggers` does not tell of that.
    func deathTriggers() -> AsyncStream<Void>
    /// Reads the secrets again; a condition where something is wrong with them.
    func reloadSecrets(_ cluster: Cluster) async -> Condition?
    /// Whether a write on this node is proven to have been acknowledged.
    func provesWrite(on node: NodeName, for cluster: Cluster) async -> Bool
}

extension LiveWorld: KeptWorld {}

/// What makes sure that no other controller acts for the same cluster.
protocol ActingLock: Sendable {
    /// The other controller that has the lock, in words for a person; nil while there is none.
    var rivalInWords: String? { get async }
    /// Whether it had the lock until a moment ago: whether another one has it now shows at the next try.
    var isInDoubt: Bool { get async }
}

extension ControllerLock: ActingLock {
    var rivalInWords: String? { rival?.description }
}

/// One cluster's loop: woken by events, edits and a slow timer, it runs one pass after another until it is told to stop.
struct ClusterService<W: KeptWorld>: Service {
    let source: ManifestSource
    let world: W
    let state: StateDirectory
    let logger: Logger
    /// Lost, it is taken again; had by another one, this controller ends.
    let lock: (any ActingLock)?
    /// Ends the loop once everything is as wanted (`controller apply`), or never.
    var endsWhenConverged = false
    /// What the HTTP server shows; nil where there is none.
    var board: MonitoringBoard?
    /// The messages to people; nil where there are none.
    var outbox: (box: Outbox, troubles: NotificationTroubles)?
    /// Called after every pass.
    var onPass: @Sendable (PassReport) -> Void = { _ in }

    /// At most this long between two looks when nothing happens.
    static var resync: Duration { .seconds(60) }

    func run() async throws {
        let wakeSignal = WakeSignal()
        let pass = Pass(world: world)
        var failure: (any Error)?
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await wake(wakeSignal, for: world.triggers(source.cluster)) }
            let deaths = WakeSignal()
            group.addTask { await wake(deaths, for: world.deathTriggers()) }
            group.addTask { await keepFailoverLane(pass, deaths, wakeSignal) }
            let directories = ManifestService.directories(of: source) + [state.secrets]
            if let watch = ManifestWatch(directories: directories) {
                group.addTask { await wake(wakeSignal, for: watch.changes()) }
            }
            group.addTask {
                try? await gracefulShutdown()
                await wakeSignal.wake()
            }
            do {
                try await loop(pass, wakeSignal)
            } catch {
                failure = error
            }
            group.cancelAll()
        }
        if let failure { throw failure }
    }

    /// The lock is lost with the engine it is on. Nothing is done for a moment then, in which another one shows that has it.
    private func refuseBesideRival() async throws(Failure) {
        guard let lock else { return }
        while !Task.isCancelled {
            if let rival = await lock.rivalInWords { throw Failure(.standby, rival) }
            guard await lock.isInDoubt else { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private func wake(_ wakeSignal: WakeSignal, for triggers: AsyncStream<Void>) async {
        for await _ in triggers { await wakeSignal.wake() }
    }

    /// The failover lane: whatever a pass waits for, the key of a leader that is proven dead is released. The proof may come a
    /// moment after the death, when Docker has taken the container off its networks. The loop is woken when the lane is done.
    private func keepFailoverLane(_ pass: Pass<W>, _ deaths: WakeSignal, _ wakeSignal: WakeSignal) async {
        while !Task.isCancelled {
            await deaths.wait(atMost: .seconds(3600))
            for _ in 0..<6 {
                if Task.isCancelled { return }
                if let lock, await lock.isInDoubt { break }
                if let lock, await lock.rivalInWords != nil { return }
                guard await pass.failOver() == .unproven else { break }
                // until something else is told of, or a little longer: an event may be lost
                await deaths.wait(atMost: .milliseconds(200))
            }
            await wakeSignal.wake()
        }
    }

    private func loop(_ pass: Pass<W>, _ wakeSignal: WakeSignal) async throws {
        var source = source
        var recorder = EventRecorder()
        var failovers = FailoverAccount()
        var changes = ChangeAccount()
        var switchovers = SwitchoverAccount()
        var history = ConditionHistory(path: state.conditions)
        let log = EventLog(path: state.events)
        var resyncAt = ContinuousClock.now
        var isHandOver = false
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            try await refuseBesideRival()
            if source.refresh() { resyncAt = .now }
            let isResync = ContinuousClock.now >= resyncAt
            if isResync { resyncAt = .now + ClusterService.resync }
            let secretTrouble = isHandOver ? nil : await world.reloadSecrets(source.cluster)
            let scope: ObservationScope = isHandOver ? .handOver : isResync ? .everythingAfresh : .everything
            let begin = ContinuousClock.now
            var report = await pass.run(source.cluster, scope: scope)
            let duration = ContinuousClock.now - begin
            isHandOver = report.plan.isHandOver
            if report.plan.refusesManifest {
                let words = report.conditions.first { $0.reason == "CannotChange" }?.message ?? ""
                if endsWhenConverged { throw Failure(.badInput, words) }
                if source.fallBack(to: state.lastManifest) { continue }
            }
            if report.plan.refusesManifest || report.input.observation.dcs.value?.bootstrapRecord != nil {
                source.note(isRefused: report.plan.refusesManifest, savingTo: state.lastManifest)
            }
            if let condition = source.condition ?? secretTrouble { report.conditions.append(condition) }
            report.add(board?.conditions(of: source.cluster.monitoring) ?? [])
            if let outbox { report.add(outbox.troubles.conditions(outbox.box)) }
            let told = recorder.tell(report)
            let cost = await failovers.follow(report, in: world)
            let pause = await switchovers.follow(report, in: world)
            let costs = await changes.follow(report, in: world)
            let events = told + [cost, pause].compactMap(\.self) + costs
            for event in events {
                logger.info("\(event.object): \(event.what) (\(event.reason)) \(event.message)")
                if let trouble = await log.append([event]) {
                    logger.error("the event log cannot be written: \(trouble)")
                }
            }
            if !isHandOver { history.note(report) }
            board?.note(report, events: events, at: await world.now(), took: duration)
            let change = outbox?.box.note(report, events: events)
            onPass(report)
            if endsWhenConverged, report.isConverged { return }
            let limit = [report.lookAgain, change, resyncAt - .now].compactMap(\.self).min() ?? ClusterService.resync
            await wakeSignal.wait(atMost: max(limit, .milliseconds(10)))
        }
    }
}

/// What the manifest is made of on disk.
enum ManifestService {
    static func directories(of source: ManifestSource) -> [String] {
        let base = directory(of: source.path)
        let secrets = source.cluster.passwordFiles.map { directory(of: $0.hasPrefix("/") ? $0 : "\(base)/\($0)") }
        return ([base, base + "/sql"] + Set(secrets).sorted()).filter { FileManager.default.fileExists(atPath: $0) }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
