package import Model

/// Containers: what Docker answers, with the codes that `ModelContractTests` sees on real engines.
extension Universe {
    package mutating func createContainer(_ spec: ContainerSpec) -> Outcome {
        guard engine.images.contains(spec.image) else {
            return .refused(Refusal(.gone, "404 no such image: \(spec.image)"))
        }
        if engine.index(named: spec.name) != nil {
            return .refused(Refusal(.conflict, "409 the container name \"/\(spec.name)\" is already in use"))
        }
        for mount in spec.settings.mounts where engine.index(of: mount.volume) == nil {
            // Docker makes a missing named volume by itself, with the labels that come with the mount
            let volume = spec.volumes.first { $0.name == mount.volume }
            addVolume(mount.volume, labels: volume.map { labels($0.component, $0.labels) } ?? [])
        }
        var container = SimulatedContainer(
            id: ContainerID("c\(nextSerial())"), name: spec.name, image: spec.image,
            labels: labels(spec.component, spec.labels), settings: spec.settings)
        container.command = spec.command
        container.createdAt = moment.text
        // Docker resolves the network's name when the container starts
        container.features = engine.features
        if let network = spec.networks.first {
            container.ownNetwork = network
            let names = [spec.name] + spec.aliases
            container.attach(
                Attachment(network: NetworkID(""), networkName: network, address: nil, aliases: names))
        }
        engine.containers.append(container)
        isStirred = true
        return .done("201 \(container.id)")
    }

    package mutating func upload(_ files: [FileSpec], to id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        let seen = look(at: engine.containers[index])
        guard seen.takesFiles else {
            return .refused(Refusal(.conflict, "container \(seen.name) has a volume and was started"))
        }
        for file in files {
            var placed = PlacedFile(
                path: file.path, content: file.content, digest: file.identity.digest(secrets: secrets),
                authorities: authorities(in: file))
            let secret = SecretName.etcdUser(of: NodeName(engine.containers[index].home))
            if file.content.segments.contains(.quotedSecret(secret)) { placed.storePassword = version(of: secret) }
            engine.containers[index].files.removeAll { $0.path == file.path }
            engine.containers[index].files.append(placed)
        }
        engine.containers[index].files.sort { $0.path < $1.path }
        // etcd reads its certificate for each handshake, and its authorities only at its start
        if engine.containers[index].etcd != nil {
            engine.containers[index].identity.signer = LoadedIdentity(engine.containers[index].files).signer
        }
        return .done("200")
    }

    package mutating func start(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        switch engine.containers[index].state {
        case .running: return .done("304")
        case .paused: return .refused(Refusal(.conflict, "409 cannot start a paused container, try unpause instead"))
        case .removing, .dead: return .refused(Refusal(.conflict, "409 container is marked for removal"))
        case .restarting: return .done("304")
        case .created, .exited: break
        }
        if let obstacle = endpointObstacle(of: index) {
            resolveNetworks(of: index)
            // one that has run keeps how it ended
            var exit = Exit(code: 128)
            if case .exited(let last) = engine.containers[index].state { exit = last }
            exit.error = obstacle
            engine.containers[index].state = .exited(exit)
            isStirred = true
            let kind: Refusal.Kind = obstacle.hasPrefix("network") ? .gone : .conflict
            return .refused(Refusal(kind, obstacle))
        }
        engine.containers[index].wasStopped = false
        engine.containers[index].restartCount = 0
        launch(index)
        return .done("204")
    }

    /// What keeps Docker from giving a container its endpoints; shows at start, not at create.
    private func endpointObstacle(of index: Int) -> String? {
        let container = engine.containers[index]
        for attachment in container.attachments {
            let isThere =
                attachment.network.text.isEmpty
                ? engine.networks.contains { $0.name == attachment.networkName }
                : engine.index(of: attachment.network) != nil
            if !isThere { return "network \(attachment.networkName) not found" }
        }
        // without any network there is nothing to publish a port of
        for binding in container.settings.ports where !container.attachments.isEmpty {
            let isTaken =
                engine.foreignPorts.contains(binding.hostPort)
                || engine.containers.contains { other in
                    // a port belongs to an endpoint, and goes with it
                    other.attachments.contains { $0.address != nil }
                        && other.settings.ports.contains { $0.hostPort == binding.hostPort }
                }
            if isTaken {
                return "driver failed programming external connectivity: Bind for "
                    + "\(binding.hostAddress):\(binding.hostPort) failed: port is already allocated"
            }
        }
        return nil
    }

