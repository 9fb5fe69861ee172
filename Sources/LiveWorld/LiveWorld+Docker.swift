import DockerAPI
import EtcdClient
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
public struct OwnedObjects: Sendable {
    /// Containers, by name.
    public var containers: [(id: ContainerID, name: ContainerName)]
    /// Networks, by name.
    public var networks: [(id: NetworkID, name: NetworkName)]
    /// Volumes.
    public var volumes: [(name: VolumeName, component: String)]
    /// Whether there is nothing.
    public var isEmpty: Bool { containers.isEmpty && networks.isEmpty && volumes.isEmpty }
}

/// A container that runs a controller.
public struct SupervisorContainer: Sendable {
    /// Its ID.
    public let id: ContainerID
    /// Its name.
    public let name: ContainerName
    /// The cluster that it keeps.
    public let cluster: ClusterName
    /// Whether it runs.
    public let isRunning: Bool
    /// The paths on the host that it mounts.
    public let folders: [String]

    /// One as seen.
    public init(id: ContainerID, name: ContainerName, cluster: ClusterName, isRunning: Bool, folders: [String]) {
        self.id = id
        self.name = name
        self.cluster = cluster
        self.isRunning = isRunning
        self.folders = folders
    }
}

extension LiveWorld {
    /// The supervisor containers of this engine, whether they run or not.
    public func supervisors() async throws -> [SupervisorContainer] {
        try await containers(with: (Label.component, Component.supervisor.rawValue)).map { seen in
            SupervisorContainer(
                id: ContainerID(seen.id), name: ContainerName(seen.name),
                cluster: ClusterName(seen.labels[Label.cluster] ?? ""), isRunning: seen.status == .running,
                folders: seen.mounts.map(\.source))
        }.sorted { $0.name < $1.name }
    }

    /// The volumes in which supervisors keep their state: those of a cluster, and those that do not say whose they are.
    func stateVolumes(of cluster: ClusterName) async -> [VolumeName] {
        let volumes = (try? await docker.volumes()) ?? []
        return volumes.filter { volume in
            // `make up` of an older build made its volume without labels
            let isState =
                volume.labels[Label.component] == Component.supervisor.rawValue
                || volume.labels.isEmpty && volume.name == "controller-state"
            return isState && [nil, cluster.text].contains(volume.labels[Label.cluster])
        }.map { VolumeName($0.name) }.sorted()
    }

    /// Everything with the cluster's label, the supervisor and its state apart.
    public func ownedObjects(of cluster: Cluster) async throws -> OwnedObjects {
        let filter = DockerFilters(["label": ["\(Label.cluster)=\(cluster.name)"]])
        let containers = try await containers(with: (Label.cluster, cluster.name.text))
            .filter { $0.labels[Label.component] != Component.supervisor.rawValue }
        let volumes = try await docker.volumes(filter).filter {
            $0.labels[Label.component] != Component.supervisor.rawValue
        }
        return OwnedObjects(
            containers: containers.map { (ContainerID($0.id), ContainerName($0.name)) }.sorted { $0.name < $1.name },
            networks: try await docker.networks(filter).map { (NetworkID($0.id), NetworkName($0.name)) },
            volumes: volumes.map { (VolumeName($0.name), $0.labels[Label.component] ?? "") }.sorted {
                $0.name < $1.name
            })
    }

    /// Removes them: nodes first and orderly, then the rest; volumes only when told.
    public func remove(
        _ ownedObjects: OwnedObjects, includingVolumes: Bool, told: @Sendable (String) -> Void
    ) async throws {
        let docker = docker
        try await withThrowingTaskGroup(of: ContainerName.self) { group in
            for (id, name) in ownedObjects.containers {
                group.addTask {
                    let timeout = try? await docker.container(id.text).configuration.stopTimeoutSeconds
                    _ = try? await docker.stop(id.text, grace: .seconds(timeout ?? 10))
                    try await docker.removeContainer(id.text, force: true)
                    return name
                }
            }
            for try await name in group { told("container \(name) removed") }
        }
        for (id, name) in ownedObjects.networks {
            let network = try await docker.network(id.text)
            for container in network.endpoints.keys {
                try await docker.disconnect(container, fromNetwork: id.text, force: true)
            }
            try await docker.removeNetwork(id.text)
            told("network \(name) removed")
        }
        guard includingVolumes else { return }
        for (name, _) in ownedObjects.volumes {
            try await docker.removeVolume(name.text)
            told("volume \(name) removed")
        }
    }

