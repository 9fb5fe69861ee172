import DockerAPI
import Model

/// Looks at one engine: the lists first, then our own containers one by one, side by side.
struct DockerObserver {
    let world: LiveWorld
    let cluster: Cluster
    let scope: ObservationScope

    private var docker: DockerEngine { world.docker }

    func observe() async -> Sighting<EngineView> {
        if scope == .everythingAfresh { await world.forgetWhatWasRead() }
        do {
            async let identity = world.engineIdentity(afresh: scope != .everything && scope != .failover)
            async let networks = networks()
            async let volumes = docker.volumes()
            async let containers = containers()
            async let images = images()
            var view = EngineView(id: try await identity)
            view.containers = try await containers
            view.networks = try await networks
            view.volumes = try await volumes.map(VolumeView.init(docker:)).sorted { $0.name < $1.name }
            view.images = await images
            view.disk = await DiskObserver(world: world).look(volumes: view.volumes, containers: view.containers)
            return .present(view)
        } catch let error as DockerError {
            return .unknown(error.unknownReason)
        } catch {
            return .unknown(UnknownReason(.malformed, "\(error)"))
        }
    }

    /// Ours in full; of foreign ones the name and the labels, which is all that planners may know of them. A container
    /// that vanishes between the list and its inspect is simply not there any more.
    private func containers() async throws -> [ContainerView] {
        let list = try await world.containers()
        let label = cluster.name.text
        return try await withThrowingTaskGroup(of: ContainerView?.self) { group in
            for summary in list {
                let isOurs = summary.labels[Label.cluster] == label || summary.id == world.ownContainer?.text
                if summary.labels[Label.component] == Component.reader.rawValue {
                    if isOurs { group.addTask { await world.forget(reader: summary) } }
                    continue
                }
                guard isOurs else {
                    group.addTask { ContainerView(foreign: summary) }
                    continue
                }
                group.addTask { try await view(of: summary) }
            }
            var views: [ContainerView] = []
            for try await view in group { if let view { views.append(view) } }
            return await measured(views.sorted { ($0.name, $0.id) < ($1.name, $1.id) })
        }
    }

    /// One of ours in full; what the list says of it when Docker does not answer for this one, which must not make the
    /// look at all others blind (fault D04).
    private func view(of summary: DockerContainerSummary) async throws -> ContainerView? {
        let id = ContainerID(summary.id)
        // until it has started or ended Docker has no answer, and then it has one at once
        if await world.starts.isUnderWay(id) { return await unanswered(summary) }
        let isShuttingDown = await world.engineCache.isShuttingDown(id)
        if await !world.engineCache.isSilent(id) {
            do {
                return try await inspect(summary.id, deadline: isShuttingDown ? .milliseconds(60) : .seconds(2))
            } catch let error as DockerError where error.code == .timedOut {
                if !isShuttingDown { await world.engineCache.noteSilence(of: id) }
            }
        }
        return await unanswered(summary)
    }

    private func unanswered(_ summary: DockerContainerSummary) async -> ContainerView {
        var view = ContainerView(unanswered: summary)
        view.features = ImageFeature.named(in: (try? await world.imageInUse(summary.imageID))?.labels ?? [:])
        return view
    }

    /// While no node runs, how far the WAL of each reaches is read to its end: what they hold decides who starts first
    /// (faults C08 and E05), and then only.
    private func measured(_ views: [ContainerView]) async -> [ContainerView] {
        let nodes = views.indices.filter { index in
            views[index].labels.value(of: Label.cluster) == cluster.name.text
                && views[index].labels.value(of: Label.component) == Component.node.rawValue
        }
        guard nodes.count > 1, nodes.allSatisfy({ views[$0].isAtRest }) else { return views }
        return await withTaskGroup(of: (Int, Sighting<DataView>).self) { group in
            for index in nodes {
                guard case .present(.postgres(let data)) = views[index].data else { continue }
                group.addTask { (index, await world.measured(views[index], data)) }
            }
            var exact = views
            for await (index, data) in group { exact[index].data = data }
            return exact
        }
    }

    private func inspect(_ id: String, deadline: Duration) async throws -> ContainerView? {
        guard let container = try await known({ try await world.container(id, deadline: deadline) }) else {
            return nil
        }
        var view = ContainerView(docker: container)
        if view.state.isRunning { view.isBeingStopped = await world.stops.isUnderWay(view.id) }
        guard container.configuration.labels[Label.component] != Component.supervisor.rawValue,
            id != world.ownContainer?.text
        else { return view }
        // what the image itself sets is not drift
        let image = try await world.imageInUse(container.imageID)
        view.features = ImageFeature.named(in: image?.labels ?? [:])
        view.settings.environment = container.configuration.environment
            .filter { image?.environment.contains($0) != true }.sorted()
        if case .guarding = scope, view.state.isRunning { return view }
        // what lies in a container that has ended has no part in a release
        if scope == .failover { return view }
        if scope == .handOver, !view.state.isRunning { return view }
        view.ranOutOfMemoryAt = await world.engineCache.shortage(of: view.id)
        if scope != .handOver, !container.execIDs.isEmpty { view.commands = await commands(container.execIDs) }
        guard await mayLookInside(view) else { return view }
        view.files = await files(of: view)
        if !view.state.isRunning {
            view.data = await world.data(in: view, within: age(of: view))
            view.result = await world.result(of: view)
        }
        return view
    }

