import DockerAPI
import EtcdClient
import Glibc
public import Model
import PatroniAPI

/// The real cluster, behind the seam that the simulator shares: Docker, etcd, Patroni and PostgreSQL over their clients.
/// Concurrency lives in here and nowhere above.
public struct LiveWorld: World {
    /// The secrets that fill the holes in files and statements.
    public let secrets: SecretStore
    /// The controller's own container, when it runs in one on this engine.
    public let ownContainer: ContainerID?

    let engineID: EngineID
    let docker: DockerEngine
    let contents = ContainerCache()
    let engineCache = EngineCache()
    let repositoryCache: RepositoryCache
    let connections = ConnectionCache()
    let latest = LatestViews()
    let migrations = MigrationRegister()
    let wakes = WakeRelay()
    let deaths = WakeRelay()
    let stops = StopRequests()
    /// Starts that Docker was asked for: each takes as long as the machine is busy.
    let starts = RequestsUnderWay<ContainerID, DockerError>()
    /// Restarts of PostgreSQL that were asked of a node's Patroni: each begins with a checkpoint, which may take long.
    let restarts = RequestsUnderWay<NodeName, PatroniError>()
    /// Everything else that was asked for and may take long.
    let slowEffects = RequestsUnderWay<Effect, EffectFailure>(patience: .milliseconds(1500))
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now

    /// Connects to the manifest's engine.
    /// - Parameter docker: `DOCKER_HOST`; used when the manifest names no endpoint.
    public static func connect(_ cluster: Cluster, secrets: SecretStore, docker: String?) async throws -> LiveWorld {
        let settings = cluster.engines.first ?? EngineSettings(name: .local)
        let engine = try EngineAddress.connect(settings, fallback: docker)
        let own = OwnContainer.identify()
        let isHere = if let own { (try? await engine.container(own.text)) != nil } else { false }
        if own == nil { _ = try await engine.version() }
        return LiveWorld(
            secrets: secrets, ownContainer: isHere ? own : nil, engineID: settings.name, docker: engine)
    }

    private init(
        secrets: SecretStore, ownContainer: ContainerID?, engineID: EngineID, docker: DockerEngine
    ) {
        self.secrets = secrets
        self.ownContainer = ownContainer
        self.engineID = engineID
        self.docker = docker
        repositoryCache = RepositoryCache { [wakes] in await wakes.wake() }
    }

    /// Both clocks.
    public func now() async -> Moment {
        Moment(uptime: clock.now - start, wallMilliseconds: WallClock.milliseconds())
    }

    /// Looks at Docker first, because it says where the others are; then at all of them at once.
    public func observe(_ cluster: Cluster, scope: ObservationScope) async -> Observation {
        var observation = Observation()
        observation.supervisor = ownContainer
        observation.secrets = await secrets.views
        observation.identity = await secrets.identity
        observation.localRecord = LocalConfigurationFile(beside: secrets).read()
        let seen = await DockerObserver(world: self, cluster: cluster, scope: scope).observe()
        observation.engines = [EngineSighting(id: engineID, view: seen)]
        guard case .present(let engine) = seen else { return observation }
        let addresses = Addresses(engine: engine, cluster: cluster)
        let restarting = await restarts.underWay
        observation.restarts = addresses.nodes.filter { $0.isRunning && restarting.contains($0.node) }.map(\.node)
            .sorted()
        async let store = StoreObserver(
            world: self, cluster: cluster, addresses: addresses, asksAccess: !scope.isNarrow && scope != .handOver
        ).observe()
        // a release of the leader key is judged without Patroni's word, and must not wait for it
        let asksMembers = scope != .guarding(.leadership)
        async let members =
            !asksMembers
            ? []
            : MemberObserver(
                world: self, cluster: cluster, addresses: addresses,
                deadline: scope == .handOver
                    ? .milliseconds(150) : scope == .failover ? .milliseconds(400) : .seconds(1)
            ).observe()
        // a primary shuts down only while clients are paused
        let asksPoolers =
            switch scope {
            case .everything, .everythingAfresh, .handOver, .guarding(.container): true
            case .guarding, .failover: false
            }
        async let poolers =
            !asksPoolers ? [] : PoolerObserver(world: self, cluster: cluster, addresses: addresses).observe()
        async let repository = RepositoryObserver(world: self, cluster: cluster, engine: engine, scope: scope).observe()
        let (etcd, dcs) = await store
        observation.etcd = etcd
        observation.dcs = dcs
        observation.members = await members
        observation.poolers = await poolers
        if case .present(let keys) = dcs {
            await latest.keep(leader: keys.leader, ttl: keys.configurationInForce.ttl)
            await latest.keep(members: keys.members)
            observation.dcs = .present(await withLeases(keys, of: observation.members))
        }
        observation.repository = await repository
        if scope.isNarrow { return observation }
        if scope != .handOver {
            let lines = await LastLines(world: self).read(engine, cluster: cluster, members: observation.members)
            observation.engines = [EngineSighting(id: engineID, view: .present(engine.telling(lines)))]
        }
        let database = DatabaseObserver(world: self, cluster: cluster, addresses: addresses)
        let leader = dcs.value?.leader?.node
        if scope == .handOver, let known = await latest.database {
            observation.database = await database.glance(leader: leader, members: observation.members, known: known)
            return observation
        }
        observation.database = await database.observe(leader: leader, members: observation.members)
        if case .present(let view) = observation.database { await latest.keep(view) }
        return observation
    }
}