    /// The next look reads everything again.
    func forgetWhatWasRead() async {
        await contents.forgetAll()
        await repositoryCache.forgetView()
    }

    /// The engine's own ID, asked again when an action depends on it.
    public func engineIdentity(afresh: Bool = false) async throws -> String {
        if !afresh, let known = await engineCache.information { return known.id }
        let information = try await docker.info(deadline: .seconds(2))
        await engineCache.keep(information)
        return information.id
    }

    /// What an image brings, which never changes for an image ID; nil for one that was removed by force.
    ///
    /// - Throws: whatever the engine does else; unknown is not "none", for then every container would have to be made anew.
    func imageInUse(_ id: String) async throws(DockerError) -> DockerImage? {
        if let known = await engineCache.image(id) { return known }
        do throws(DockerError) {
            let image = try await docker.image(id)
            await engineCache.keep(image, as: id)
            return image
        } catch {
            guard error.code == .noSuchImage else { throw error }
            return nil
        }
    }

    /// The engine's containers, each with the labels that its creator gave it.
    /// - Parameter wanted: a label and its value, that each must have.
    func containers(with wanted: (key: String, value: String)? = nil) async throws(DockerError)
        -> [DockerContainerSummary]
    {
        let filter = wanted.map { DockerFilters(["label": ["\($0.key)=\($0.value)"]]) } ?? [:]
        var seen: [DockerContainerSummary] = []
        for var summary in try await docker.containers(all: true, filter) {
            summary.labels = try await given(summary.labels, image: summary.imageID)
            if let wanted, summary.labels[wanted.key] != wanted.value { continue }
            seen.append(summary)
        }
        return seen
    }

    /// A container in full, with the labels that its creator gave it.
    func container(_ id: String, deadline: Duration = .seconds(1)) async throws(DockerError) -> DockerContainer {
        var container = try await docker.container(id, deadline: deadline)
        container.configuration.labels = try await given(container.configuration.labels, image: container.imageID)
        return container
    }

    private func given(_ labels: [String: String], image: String) async throws(DockerError) -> [String: String] {
        guard labels.keys.contains(where: { $0.hasPrefix(Label.prefix) }) else { return labels }
        return Label.given(labels, byImage: try await imageInUse(image)?.labels ?? [:])
    }

    /// Starts a pull and returns; its progress is part of what is observed.
    func startPull(_ reference: ImageReference) async {
        guard await engineCache.pull(reference) == nil else { return }
        await engineCache.notePull(reference, "starting")
        let (docker, engineCache, wakes) = (docker, engineCache, wakes)
        Task {
            do {
                for try await progress in try await docker.pull(reference.text) {
                    await engineCache.notePull(reference, progress.text)
                }
            } catch {
                await engineCache.notePull(reference, "failed: \(error)")
                try? await Task.sleep(for: .seconds(2))
            }
            await engineCache.notePull(reference, nil)
            await wakes.wake()
        }
    }

    /// Something may have changed: Docker's events, etcd's watch, a broken session. Each says only "look again".
    public func triggers(_ cluster: Cluster) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let world = self
        let events = Task { await world.followEngine(cluster) { continuation.yield() } }
        let keys = Task { await world.followStore(below: cluster.dcsPrefix) { continuation.yield() } }
        let requests = Task { await world.followStore(below: cluster.ownPrefix) { continuation.yield() } }
        let lease = Task { await world.watchLease(cluster) { continuation.yield() } }
        let states = Task { await world.watchStates(cluster) { continuation.yield() } }
        let disk = Task { await world.watchDisk { continuation.yield() } }
        Task { await wakes.lead { continuation.yield() } }
        continuation.onTermination = { _ in
            events.cancel()
            keys.cancel()
            requests.cancel()
            lease.cancel()
            states.cancel()
            disk.cancel()
        }
        return stream
    }
}