    /// Starts a container's processes.
    package mutating func launch(_ index: Int) {
        let started = "\(moment.text)#\(nextSerial())"
        engine.containers[index].state = .running(startedAt: started)
        engine.containers[index].stop = nil
        engine.containers[index].restart = nil
        engine.containers[index].commands = []
        resolveNetworks(of: index)
        for place in engine.containers[index].attachments.indices {
            guard let network = engine.index(of: engine.containers[index].attachments[place].network) else { continue }
            let address = nextAddress(on: network)
            engine.containers[index].attachments[place].address = address
        }
        let name = engine.containers[index].name
        note("start \(name)")
        isStirred = true
        switch engine.containers[index].component {
        case .etcd: startEtcd(index)
        case .node: startNode(index)
        case .task: startTask(index)
        case .pooler: startPooler(index)
        case .network, .repository, .console, .supervisor, .prometheus, .reader, nil: break
        }
    }

    /// A start, even one that fails later, finds the networks that were wished for by name.
    private mutating func resolveNetworks(of index: Int) {
        for place in engine.containers[index].attachments.indices
        where engine.containers[index].attachments[place].network.text.isEmpty {
            let name = engine.containers[index].attachments[place].networkName
            guard let network = engine.networks.first(where: { $0.name == name }) else { continue }
            engine.containers[index].attachments[place].network = network.id
        }
    }

    package mutating func stop(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        if endRestarting(index) { return .done("204") }
        guard engine.containers[index].hasProcess else { return .done("304") }
        engine.containers[index].wasStopped = true
        beginStop(index)
        return .done("204")
    }

    /// Sends SIGTERM; the process ends in its own time, or after the grace time by SIGKILL.
    package mutating func beginStop(_ index: Int) {
        guard engine.containers[index].stop == nil else { return }
        let grace = Duration.seconds(engine.containers[index].settings.stopTimeoutSeconds)
        // Docker thaws what it stops: a frozen primary would be one again until it has shut down
        if case .paused = engine.containers[index].state { _ = unpause(engine.containers[index].id) }
        if engine.containers[index].node?.isHung == true {
            engine.containers[index].stop = .init(until: now + grace, exitCode: 137)
            return
        }
        switch engine.containers[index].component {
        case .node:
            // a checkpoint takes its time, and so does a standby that does not answer
            let isSlow = random.chance(permille: 60)
            endSoon(index, within: isSlow ? 2_000...20_000 : 400...1600, exitCode: 0)
            engine.containers[index].node?.isTerminating = true
        case .etcd: endSoon(index, within: 50...300, exitCode: 0)
        case .network, .repository, .console, .supervisor, .pooler, .prometheus, .task, .reader, nil:
            endSoon(index, within: 20...200, exitCode: 143)
        }
    }

    package mutating func kill(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        if endRestarting(index) { return .done("204") }
        guard engine.containers[index].hasProcess else {
            return .refused(Refusal(.conflict, "409 container is not running"))
        }
        engine.containers[index].wasStopped = true
        die(index, exitCode: 137)
        return .done("204")
    }

    /// SIGUSR2: a node's first process stops PostgreSQL in order and ends with it; Patroni has no part in it.
    package mutating func shutdownPrimary(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        guard engine.containers[index].hasProcess else {
            return .refused(Refusal(.conflict, "409 container is not running"))
        }
        // a frozen one gets the signal when it thaws
        guard engine.containers[index].state.isRunning, let node = engine.containers[index].node,
            engine.containers[index].stop == nil
        else { return .done("204") }
        if node.server == .primary { shipWAL(from: index) }
        withDirectory(of: index) { directory in
            directory.isClean = true
            directory.wasPrimary = node.server == .primary
        }
        engine.containers[index].node?.server = .stopped
        engine.containers[index].node?.job = nil
        engine.containers[index].node?.isHung = true
        engine.containers[index].node?.isShuttingDown = true
        // a node with another image, or one that does not reach etcd, leaves it to the controller
        if node.server == .primary, draw(0...3) > .zero { giveUpLeadership(node, from: index) }
        endSoon(index, within: 80...400, exitCode: 0)
        return .done("204")
    }

