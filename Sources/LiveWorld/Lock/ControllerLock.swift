import DockerAPI
public import Model

/// Keeps a second controller of a cluster from acting on the same engine: the controller that has the
/// container `<cluster>-controller-lock` acts.
public actor ControllerLock {
    /// Another one has it.
    public struct Taken: Error, Sendable, CustomStringConvertible {
        /// Who acts, since when, and what to do.
        public let description: String
    }

    /// Another container has the lock's name.
    public struct Foreign: Error, Sendable, CustomStringConvertible {
        /// Which, and what to do.
        public let description: String
    }

    private let world: LiveWorld
    private let cluster: Cluster
    private let holder: String
    private let holderContainer: ContainerID?
    private var own: (id: String, watch: Task<Void, Never>)?
    private var keeper: Task<Void, Never>?
    private var lostAt: ContinuousClock.Instant?
    /// The other one that has the lock, since this one lost it.
    public private(set) var rival: Taken?

    /// A lock that is not taken yet.
    /// - Parameter holder: who takes it, in words for a person: `the supervisor container controller`.
    public init(_ world: LiveWorld, _ cluster: Cluster, holder: String) {
        self.world = world
        self.cluster = cluster
        self.holder = holder
        holderContainer = world.ownContainer
    }

    /// Its container's name.
    public static func name(of cluster: ClusterName) -> ContainerName { ContainerName("\(cluster)-controller-lock") }

    private var name: String { ControllerLock.name(of: cluster.name).text }
    /// A little longer than a try to take it again waits for a holder that is just ending.
    private static let doubt: Duration = .seconds(3)

    /// Whether this controller had it until a moment ago: whether another one has it now shows at the next try.
    public var isInDoubt: Bool {
        guard own == nil, let lostAt else { return false }
        return ContinuousClock.now - lostAt < ControllerLock.doubt
    }

    /// Takes it, and keeps it from then on: lost with the engine, it is taken again as soon as the engine answers.
    /// - Parameter patience: how long a holder that is just ending may take.
    /// - Returns: false where the engine has no image yet to make it from, and nothing of a cluster can run without one; and
    ///   where it can make no container, because its disk is full: then no other controller gets the lock either, and the
    ///   cluster must not be left alone.
    /// - Throws: `Taken`, `Foreign`, or the engine's error.
    @discardableResult
    public func take(patience: Duration = .seconds(10)) async throws -> Bool {
        var isTaken = false
        do {
            isTaken = try await acquire(patience: patience)
        } catch let error as DockerError {
            guard error.code == .serverError else { throw error }
        }
        if keeper == nil { keeper = Task { [weak self] in await self?.keep() } }
        return isTaken
    }

    /// Lets it go.
    public func release() {
        keeper?.cancel()
        own?.watch.cancel()
        own = nil
    }

    private func keep() async {
        while !Task.isCancelled {
            if own == nil {
                do {
                    _ = try await acquire(patience: .seconds(2))
                } catch let taken as Taken {
                    rival = taken
                    await world.wakes.wake()
                    return
                } catch {
                    // an engine that does not answer gives the lock to no controller
                }
            }
            try? await Task.sleep(for: .milliseconds(own == nil ? 200 : 500))
        }
    }

    private func acquire(patience: Duration) async throws -> Bool {
        let end = ContinuousClock.now + patience
        var seen: (id: String, since: ContinuousClock.Instant)?
        while true {
            do {
                return try await make()
            } catch let error as DockerError {
                guard case .nameInUse = error.code else { throw error }
            }
            guard let other = try await other() else { continue }
            if seen?.id != other.id { seen = (other.id, .now) }
            let unchanged = seen.map { ContinuousClock.now - $0.since } ?? .zero
            let labels = other.configuration.labels
            switch LockVerdict(
                other.state.status, owner: labels[Label.lock], cluster: cluster.name, unchanged: unchanged)
            {
            case .foreign:
                throw Foreign(
                    description:
                        "container \(name) has the name of this cluster's lock and is none; rename or remove it")
            case .abandoned: _ = try? await world.docker.removeContainer(other.id)
            case .taken where ContinuousClock.now >= end: throw taken(by: labels)
            case .taken, .leaving: break
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func other() async throws -> DockerContainer? {
        do {
            return try await world.container(name)
        } catch  where error.isAboutAMissingObject {
            return nil
        }
    }

    private func taken(by labels: [String: String]) -> Taken {
        let who = labels[Label.holder] ?? "another controller"
        let since = labels[Label.since] ?? "?"
        return Taken(
            description: "\(who) acts for cluster \(cluster.name) since \(since) (its lock is container \(name)). "
                + "Stop it first, or leave the cluster to it")
    }

    private func make() async throws -> Bool {
        for image in await images() {
            do {
                try await make(from: image)
                return true
            } catch let error as DockerError where error.code == .noSuchImage || error.code == .cannotStart {
                continue
            }
        }
        return false
    }

    /// Images of which one is on the engine wherever something of this cluster can run.
    private func images() async -> [String] {
        var images = [cluster.nodes.image.text, cluster.etcd.image.text]
        if let holderContainer, let own = try? await world.docker.container(holderContainer.text) {
            images.insert(own.imageID, at: 0)
        }
        return images
    }

    private func make(from image: String) async throws {
        var host = DockerHostConfiguration()
        host.removesItself = true
        host.networkMode = "none"
        host.memoryBytes = 32 << 20
        host.pidsLimit = 8
        host.isRootReadOnly = true
        host.capDrop = ["ALL"]
        host.securityOptions = ["no-new-privileges"]
        host.logging = DockerLogConfiguration(type: "none", options: [:])
        let configuration = DockerContainerConfiguration(
            image: image, command: [], entrypoint: ["cat"], user: "65534:65534",
            labels: [
                Label.lock: cluster.name.text, Label.holder: holder,
                Label.holderContainer: holderContainer?.text ?? "", Label.since: await world.now().text,
            ], hasInput: true)
        let id = try await world.docker.createContainer(name: name, configuration, host: host)
        do {
            let stream = try await world.docker.attach(id)
            try await world.docker.start(id)
            let watch = Task { [weak self] in
                do { for try await _ in stream {} } catch {}
                await self?.lost(id)
            }
            own = (id, watch)
        } catch {
            _ = try? await world.docker.removeContainer(id, force: true)
            throw error
        }
    }

    private func lost(_ id: String) {
        if own?.id == id { (own, lostAt) = (nil, .now) }
    }
}

extension LiveWorld {
    /// The container that holds a cluster's lock, where one does.
    public func lockHolder(of cluster: ClusterName) async -> ContainerID? {
        let lock = try? await container(ControllerLock.name(of: cluster).text)
        guard let labels = lock?.configuration.labels, labels[Label.lock] == cluster.text else { return nil }
        return labels[Label.holderContainer].flatMap { $0.isEmpty ? nil : ContainerID($0) }
    }

    /// The ports that the controller's own container publishes; nil outside of a container, and where Docker does not answer.
    public func ownPorts() async -> [PortBinding]? {
        guard let ownContainer, let own = try? await docker.container(ownContainer.text) else { return nil }
        return ContainerSettings(own).ports
    }

    /// The name of the controller's own container.
    public func ownName() async -> ContainerName? {
        guard let ownContainer, let own = try? await docker.container(ownContainer.text) else { return nil }
        return ContainerName(own.name)
    }
}
