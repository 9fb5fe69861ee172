import DockerAPI
import Model

/// Effects on a Docker Engine.
struct DockerPerformer {
    let world: LiveWorld
    let cluster: Cluster

    private var docker: DockerEngine { world.docker }
    /// How long Docker may take for what concerns the leadership: a failover waits for it.
    private static let brief: Duration = .seconds(2)

    /// - Returns: the answer's gist, for the event log.
    func perform(_ effect: DockerEffect) async throws -> String {
        switch effect {
        case .createNetwork(let spec): return try await create(spec)
        case .removeNetwork(let id): try await docker.removeNetwork(id.text)
        case .connect(let network, let id, let aliases):
            try await docker.connect(
                id.text, toNetwork: network.text, as: .init(aliases: aliases.map(\.text)), deadline: Self.brief)
        case .disconnect(let network, let id):
            try await docker.disconnect(id.text, fromNetwork: network.text, deadline: Self.brief)
        case .createVolume(let spec): try await create(spec)
        case .removeVolume(let name): try await docker.removeVolume(name.text)
        case .createContainer(let spec): return String(try await create(spec).prefix(12))
        case .upload(let id, let files): try await upload(files, to: id)
        case .start(let id): return try await start(id)
        case .stop(let id): return try await stop(id)
        case .kill(let id): try await docker.kill(id.text, deadline: Self.brief)
        case .shutdownPrimary(let id):
            try await docker.kill(id.text, signal: "SIGUSR2", deadline: Self.brief)
            await world.engineCache.noteShutdown(of: id)
        case .unpause(let id): try await docker.unpause(id.text, deadline: Self.brief)
        case .remove(let id): try await docker.removeContainer(id.text)
        case .rename(let id, let name): try await docker.renameContainer(id.text, to: name.text, deadline: Self.brief)
        case .update(let id, let settings): try await update(id, settings)
        case .pull(let reference): await world.startPull(reference)
        case .run(let id, let arguments):
            let exec = try await docker.createExec(
                in: id.text, DockerExecConfiguration(command: CommandWrapping.wrap(arguments)))
            try await docker.startExecDetached(exec)
            return "started"
        }
        return ""
    }

    /// Asks for a start, which goes on in the background: a busy machine needs seconds for it.
    private func start(_ id: ContainerID) async throws -> String {
        await world.engineCache.noteStart(of: id)
        let answer = try await world.starts.begin(id) { [docker] () async throws(DockerError) in
            _ = try await docker.start(id.text)
            return ""
        } ended: { [wakes = world.wakes] in
            await wakes.wake()
        }
        return answer ?? "under way"
    }

    /// Asks for an orderly stop. Docker answers when it is over, which may take the whole grace time: the request goes on
    /// in the background, and the look shows the container as being stopped.
    private func stop(_ id: ContainerID) async throws -> String {
        let configuration = try await docker.container(id.text).configuration
        let isNode = configuration.labels[Label.component] == Component.node.rawValue
        let grace = isNode ? cluster.nodes.stopTimeout : .seconds(configuration.stopTimeoutSeconds ?? 10)
        let isOver = try await world.stops.begin(id, grace: grace, on: docker) { [wakes = world.wakes] in
            await wakes.wake()
        }
        return isOver ? "" : "under way"
    }

    private func create(_ spec: NetworkSpec) async throws -> String {
        let id = try await docker.createNetwork(
            DockerNetworkConfiguration(
                name: spec.name.text, driver: spec.driver,
                subnets: spec.subnet.map { [DockerSubnet(subnet: $0)] } ?? [],
                labels: [Label.cluster: cluster.name.text, Label.component: Component.network.rawValue]))
        return String(id.prefix(12))
    }

    /// Docker answers 201 with the old labels where a volume of that name exists: only reading them back tells.
    private func create(_ spec: VolumeSpec) async throws {
        let volume = try await docker.createVolume(
            DockerVolumeConfiguration(name: spec.name.text, labels: labels(spec.labels, spec.component)))
        guard volume.labels[Label.cluster] == cluster.name.text else {
            throw RefusalError(.conflict, "a volume \(spec.name) that is not ours exists")
        }
    }

    private func labels(_ extra: [LabelValue], _ component: Component) -> [String: String] {
        var labels = [Label.cluster: cluster.name.text, Label.component: component.rawValue]
        for label in extra { labels[label.key] = label.value }
        return labels
    }