extension EngineView {
    /// The same view, its containers with what they wrote last.
    fileprivate func telling(_ lines: [ContainerID: [String]]) -> EngineView {
        var view = self
        for index in view.containers.indices {
            view.containers[index].lastLines = lines[view.containers[index].id] ?? []
        }
        return view
    }
}

extension LiveWorld {
    /// For members whose Patroni is silent: how long their lease lives on unless it is renewed. Only then is it asked.
    private func withLeases(_ keys: DCSView, of members: [MemberSighting]) async -> DCSView {
        guard let client = await connections.knownStore else { return keys }
        var keys = keys
        for index in keys.members.indices {
            guard members.first(where: { $0.node == keys.members[index].name })?.view.isUnknown == true else {
                continue
            }
            let lease = try? await client.lease(keys.members[index].lease, deadline: StoreObserver.deadline)
            keys.members[index].leaseLeft = lease?.remaining
        }
        return keys
    }

    /// Rings when the leader's lease has not been renewed for longer than Patroni's loop: nothing else tells of a
    /// Patroni that hangs (fault P01). One small question every five seconds, whatever the cluster's size.
    func watchLease(_ cluster: Cluster, _ wake: @Sendable () -> Void) async {
        let patience = cluster.patroni.loopWait + .seconds(3)
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(5), tolerance: .milliseconds(500))
            guard let client = await connections.knownStore, let (leader, ttl) = await latest.leader else { continue }
            guard let lease = try? await client.lease(leader.lease, deadline: .seconds(2)) else {
                wake()
                continue
            }
            if ttl - lease.remaining > patience { wake() }
        }
    }
}

/// The wall clock, which is only ever written down.
public enum WallClock {
    /// Milliseconds since 1970 in UTC.
    public static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Where the parts of the cluster are reached: by the addresses their containers have on the cluster's network.
struct Addresses {
    /// etcd members that run.
    let etcd: [EtcdAddress]
    /// Nodes whose container is known, and the address of those that run.
    let nodes: [(node: NodeName, container: ContainerID, isRunning: Bool, host: String?, features: Set<ImageFeature>)]
    /// Poolers whose container is known, and the address of those that run.
    let poolers: [(container: ContainerName, isRunning: Bool, host: String?)]

    init(engine: EngineView, cluster: Cluster) {
        let network = engine.networks(named: cluster.network.name).first {
            $0.labels.value(of: Label.cluster) == cluster.name.text
        }
        func owned(_ component: Component) -> [ContainerView] {
            engine.containers.filter {
                $0.labels.value(of: Label.cluster) == cluster.name.text
                    && $0.labels.value(of: Label.component) == component.rawValue
            }
        }
        func host(_ container: ContainerView) -> String? {
            network.flatMap { container.address(on: $0.id) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        // one for which Docker does not answer has an address in the list for as long as it runs
        func mayRun(_ container: ContainerView) -> Bool {
            container.state.isRunning || container.state == .restarting && host(container) != nil
        }
        etcd = owned(.etcd).compactMap { container in
            guard mayRun(container), let address = host(container) else { return nil }
            return EtcdAddress(
                container: ContainerName(container.labels.value(of: Label.name) ?? container.name.text), host: address,
                takesTLS: container.labels.value(of: Label.etcdTLS) != nil)
        }
        nodes = owned(.node).map { container in
            let name = NodeName(container.labels.value(of: Label.name) ?? container.name.text)
            let isRunning = mayRun(container)
            return (name, container.id, isRunning, isRunning ? host(container) : nil, container.features)
        }
        poolers = owned(.pooler).map { container in
            let name = ContainerName(container.labels.value(of: Label.name) ?? container.name.text)
            let isRunning = container.state.isRunning
            return (name, isRunning, isRunning ? host(container) : nil)
        }
    }

    func server(of node: NodeName) -> ServerAddress? {
        nodes.first { $0.node == node }?.host.map { ServerAddress(node: node, host: $0) }
    }
}

/// An etcd member: the name that its certificate carries, and the address where it is reached.
struct EtcdAddress: Sendable {
    let container: ContainerName
    let host: String
    /// Whether it takes TLS; one of an older build does not.
    let takesTLS: Bool
}

/// A node's PostgreSQL: the name that its certificate carries, and the address where it is reached.
struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    let node: NodeName
    let host: String
    var description: String { host }
}