    /// What is there, or nil when it has vanished since it was listed.
    private func known<Value: Sendable>(_ request: () async throws -> Value) async throws -> Value? {
        do {
            return try await request()
        } catch let error as DockerError where error.code == .notFound {
            return nil
        }
    }

    /// Reading a stopped container's files mounts its file system, and a removal that runs at that moment fails with
    /// "device or resource busy". Somebody's `docker rm -f` removes right after the death, so the look waits a little.
    private func mayLookInside(_ view: ContainerView) async -> Bool {
        switch view.state {
        case .created, .running, .paused: true
        case .exited(let exit):
            if let end = Timestamp(exit.finishedAt), Timestamp(await world.now()) - end > .seconds(2) {
                true
            } else {
                await world.engineCache.isSettled(view.id, since: exit.finishedAt)
            }
        case .restarting, .removing, .dead: false
        }
    }

    /// How old a look into a volume may be: a container that works on a volume ends, and then the look is forgotten. A
    /// guard looks again. The release of a leader key has no time for it and does not need it.
    private func age(of view: ContainerView) -> Duration {
        switch scope {
        case .guarding(.leadership): .seconds(60)
        case .guarding: .seconds(1)
        case .everything, .everythingAfresh, .handOver, .failover: view.wasNeverStarted ? .seconds(1) : .seconds(10)
        }
    }

    private func files(of view: ContainerView) async -> Sighting<[FileView]> {
        if let known = await world.contents.files(of: view.id) { return known }
        let seen = await world.docker.writtenFiles(in: view.id)
        if seen.value != nil { await world.contents.keep(seen, of: view.id) }
        return seen
    }

    /// Commands of ours that run or have ended lately.
    private func commands(_ ids: [String]) async -> [CommandView] {
        var views: [CommandView] = []
        for id in ids {
            guard let command = try? await docker.exec(id) else { continue }
            views.append(
                CommandView(
                    arguments: CommandWrapping.unwrap(command.command),
                    exitCode: command.isRunning ? nil : command.exitCode ?? -1))
        }
        return views
    }

    /// All networks by name; endpoints only of those with our name, because the list leaves them out.
    private func networks() async throws -> [NetworkView] {
        let list = try await docker.networks()
        var views: [NetworkView] = []
        for network in list {
            var view = NetworkView(docker: network)
            if cluster.network.specs.contains(where: { $0.name == view.name }) {
                guard let inside = try await known({ try await docker.network(network.id) }) else { continue }
                view = NetworkView(docker: inside)
            }
            views.append(view)
        }
        return views.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    private func images() async -> [ImageSighting] {
        if scope == .handOver || scope == .failover { return [] }
        var sightings: [ImageSighting] = []
        for reference in cluster.images {
            var seen = ImageSighting(
                reference: reference, id: .absent, pulling: await world.engineCache.pull(reference))
            do throws(DockerError) {
                let image = try await docker.image(reference.text)
                seen.id = .present(image.id)
                seen.postgresMajor = image.postgresMajor
                seen.features = ImageFeature.named(in: image.labels)
                seen.builtAt =
                    image.labels[Label.packagesAt].flatMap { Int64($0) }.map { Timestamp(seconds: $0) }
                    ?? image.created.flatMap { Timestamp($0.description) }
                seen.packages = (image.labels[Label.packages] ?? "").split(separator: " ").map {
                    String($0.replacing("=", with: " ", maxReplacements: 1))
                }
            } catch {
                if !error.isAboutAMissingObject { seen.id = .unknown(error.unknownReason) }
            }
            sightings.append(seen)
        }
        return sightings.sorted { $0.reference < $1.reference }
    }
}

extension DockerImage {
    /// PostgreSQL's major version, where the image says it: `PG_MAJOR` in the official ones, the path in Debian's habit.
    fileprivate var postgresMajor: Int? {
        for variable in environment {
            if variable.hasPrefix("PG_MAJOR=") { return Int(variable.dropFirst(9)) }
            if let match = variable.firstMatch(of: /^PATH=.*\/usr\/lib\/postgresql\/([0-9]+)\/bin/) {
                return Int(match.1)
            }
        }
        return nil
    }
}

extension DockerError {
    /// Whether the object is known not to be there.
    var isAboutAMissingObject: Bool { code == .notFound || code == .noSuchImage }

    /// Why nothing was seen.
    var unknownReason: UnknownReason {
        let cause: UnknownReason.Cause =
            switch code {
            case .timedOut: .timedOut
            case .permissionDenied, .forbidden: .forbidden
            case .malformed, .unsupportedAPIVersion: .malformed
            default: .unreachable
            }
        return UnknownReason(cause, description)
    }
}
