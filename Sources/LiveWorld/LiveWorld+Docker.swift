import DockerAPI
import FoundationEssentials
import HTTPTransport
public import Model

/// How an engine is reached.
enum EngineAddress {
    static func connect(_ settings: EngineSettings, fallback: String?) throws -> DockerEngine {
        let address = settings.endpoint ?? fallback ?? "unix:///var/run/docker.sock"
        let tls =
            settings.caFile == nil && settings.certificateFile == nil
            ? nil
            : TLSConfiguration(
                caFile: settings.caFile, certificateFile: settings.certificateFile, keyFile: settings.keyFile)
        return try DockerEngine(address: address, tls: tls)
    }
}

/// What carries a cluster's label on the engine.
public struct Belongings: Sendable {
    /// Containers, by name.
    public var containers: [(id: ContainerID, name: ContainerName)]
    /// Networks, by name.
    public var networks: [(id: NetworkID, name: NetworkName)]
    /// Volumes.
    public var volumes: [(name: VolumeName, component: String)]
    /// Whether there is nothing.
    public var isEmpty: Bool { containers.isEmpty && networks.isEmpty && volumes.isEmpty }
}

extension LiveWorld {
    /// The supervisor container that keeps a cluster, while it runs.
    public func supervisor(of cluster: ClusterName) async throws -> (id: ContainerID, name: ContainerName)? {
        let list = try await docker.containers(
            all: false,
            DockerFilters(["label": ["\(Label.component)=\(Component.supervisor.rawValue)", "\(Label.cluster)=\(cluster)"]]))
        return list.first.map { (ContainerID($0.id), ContainerName($0.name)) }
    }

    /// Everything with the cluster's label, the supervisor and its state apart.
    public func belongings(of cluster: Cluster) async throws -> Belongings {
        let filter = DockerFilters(["label": ["\(Label.cluster)=\(cluster.name)"]])
        let containers = try await docker.containers(all: true, filter)
            .filter { $0.labels[Label.component] != Component.supervisor.rawValue }
        let volumes = try await docker.volumes(filter).filter {
            $0.labels[Label.component] != Component.supervisor.rawValue
        }
        return Belongings(
            containers: containers.map { (ContainerID($0.id), ContainerName($0.name)) }.sorted { $0.name < $1.name },
            networks: try await docker.networks(filter).map { (NetworkID($0.id), NetworkName($0.name)) },
            volumes: volumes.map { (VolumeName($0.name), $0.labels[Label.component] ?? "") }.sorted { $0.name < $1.name })
    }

    /// Removes them: nodes first and orderly, then the rest; volumes only when told.
    public func remove(
        _ belongings: Belongings, includingVolumes: Bool, told: @Sendable (String) -> Void
    ) async throws {
        for (id, name) in belongings.containers {
            _ = try? await docker.stop(id.text)
            try await docker.removeContainer(id.text, force: true)
            told("container \(name) removed")
        }
        for (id, name) in belongings.networks {
            let network = try await docker.network(id.text)
            for container in network.endpoints.keys {
                try await docker.disconnect(container, fromNetwork: id.text, force: true)
            }
            try await docker.removeNetwork(id.text)
            told("network \(name) removed")
        }
        guard includingVolumes else { return }
        for (name, _) in belongings.volumes {
            try await docker.removeVolume(name.text)
            told("volume \(name) removed")
        }
    }

    /// The engine's own ID, asked again when an action depends on it.
    func engineIdentity(afresh: Bool) async throws -> String {
        if !afresh, let known = await sight.engineIdentity { return known }
        let id = try await docker.info(deadline: .seconds(2)).id
        await sight.keep(engineIdentity: id)
        return id
    }

    /// The environment an image sets, which never changes for an image ID.
    func imageEnvironment(_ id: String) async -> [String] {
        if let known = await sight.environment(of: id) { return known }
        guard let image = try? await docker.image(id) else { return [] }
        await sight.keep(environment: image.configuration.environment, of: id)
        return image.configuration.environment
    }

    /// Starts a pull and returns; its progress is part of what is observed.
    func startPull(_ reference: ImageReference) async {
        guard await sight.pull(reference) == nil else { return }
        await sight.notePull(reference, "starting")
        let (docker, sight) = (docker, sight)
        Task {
            do {
                for try await progress in try await docker.pull(reference.text) {
                    await sight.notePull(reference, "\(progress)")
                }
            } catch {
                await sight.notePullFailure(reference, "\(error)")
            }
            await sight.notePull(reference, nil)
            await sight.ring()
        }
    }

    /// Something may have changed: Docker's events, etcd's watch, a broken session. Each says only "look again".
    public func triggers(_ cluster: Cluster) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let world = self
        let events = Task { await world.followEngine(cluster) { continuation.yield() } }
        let keys = Task { await world.followStore(cluster) { continuation.yield() } }
        Task { await sight.onRing { continuation.yield() } }
        continuation.onTermination = { _ in
            events.cancel()
            keys.cancel()
        }
        return stream
    }
}
