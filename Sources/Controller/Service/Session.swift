import FoundationEssentials
import Glibc
import LiveWorld
import Logging
import Manifest
import Model
import Reconcilers
import Supervisor

/// What a command works with: the manifest, the world, and the state directory.
struct Session {
    let source: ManifestSource
    let world: LiveWorld
    let state: StateDirectory
    let logger: Logger
    /// What keeps another controller from acting; nil for a command that does not act.
    let lock: ControllerLock?

    /// What a command does.
    enum Access {
        /// It acts for the cluster: it takes the lock, so that two controllers never act at once, and may make secrets.
        case acts
        /// The same, without secrets.
        case removes
        /// It looks and asks; it never writes a secret.
        case looks
        /// The same, without secrets.
        case reads
    }

    /// Reads the manifest, connects, takes the lock, and loads the secrets, so far as a command needs that.
    /// - Parameters:
    ///   - text: what the manifest is taken to hold instead of what it does.
    ///   - takesLastGood: goes on with the last good manifest where the one on disk has mistakes.
    static func open(
        _ options: ClusterOptions, _ access: Access = .looks, text: String? = nil, takesLastGood: Bool = true
    ) async throws(Failure) -> Session {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let source = try ManifestSource.find(options, text: text, takesLastGood: takesLastGood)
        if let warning = source.warning { Terminal.complain("warning: \(Terminal.plain(warning))") }
        let isActing = access == .acts || access == .removes
        let state = try StateDirectory(options.stateDir, cluster: source.cluster.name.text)
        if isActing { try Lock.take(state.lock) }
        do {
            let world = try await LiveWorld.connect(
                source.cluster,
                secrets: SecretStore(
                    directory: state.secrets, manifestDirectory: source.directory, isReadOnly: !isActing),
                docker: Defaults.environment("DOCKER_HOST"))
            var lock: ControllerLock?
            if isActing {
                try Lock.take(cluster: source.cluster.name, engine: try await world.engineIdentity())
                try await refuseBesideSupervisor(world, source.cluster)
                if access == .acts { try await Delegation.refuseBesideStopped(world, source.cluster.name) }
                lock = try await takeLock(world, source.cluster)
            }
            if access == .acts || access == .looks { try await world.loadSecrets(source.cluster) }
            return Session(
                source: source, world: world, state: state, logger: Logger(label: "controller"), lock: lock)
        } catch let failure as Failure {
            throw failure
        } catch let lost as SecretsLost {
            throw Failure(.secretsLost, lost.description)
        } catch {
            throw Failure("\(error)")
        }
    }

    /// A supervisor of an older build has no lock.
    private static func refuseBesideSupervisor(_ world: LiveWorld, _ cluster: Cluster) async throws {
        guard world.ownContainer == nil,
            let other = try await world.supervisors().first(where: { $0.cluster == cluster.name && $0.isRunning })
        else { return }
        throw Failure(
            .standby,
            "the supervisor container \(other.name) keeps this cluster; stop it first (`make down`), or leave it to it")
    }

    /// One controller acts for a cluster on an engine, wherever it runs.
    private static func takeLock(_ world: LiveWorld, _ cluster: Cluster) async throws -> ControllerLock {
        let own = await world.ownName()
        let lock = ControllerLock(
            world, cluster,
            holder: own.map { "the supervisor container \($0)" }
                ?? "a controller of \(Person.current), process \(getpid()),")
        do {
            try await lock.take()
        } catch let taken as ControllerLock.Taken {
            throw Failure(.standby, taken.description)
        } catch let foreign as ControllerLock.Foreign {
            throw Failure(foreign.description)
        }
        return lock
    }

    /// What would be done now.
    func plan() async -> (input: PlanningInput, plan: Plan) { await plan(source.cluster) }

    private func plan(_ cluster: Cluster) async -> (input: PlanningInput, plan: Plan) {
        let observation = await world.observe(cluster, scope: .everythingAfresh)
        let input = PlanningInput(cluster: cluster, observation: observation, now: await world.now())
        return (input, Plan(input, reconcilers: Reconcilers.all))
    }

    /// What the running controller says of `Ready`; nil while none runs, and only a look can tell.
    var reportedReadiness: StatusReport.ConditionLine? {
        Lock.isTaken(state.lock) ? ConditionHistory(path: state.conditions).line(of: .ready) : nil
    }

    /// What is there now, by the manifest in force.
    /// - Parameter hasFigures: whether PostgreSQL on each node is asked for figures, too.
    func status(hasFigures: Bool = false) async -> StatusReport {
        var source = source
        var (input, plan) = await plan()
        if plan.refusesManifest, source.fallBack(to: state.lastManifest) {
            (input, plan) = await self.plan(source.cluster)
        }
        var status = StatusReport(
            input: input, conditions: plan.conditions, waiting: plan.waiting, pending: plan.deferred + plan.actions)
        if let condition = source.condition { status.add(StatusReport.ConditionLine(condition)) }
        // Patroni brings what was patched to each node in its own time, and says nothing of it until it has
        if status.ready {
            let unread = await world.settingsNotInForce(
                source.cluster, wanted: Reconcilers.parameters(of: source.cluster))
            status.wait(for: unread)
        }
        ConditionHistory(path: state.conditions).fill(&status, controllerRuns: Lock.isTaken(state.lock))
        if hasFigures, let engine = source.cluster.engines.first.flatMap({ input.observation.engine($0.name).value }) {
            let collector = MetricsCollector(world: world, asks: StatusReport.figureQueries)
            status.add(figures: await collector.collect(source.cluster, on: engine))
        }
        status.lastFailover = HistoryEntry.list(MeasuredHistory.events(at: state.events))
            .last { $0.kind == Measurement.Kind.failover.words }
            .map { StatusReport.Cost(time: $0.time, what: $0.what, seconds: $0.seconds) }
        return status
    }
}

/// A lock that ends with the process, whatever ends it (flock(2)).
enum Lock {
    /// One controller acts for a cluster of an engine on this host, whatever its state directory: a name in the
    /// abstract socket namespace (unix(7)), which the kernel gives to one process and takes back when that ends.
    static func take(cluster: ClusterName, engine: String) throws(Failure) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array("\u{0}pg-controller:\(cluster):\(Digest(of: engine).short)".utf8.prefix(107))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let isOurs = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard isOurs == 0 else {
            throw Failure(.standby, "another controller acts for cluster \(cluster) on this host")
        }
    }

    static func take(_ path: String) throws(Failure) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(.standby, "another controller acts for this cluster (\(path) is locked)")
        }
    }

    /// Whether a living process has it. A look that takes it for an instant would make a controller that starts just
    /// then give up, so the kernel's list is asked instead (proc(5)).
    static func isTaken(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, let locks = try? String(contentsOfFile: "/proc/locks", encoding: .utf8) else {
            return false
        }
        return locks.split(separator: "\n").contains { $0.contains("FLOCK") && $0.contains(":\(status.st_ino) ") }
    }
}
