import DockerAPI
import Model

extension [LabelValue] {
    /// Docker's labels, sorted.
    init(docker: [String: String]) { self = docker.map { LabelValue($0.key, $0.value) }.sorted { $0.key < $1.key } }
}

extension VolumeView {
    init(docker volume: DockerVolume) {
        self.init(
            name: VolumeName(volume.name), labels: [LabelValue](docker: volume.labels),
            createdAt: volume.created?.description ?? "")
        isOnEngineDisk = volume.driver == "local" && volume.options.isEmpty
    }
}

extension NetworkView {
    init(docker network: DockerNetwork) {
        self.init(
            id: NetworkID(network.id), name: NetworkName(network.name), driver: network.driver,
            subnet: network.subnets.compactMap(\.subnet).first { !$0.contains(":") },
            labels: [LabelValue](docker: network.labels),
            endpoints: network.endpoints.keys.map { ContainerID($0) }.sorted())
        createdAt = network.created?.description ?? ""
    }
}

extension ContainerView {
    init(foreign summary: DockerContainerSummary) {
        let state: ContainerState =
            switch summary.status {
            case .created: .created
            case .exited: .exited(Exit(code: 255))
            case .running, .unknown: .running(startedAt: "")
            case .paused: .paused(startedAt: "")
            case .restarting: .restarting
            case .removing: .removing
            case .dead: .dead
            }
        self.init(
            id: ContainerID(summary.id), name: ContainerName(summary.name), image: ImageReference(summary.image),
            labels: [LabelValue](docker: summary.labels), state: state)
        settings.mounts = summary.mounts.filter { $0.type == "volume" }.map {
            VolumeMount(volume: VolumeName($0.name), destination: $0.destination, isWritable: $0.isWritable)
        }
    }

    /// What the list says of a container of ours for which Docker does not answer. Whether it lives is not known, which
    /// `restarting` says as well; its address is there while it runs, so that Patroni and etcd in it are still asked.
    init(unanswered summary: DockerContainerSummary) {
        self.init(foreign: summary)
        state = .restarting
        imageID = summary.imageID
        attachments = summary.networks.map { name, endpoint in
            Attachment(name, docker: endpoint, of: summary.id)
        }.sorted { $0.networkName < $1.networkName }
    }

    /// Whether its first process has ended, or was never started.
    var isAtRest: Bool {
        switch state {
        case .created, .exited: true
        case .running, .paused, .restarting, .removing, .dead: false
        }
    }

    init(docker container: DockerContainer) {
        self.init(
            id: ContainerID(container.id), name: ContainerName(container.name),
            image: ImageReference(container.configuration.image),
            labels: [LabelValue](docker: container.configuration.labels), state: ContainerState(container.state))
        imageID = container.imageID
        attachments = container.networks.map { name, endpoint in
            Attachment(name, docker: endpoint, of: container.id)
        }.filter { !$0.network.text.isEmpty || $0.networkName.text != "none" }.sorted {
            $0.networkName < $1.networkName
        }
        createdAt = container.created?.description ?? ""
        restartCount = container.restartCount
        settings = ContainerSettings(container)
    }
}

extension Attachment {
    init(_ name: String, docker endpoint: DockerEndpoint, of container: String) {
        self.init(
            network: NetworkID(endpoint.networkID), networkName: NetworkName(name),
            address: endpoint.ipAddress.isEmpty ? nil : endpoint.ipAddress,
            // engines before 1.44 add a part of the container's ID
            aliases: endpoint.aliases.filter { !container.hasPrefix($0) }.map { ContainerName($0) }.sorted())
    }
}

extension ContainerState {
    init(_ state: DockerContainerState) {
        let started = state.startedAt?.description ?? ""
        let exit = Exit(
            code: state.exitCode, startedAt: started, finishedAt: state.finishedAt?.description ?? "",
            outOfMemory: state.isOOMKilled, error: state.error)
        switch state.status {
        // Docker leaves a container whose start failed as created, with the reason in its state
        case .created: self = state.error.isEmpty ? .created : .exited(exit)
        case .running: self = state.isPaused ? .paused(startedAt: started) : .running(startedAt: started)
        case .paused: self = .paused(startedAt: started)
        case .restarting: self = .restarting
        case .removing: self = .removing
        case .exited: self = state.isRunning ? .running(startedAt: started) : .exited(exit)
        case .dead: self = .dead
        // a word we do not know proves nothing
        case .unknown: self = state.isRunning ? .running(startedAt: started) : .restarting
        }
    }
}

extension ContainerSettings {
    init(_ container: DockerContainer) {
        self.init()
        let host = container.hostConfiguration
        memory = host.memoryBytes
        milliCPUs = host.nanoCPUs / 1_000_000
        sharedMemory = host.shmSizeBytes
        pidsLimit = max(0, host.pidsLimit)
        ports = host.portBindings.flatMap { port, bindings in
            bindings.map { binding in
                PortBinding(
                    containerPort: Int(port.prefix { $0 != "/" }) ?? 0, hostAddress: binding.hostAddress,
                    hostPort: Int(binding.hostPort) ?? 0)
            }
        }.sorted()
        mounts = container.mounts.filter { $0.type == "volume" }.map {
            VolumeMount(volume: VolumeName($0.name), destination: $0.destination, isWritable: $0.isWritable)
        }.sorted()
        foreignMounts = container.mounts.filter { $0.type != "volume" }.map { "\($0.source):\($0.destination)" }
            .sorted()
        user = container.configuration.user
        mayDumpCore = !host.ulimits.contains { $0.name == "core" && $0.hard == 0 }
        foreignOptions = ContainerSettings.foreignOptions(host)
        asksOutsideForPlainNames = !host.keepsPlainNames
        restartPolicy = host.restartPolicy.name
        dropsAllCapabilities = host.capDrop.contains { $0.uppercased() == "ALL" }
        addedCapabilities = host.capAdd.sorted()
        mayGainPrivileges = !host.securityOptions.contains {
            $0.hasPrefix("no-new-privileges") && !$0.hasSuffix("false")
        }
        isPrivileged = host.isPrivileged
        stopTimeoutSeconds = container.configuration.stopTimeoutSeconds ?? 10
    }

    /// What the controller never asks for.
    private static func foreignOptions(_ host: DockerHostConfiguration) -> [String] {
        let namespaces: [(name: String, value: String?)] = [
            ("network", host.networkMode), ("pid", host.processNamespace), ("ipc", host.sharedMemoryNamespace),
            ("uts", host.nameNamespace), ("userns", host.userNamespace),
        ]
        var found: [String] = host.securityOptions.filter { !$0.hasPrefix("no-new-privileges") }
        for (name, value) in namespaces where value == "host" || value?.hasPrefix("container:") == true {
            found.append("\(name)=\(value ?? "")")
        }
        found += host.devices.map { "device=\($0.hostPath)" }
        found += host.additionalGroups.map { "group-add=\($0)" }
        found += host.resolvers.map { "dns=\($0)" }
        found += host.extraHosts.map { "add-host=\($0)" }
        return found.sorted()
    }
}
