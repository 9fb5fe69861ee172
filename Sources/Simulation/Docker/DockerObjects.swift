package import Model

/// Networks, volumes and images: what Docker answers to requests about things that do not run.
extension Universe {
    /// Performs one request to the engine.
    package mutating func perform(_ effect: DockerEffect) -> Outcome {
        defer { settleStore() }
        return answer(effect)
    }

    private mutating func answer(_ effect: DockerEffect) -> Outcome {
        switch effect {
        case .createNetwork(let spec): createNetwork(spec)
        case .removeNetwork(let id): removeNetwork(id)
        case .connect(let network, let container, let aliases): connect(network, container, aliases)
        case .disconnect(let network, let container): disconnect(network, container)
        case .createVolume(let spec): createVolume(spec)
        case .removeVolume(let name): removeVolume(name)
        case .createContainer(let spec): createContainer(spec)
        case .upload(let id, let files): upload(files, to: id)
        case .start(let id): start(id)
        case .stop(let id): stop(id)
        case .kill(let id): kill(id)
        case .shutdownPrimary(let id): shutdownPrimary(id)
        case .unpause(let id): unpause(id)
        case .remove(let id): remove(id)
        case .rename(let id, let name): rename(id, to: name)
        case .update(let id, let settings): update(id, settings)
        case .pull(let reference): pull(reference)
        case .run(let id, let arguments): run(arguments, in: id)
        }
    }

    /// Labels that every object of the cluster carries, with the extra ones, sorted by key.
    package func labels(_ component: Component, _ extra: [LabelValue]) -> [LabelValue] {
        let own = [LabelValue(Label.cluster, scope.text), LabelValue(Label.component, component.rawValue)]
        return (own.filter { label in !extra.contains { $0.key == label.key } } + extra).sorted { $0.key < $1.key }
    }

    private mutating func createNetwork(_ spec: NetworkSpec) -> Outcome {
        if engine.networks.contains(where: { $0.name == spec.name }) {
            return .refused(Refusal(.conflict, "409 network with name \(spec.name) already exists"))
        }
        if let subnet = spec.subnet, engine.networks.contains(where: { $0.subnet == subnet }) {
            return .refused(Refusal(.conflict, "403 pool overlaps with other one on this address space"))
        }
        addNetwork(spec, labels: labels(.network, []))
        return .done("201")
    }

    /// Adds a network without asking whether the name is free, as a request without CheckDuplicate does.
    package mutating func addNetwork(_ spec: NetworkSpec, labels: [LabelValue]) {
        let number = nextSerial()
        engine.networks.append(
            SimulatedNetwork(
                id: NetworkID("net\(number)"), name: spec.name, driver: spec.driver,
                subnet: spec.subnet ?? "172.\(16 + number % 16).0.0/16", labels: labels,
                createdAt: moment.text))
        isStirred = true
    }

    private mutating func removeNetwork(_ id: NetworkID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 network not found")) }
        if engine.containers.contains(where: { $0.hasProcess && $0.isAttached(to: id) }) {
            return .refused(Refusal(.conflict, "403 network has active endpoints"))
        }
        engine.networks.remove(at: index)
        isStirred = true
        return .done("204")
    }

    private mutating func connect(_ id: NetworkID, _ container: ContainerID, _ aliases: [ContainerName]) -> Outcome {
        guard let index = engine.index(of: container) else {
            return .refused(Refusal(.gone, "404 no such container"))
        }
        isStirred = true
        guard engine.containers[index].hasProcess else {
            // one that does not run gets no endpoint, only the wish for one, by name, which is not checked before its
            // start; the endpoint that it had in its last life is wish enough
            if engine.containers[index].isAttached(to: id) { return .done("200") }
            let name = engine.index(of: id).map { engine.networks[$0].name } ?? NetworkName(id.text)
            engine.containers[index].attach(
                Attachment(network: NetworkID(""), networkName: name, address: nil, aliases: aliases))
            return .done("200")
        }
        guard let network = engine.index(of: id) else { return .refused(Refusal(.gone, "404 network not found")) }
        if engine.containers[index].isAttached(to: id) {
            return .refused(
                Refusal(.conflict, "403 endpoint with name \(aliases.first?.text ?? "") already exists in network"))
        }
        let address = nextAddress(on: network)
        engine.containers[index].attach(
            Attachment(network: id, networkName: engine.networks[network].name, address: address, aliases: aliases))
        return .done("200")
    }

    /// The next free address of a network.
    package mutating func nextAddress(on network: Int) -> String {
        engine.networks[network].lastAddress += 1
        let prefix = engine.networks[network].subnet.split(separator: ".").prefix(2).joined(separator: ".")
        let number = engine.networks[network].lastAddress
        return "\(prefix).\(number / 250).\(number % 250 + 2)"
    }

    private mutating func disconnect(_ id: NetworkID, _ container: ContainerID) -> Outcome {
        guard let index = engine.index(of: container) else {
            return .refused(Refusal(.gone, "404 no such container"))
        }
        // from one that does not run Docker takes a wish away by its name, and asks no network
        if engine.containers[index].hasProcess, engine.index(of: id) == nil {
            return .refused(Refusal(.gone, "404 network not found"))
        }
        let name = engine.index(of: id).map { engine.networks[$0].name }
        guard engine.containers[index].attachments.contains(where: { $0.networkName == name }) else {
            return .refused(Refusal(.conflict, "403 container is not connected to the network"))
        }
        engine.containers[index].attachments.removeAll { $0.networkName == name }
        isStirred = true
        return .done("200")
    }

    private mutating func createVolume(_ spec: VolumeSpec) -> Outcome {
        if let index = engine.index(of: spec.name) {
            // Docker answers 201 with the old labels; reading them back shows a foreign volume
            return engine.volumes[index].labels.value(of: Label.cluster) == scope.text
                ? .done("201") : .refused(Refusal(.conflict, "a volume that is not ours exists"))
        }
        addVolume(spec.name, labels: labels(spec.component, spec.labels))
        return .done("201")
    }

    /// Adds an empty volume.
    package mutating func addVolume(_ name: VolumeName, labels: [LabelValue]) {
        engine.volumes.append(SimulatedVolume(name: name, labels: labels, createdAt: moment.text))
        isStirred = true
    }

    private mutating func removeVolume(_ name: VolumeName) -> Outcome {
        guard let index = engine.index(of: name) else { return .refused(Refusal(.gone, "404 no such volume")) }
        if engine.containers.contains(where: { container in container.settings.mounts.contains { $0.volume == name } })
        {
            return .refused(Refusal(.conflict, "409 volume is in use"))
        }
        engine.volumes.remove(at: index)
        isStirred = true
        return .done("204")
    }

    private mutating func pull(_ reference: ImageReference) -> Outcome {
        if !engine.images.contains(reference), !engine.pulls.contains(where: { $0.image == reference }) {
            engine.pulls.append(.init(image: reference, until: now + draw(2000...9000)))
        }
        return .done("200")
    }
}

extension SimulatedContainer {
    /// Whether it has an endpoint on a network.
    package func isAttached(to network: NetworkID) -> Bool { attachments.contains { $0.network == network } }

    /// Adds an endpoint; Docker keeps one for each network name.
    package mutating func attach(_ attachment: Attachment) {
        attachments.removeAll { $0.networkName == attachment.networkName }
        attachments.append(attachment)
        attachments.sort { $0.networkName < $1.networkName }
    }
}