extension LiveWorld {
    /// A container of ours has ended, or has left a network of ours: the leader may be proven dead. Yields only while
    /// `triggers` is being read, which does not tell of these.
    public func deathTriggers() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let deaths = deaths
        Task { await deaths.lead { continuation.yield() } }
        return stream
    }

    /// Follows Docker's events for as long as the task lives.
    func followEngine(_ cluster: Cluster, _ wake: @Sendable () -> Void) async {
        for await element in docker.eventFeed(["type": ["container", "network", "volume"]]) {
            switch element {
            case .subscribed, .lost: wake()
            case .event(let event):
                if event.verb == "exec_die", await engineCache.isQuestion(event.attributes["execID"]) { continue }
                let isOurs = Relevance.isOurs(event, cluster: cluster)
                if let id = Relevance.settled(by: event) { await engineCache.noteEndOfSilence(of: id) }
                if event.type == "container", event.verb == "die" {
                    await engineCache.noteDeath(of: ContainerID(event.id))
                    await contents.forgetData()
                    // it may have been a backup
                    if isOurs { await repositoryCache.forget() }
                }
                if event.type == "container", event.verb == "oom" {
                    await engineCache.noteOutOfMemory(ContainerID(event.id), at: event.time.description)
                }
                if event.type == "container", event.verb == "exec_die" {
                    await contents.forgetFiles(of: ContainerID(event.id))
                    if isOurs { await repositoryCache.forget() }
                }
                // the lane looks first, and wakes the loop: a look at everything would take the engine's time from it
                if isOurs, Relevance.mayProveDeath(event) {
                    await deaths.wake()
                } else if isOurs {
                    wake()
                }
            }
        }
    }

    /// Rings when the list of our containers has changed since it was last read: a stream of events that stays open and
    /// says nothing cannot be told from a quiet engine (fault D05). One small question every eight seconds.
    func watchStates(_ cluster: Cluster, _ wake: @Sendable () -> Void) async {
        var known: [String]?
        while !Task.isCancelled {
            let list = try? await containers(with: (Label.cluster, cluster.name.text))
            let seen = list?.filter { $0.labels[Label.component] != Component.reader.rawValue }
                .map { "\($0.id) \($0.name) \($0.status)" }.sorted()
            if let known, let seen, seen != known { wake() }
            known = seen ?? known
            try? await Task.sleep(for: .seconds(8), tolerance: .milliseconds(500))
        }
    }

    /// Rings when the free space of the disk under the volumes has changed by much: no event tells of that. The kernel answers
    /// at once.
    func watchDisk(_ wake: @Sendable () -> Void) async {
        var known: DiskView?
        while !Task.isCancelled {
            if let path = await engineCache.diskPath, let seen = DiskObserver.fileSystem(of: path).value {
                let before = known ?? seen
                if DiskObserver.isWorthALook(seen, after: before) {
                    wake()
                    known = seen
                } else {
                    known = before
                }
            }
            try? await Task.sleep(for: .seconds(5), tolerance: .seconds(1))
        }
    }

    /// Follows the keys below a prefix of etcd for as long as the task lives: Patroni's decisions, or requests to us.
    func followStore(below prefix: String, _ wake: @Sendable () -> Void) async {
        while !Task.isCancelled {
            if let client = await connections.knownStore {
                do {
                    for try await event in client.watch(.prefix(EtcdBytes(prefix)), returnsPrevious: true) {
                        if Relevance.isDecision(event, prefix: prefix) { wake() }
                        let known = await connections.knownStore?.configuration
                        if known?.endpoints != client.configuration.endpoints
                            || known?.credentials != client.configuration.credentials
                        {
                            break
                        }
                    }
                } catch {
                    wake()
                }
            }
            // only while there is no store, or when the watch has just broken
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// The last lines of a container's log; empty where there is none to be had.
    public func lastLines(of name: ContainerName, count: Int) async -> [String] {
        (try? await docker.logTail(name.text, lines: count, deadline: .seconds(2))) ?? []
    }

    /// Runs a command in a container and passes its output on as it comes. Its standard input ends with this process,
    /// which is how it notices that its reader has gone.
    /// - Parameter user: as whom; empty means the image's user.
    /// - Returns: its exit code.
    public func execute(
        _ command: [String], in id: ContainerID, environment: [String] = [], user: String = "",
        output: @Sendable ([UInt8]) -> Void, error: @Sendable ([UInt8]) -> Void
    ) async throws -> Int {
        let exec = try await docker.createExec(
            in: id.text,
            DockerExecConfiguration(command: command, environment: environment, user: user, takesInput: true))
        for try await piece in try await docker.startExec(exec) {
            switch piece.stream {
            case .standardOutput: output(piece.bytes)
            case .standardError: error(piece.bytes)
            }
        }
        while true {
            let state = try await docker.exec(exec)
            if !state.isRunning, let code = state.exitCode { return code }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Which events are worth a look.
enum Relevance {
    static func isOurs(_ event: DockerEvent, cluster: Cluster) -> Bool {
        switch event.type {
        case "container":
            // what starts and ends inside a container changes nothing outside, but may have edited a file
            let questions = [
                "exec_create", "exec_start", "attach", "resize", "top", "archive-path", "extract-to-dir", "export",
            ]
            if questions.contains(event.verb) { return false }
            // one that we made for a look would make us look again, for ever
            if event.attributes[Label.component] == Component.reader.rawValue { return false }
            let name = event.name ?? ""
            return event.attributes[Label.cluster] == cluster.name.text
                || cluster.nodeNames.contains { $0.text == name } || cluster.etcdNames.contains { $0.text == name }
                || cluster.console.name.text == name
        case "network": return cluster.network.specs.contains { $0.name.text == event.name }
        case "volume":
            return ["create", "destroy"].contains(event.verb)
        case _: return false
        }
    }

    /// The container that Docker is done with and answers for again: it does not while it takes a dead one off its networks, which
    /// lasts as long as the last question to a resolver outside that does not answer.
    static func settled(by event: DockerEvent) -> ContainerID? {
        switch (event.type, event.verb) {
        case ("container", "die"), ("container", "start"): ContainerID(event.id)
        case ("network", "disconnect"): event.attributes["container"].map { ContainerID($0) }
        case _: nil
        }
    }

    /// Whether an event of ours can be the last one that the proof of a death needs.
    static func mayProveDeath(_ event: DockerEvent) -> Bool {
        switch event.type {
        case "container": ["die", "destroy"].contains(event.verb)
        case "network": event.verb == "disconnect"
        case _: false
        }
    }

    /// Patroni's member keys move with every WAL position; who leads, who is synchronous and how it is configured do not.
    static func isDecision(_ event: EtcdWatchEvent, prefix: String) -> Bool {
        switch event {
        case .established, .interrupted, .resync: true
        case .progress: false
        case .changes(let changes, _):
            changes.contains { change in
                let name = change.keyValue.key.text.dropFirst(prefix.count)
                return !(name == "status" || name == "failsafe" || (name.hasPrefix("members/") && !isTurn(change)))
            }
        }
    }

    /// A member's state or role changed, or it came or went.
    private static func isTurn(_ change: EtcdChange) -> Bool {
        guard let previous = change.previous, change.kind == .put else { return true }
        let before = JSONValue.parse(previous.value.text)
        let after = JSONValue.parse(change.keyValue.value.text)
        return ["state", "role", "timeline", "replication_state", "pending_restart", "tags"].contains {
            before?[$0] != after?[$0]
        }
    }
}