    private func create(_ spec: ContainerSpec) async throws -> String {
        let settings = spec.settings
        var host = DockerHostConfiguration()
        host.memoryBytes = settings.memory
        // no swap on top: a database that swaps is worse off than one that is told
        host.memorySwapBytes = settings.memory
        host.nanoCPUs = settings.milliCPUs * 1_000_000
        host.shmSizeBytes = settings.sharedMemory
        host.pidsLimit = settings.pidsLimit
        host.capDrop = settings.dropsAllCapabilities ? ["ALL"] : []
        host.securityOptions = settings.mayGainPrivileges ? [] : ["no-new-privileges"]
        host.ulimits = settings.mayDumpCore ? [] : [DockerUlimit(name: "core", soft: 0, hard: 0)]
        if !settings.asksOutsideForPlainNames { host.keepPlainNames() }
        host.restartPolicy = DockerRestartPolicy(name: settings.restartPolicy)
        host.networkMode = spec.networks.first?.text ?? "none"
        host.logging = DockerLogConfiguration(type: "json-file", options: ["max-size": "10m", "max-file": "3"])
        host.mounts = settings.mounts.map { mount in
            let volume = spec.volumes.first { $0.name == mount.volume }
            return DockerMountConfiguration(
                source: mount.volume.text, target: mount.destination, isReadOnly: !mount.isWritable,
                volumeLabels: volume.map { labels($0.labels, $0.component) } ?? [:])
        }
        for port in settings.ports {
            host.portBindings["\(port.containerPort)/tcp", default: []].append(
                DockerPortBinding(hostAddress: port.hostAddress, hostPort: String(port.hostPort)))
        }
        let configuration = DockerContainerConfiguration(
            image: spec.image.text, command: spec.command.isEmpty ? nil : spec.command, user: settings.user,
            hostname: spec.name.text,
            labels: labels(spec.labels, spec.component), exposedPorts: settings.ports.map { "\($0.containerPort)/tcp" },
            stopTimeoutSeconds: settings.stopTimeoutSeconds)
        let id = try await docker.createContainer(
            name: spec.name.text, configuration, host: host,
            networks: endpoints(of: spec))
        // no image has the record of what was written
        await world.contents.keep(.present([]), of: ContainerID(id))
        return id
    }

    /// The endpoint that a container is made with: engines before 1.44 take one alone.
    private func endpoints(of spec: ContainerSpec) -> [String: DockerEndpointConfiguration] {
        guard let network = spec.networks.first else { return [:] }
        return [network.text: DockerEndpointConfiguration(aliases: ([spec.name] + spec.aliases).map(\.text))]
    }

    private func update(_ id: ContainerID, _ settings: ContainerSettings) async throws {
        var update = DockerContainerUpdate()
        update.memoryBytes = settings.memory
        update.memorySwapBytes = settings.memory
        update.nanoCPUs = settings.milliCPUs * 1_000_000
        update.pidsLimit = settings.pidsLimit
        update.restartPolicy = DockerRestartPolicy(name: settings.restartPolicy)
        try await docker.updateContainer(id.text, update)
    }

    private func upload(_ files: [FileSpec], to id: ContainerID) async throws {
        let views = await world.secrets.views
        var entries: [WrittenFile] = []
        for file in files {
            let secrets = world.secrets
            var values: [(SecretName, String)] = []
            for case .secret(let name) in file.content.segments { values.append((name, try await secrets.value(name))) }
            for case .quotedSecret(let name) in file.content.segments {
                values.append((name, try await secrets.value(name)))
            }
            let text = file.content.filled { name in values.first { $0.0 == name }?.1 ?? "" }
            entries.append(
                WrittenFile(
                    path: file.path, bytes: Array(text.utf8), template: file.identity.digest(secrets: views),
                    owner: file.owner, mode: file.mode))
        }
        // what lies there already stays in the record
        let others = await world.contents.files(of: id)?.value?.filter { view in
            !files.contains { $0.path == view.path }
        }
        let known = others?.isEmpty == false ? try await docker.writtenRecord(in: id) : nil
        // until they are known to be there they are not known
        await world.contents.forgetFiles(of: id)
        try await world.write(entries, beside: known?.entries ?? [], to: id)
        // a pooler that knows the console's old password only is told by a signal, which PgBouncer takes for RELOAD
        if files.contains(where: { $0.path.hasSuffix("/userlist.txt") }), await world.secrets.hasNewConsolePassword {
            _ = try? await docker.kill(id.text, signal: "SIGHUP")
        }
        // reading them back costs Docker a process; the resync does
        guard let others else { return }
        let written = entries.map { FileView(path: $0.path, content: .asWritten(template: $0.template)) }
        await world.contents.keep(.present((others + written).sorted { $0.path < $1.path }), of: id)
    }
}

/// Commands in containers: their output goes to the container's log, where a person looks for it.
enum CommandWrapping {
    private static let shell = ["sh", "-c", "exec \"$@\" >/proc/1/fd/1 2>&1", "--"]

    static func wrap(_ arguments: [String]) -> [String] { shell + arguments }

    static func unwrap(_ arguments: [String]) -> [String] {
        Array(arguments.starts(with: shell) ? arguments.dropFirst(shell.count) : arguments[...])
    }
}