    /// What a node does as soon as its PostgreSQL has stopped, while its container still has to end (`Leadership` in the
    /// image's `node`): it releases its key for whom the switchover names.
    private mutating func giveUpLeadership(_ node: NodeProcess, from index: Int) {
        guard storeReachable(from: index), !node.isPaused, let lease = node.lease,
            store?.key(prefix + "leader")?.value == .text(node.name.text),
            let key = store?.key(SwitchoverRecord.key(of: scope)), case .json(let json) = key.value
        else { return }
        let record = SwitchoverRecord(value: json, modRevision: key.modRevision)
        guard record.pausesClients, record.from == node.name, let candidate = record.to else { return }
        let request = prefix + "failover"
        store?.delete([prefix + "leader", prefix + "members/" + node.name.text] + (node.isQuorum ? [request] : []))
        if !node.isQuorum { store?.put(request, .text(candidate.text)) }
        store?.revoke(lease)
        note("\(node.name) releases its leader key")
        leaderKeyGone()
        isStirred = true
    }

    /// A stop or a kill between two lives ends the restarting; the container shows how its last life ended.
    private mutating func endRestarting(_ index: Int) -> Bool {
        guard let restart = engine.containers[index].restart else { return false }
        engine.containers[index].wasStopped = true
        engine.containers[index].restart = nil
        engine.containers[index].state = .exited(restart.exit)
        isStirred = true
        return true
    }

    /// Ends a container's processes at once.
    package mutating func die(_ index: Int, exitCode: Int, outOfMemory: Bool = false) {
        guard engine.containers[index].hasProcess else { return }
        let exit = Exit(
            code: exitCode, startedAt: engine.containers[index].startedAt, finishedAt: moment.text,
            outOfMemory: outOfMemory)
        let name = engine.containers[index].name
        note("die \(name) \(exitCode)")
        if engine.containers[index].node != nil {
            nodeDied(index)
            hasNodeDied = true
        }
        engine.containers[index].node = nil
        engine.containers[index].etcd = nil
        engine.containers[index].pooler = nil
        engine.containers[index].stop = nil
        engine.containers[index].state = .exited(exit)
        for place in engine.containers[index].commands.indices
        where engine.containers[index].commands[place].exitCode == nil {
            engine.containers[index].commands[place].exitCode = 137
        }
        for place in engine.containers[index].attachments.indices {
            engine.containers[index].attachments[place].address = nil
        }
        let policy = engine.containers[index].settings.restartPolicy
        if policy == "always" || policy == "on-failure" && exitCode != 0
            || policy == "unless-stopped" && !engine.containers[index].wasStopped
        {
            if !engine.containers[index].wasStopped {
                engine.containers[index].restart = .init(at: now + .milliseconds(339), exit: exit)
                engine.containers[index].state = .restarting
            }
        }
        isStirred = true
        settleStore()
    }

    package mutating func pause(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        guard case .running(let startedAt) = engine.containers[index].state else {
            return .refused(Refusal(.conflict, "409 container is not running"))
        }
        engine.containers[index].state = .paused(startedAt: startedAt)
        isStirred = true
        settleStore()
        return .done("204")
    }

    package mutating func unpause(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        guard case .paused(let startedAt) = engine.containers[index].state else {
            return .refused(Refusal(.conflict, "409 container is not paused"))
        }
        engine.containers[index].state = .running(startedAt: startedAt)
        engine.containers[index].node?.thaw(at: now)
        isStirred = true
        settleStore()
        return .done("204")
    }

    package mutating func remove(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        if engine.containers[index].hasProcess || engine.containers[index].restart != nil {
            return .refused(Refusal(.conflict, "409 cannot remove a running container, stop it first"))
        }
        let name = engine.containers[index].name
        note("remove \(name)")
        engine.containers.remove(at: index)
        isStirred = true
        return .done("204")
    }

    /// `docker rm -f`.
    package mutating func removeByForce(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        die(index, exitCode: 137)
        _ = endRestarting(index)
        let outcome = remove(id)
        settleStore()
        return outcome
    }

    package mutating func rename(_ id: ContainerID, to name: ContainerName) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        if engine.containers[index].name == name {
            return .refused(Refusal(.invalid, "400 renaming a container with the same name as its current name"))
        }
        if engine.index(named: name) != nil {
            return .refused(Refusal(.conflict, "409 the container name \"/\(name)\" is already in use"))
        }
        engine.containers[index].name = name
        isStirred = true
        return .done("204")
    }

    package mutating func update(_ id: ContainerID, _ settings: ContainerSettings) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        engine.containers[index].settings.memory = settings.memory
        engine.containers[index].settings.milliCPUs = settings.milliCPUs
        engine.containers[index].settings.pidsLimit = settings.pidsLimit
        engine.containers[index].settings.restartPolicy = settings.restartPolicy
        isStirred = true
        return .done("200")
    }
}
