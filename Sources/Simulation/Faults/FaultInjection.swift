internal import Model

/// What faults do to the world.
extension Universe {
    /// Applies a fault unless the budget forbids it or it has nothing to strike; says whether it struck.
    package mutating func suffer(_ fault: Fault) -> Bool {
        guard FaultBudget.allows(fault, in: self) else { return false }
        let struck = apply(fault)
        if struck {
            note("fault: \(fault.line)")
            settleStore()
        }
        return struck
    }

    /// The living or dead container that a target means now.
    package func place(of target: Target) -> Int? {
        func home(_ name: String, _ component: Component) -> Int? {
            engine.containers.firstIndex { $0.home == name && $0.component == component && $0.owner == scope.text }
        }
        let nodes = engine.containers.filter { $0.component == .node && $0.owner == scope.text }.map(\.home).sorted()
        let primary = engine.containers.firstIndex { $0.node?.isWritable == true }
        switch target {
        case .primary: return primary
        case .replica(let number):
            let others = nodes.filter { name in primary.map { engine.containers[$0].home != name } ?? true }
            return others.isEmpty ? nil : home(others[number % others.count], .node)
        case .node(let number): return nodes.isEmpty ? nil : home(nodes[number % nodes.count], .node)
        case .etcd(let number):
            let members = engine.containers.filter { $0.component == .etcd && $0.owner == scope.text }.map(\.home)
                .sorted()
            return members.isEmpty ? nil : home(members[number % members.count], .etcd)
        case .console: return engine.containers.firstIndex { $0.component == .console && $0.owner == scope.text }
        }
    }

    private mutating func apply(_ fault: Fault) -> Bool {
        switch fault {
        case .kill(let target): end(target, 137)
        case .exit(let target, let code): end(target, code)
        case .pause(let target): pause(target)
        case .unpause(let target):
            with(target) { universe, index in
                _ = universe.unpause(universe.engine.containers[index].id)
            }
        case .stop(let target): with(target) { universe, index in universe.beginStop(index) }
        case .restart(let target):
            with(target) { universe, index in _ = universe.restart(universe.engine.containers[index].id) }
        case .remove(let target): with(target) { universe, index in universe.removeByForce(index) }
        case .rename(let target):
            with(target) { universe, index in
                universe.engine.containers[index].name = ContainerName("renamed-\(universe.nextSerial())")
                universe.isStirred = true
            }
        case .killAll(let withStore): killAll(withStore: withStore)
        case .removeAll: removeAll()
        case .wipe(let target): wipe(target)
        case .lose(let target): lose(target)
        case .swap(let target): swap(target)
        case .loseStore: loseStore()
        case .squatVolume(let name): squat(volume: name)
        case .squatNetwork(let name): squat(network: name)
        case .disconnect(let target, let network):
            with(target) { universe, index in
                universe.engine.containers[index].attachments.removeAll { $0.networkName == network }
                universe.isStirred = true
            }
        case .attach(let target, let network): attach(target, to: network)
        case .removeNetwork(let name): removeNetworkByForce(name)
        case .silenceEngine(let time): lasting { $0.engine.unreachableUntil = $0.now + time }
        case .slowEngine(let time): lasting { $0.engine.slowUntil = $0.now + time }
        case .slowEffects(let time): lasting { $0.effectsAreSlowUntil = $0.now + time }
        case .deafen(let time): lasting { $0.engine.deafUntil = $0.now + time }
        case .hang(let target): hang(target)
        case .crashServer(let target): crashServer(target)
        case .delayWAL(let target, let time):
            with(target) { universe, index in
                universe.engine.containers[index].node?.lagsUntil = universe.now + time
            }
        case .shyAway(let target):
            with(target) { universe, index in universe.engine.containers[index].node?.isShy = true }
        case .editConfiguration(let patch): editConfiguration(patch)
        case .pausePatroni(let isOn): editConfiguration(.object([("pause", isOn ? .bool(true) : .null)]))
        case .hold(let target): hold(target)
        case .letGo: letGo()
        case .switchOver: switchOverByHand()
        case .requestSwitchover(let target): requestSwitchover(target)
        case .openTransaction(let time): lasting { $0.client.open = ($0.now, $0.now + time) }
        case .quietClients: lasting { $0.client.isWriting = false }
        case .spoilSwitchover: spoilSwitchover()
        case .dropExtension: changeCatalog { $0.extensions = [] }
        case .spoilRole(let role): changeCatalog { $0.spoil(role) }
        case .promoteRole(let role): changeCatalog { $0.promote(role) }
        case .dropRole(let role): changeCatalog { $0.dropByHand(role) }
        case .closeDatabase(let name): changeCatalog { $0.close(name) }
        case .dropDatabase(let name):
            changeCatalog { catalog in
                catalog.contents.removeAll { $0.name == name }
                catalog.closed.removeAll { $0 == name }
            }
        case .disownDatabase(let name): changeCatalog { $0.change(name) { $0.owner = "postgres" } }
        case .connect(let name, let isOn): changeCatalog { $0.change(name) { $0.sessions = isOn ? ["somebody"] : [] } }
        case .editFile(let target): editFile(target)
        case .changeLimits(let target):
            with(target) { universe, index in
                universe.engine.containers[index].settings.memory /= 2
                universe.engine.containers[index].settings.restartPolicy = "always"
                universe.isStirred = true
            }
        case .usurp(let target): usurp(target)
        case .takePort(let target): takePort(target)
        case .fillStore: fillStore()
        case .leaveFree(let free):
            lasting { universe in
                let (size, free) = (ByteCount.gibibytes(100).bytes, ByteCount.gibibytes(free).bytes)
                universe.engine.disk = DiskView(sizeBytes: size, freeBytes: free)
            }
        case .removeImage(let target): removeImage(target)
        case .jumpClock(let milliseconds): lasting { $0.wallOffsetMilliseconds += milliseconds }
        case .ageCertificates: lasting { $0.ageCertificates() }
        case .rotateAuthority: lasting { $0.addAuthority() }
        case .forgetTLS: lasting { $0.forgetTLS() }
        case .spoilAccess(let kind): lasting { $0.spoilAccess(kind) }
        case .edit: true
        }
    }

    private mutating func lasting(_ change: (inout Universe) -> Void) -> Bool {
        change(&self)
        return true
    }

    private mutating func with(_ target: Target, _ change: (inout Universe, Int) -> Void) -> Bool {
        guard let index = place(of: target) else { return false }
        change(&self, index)
        return true
    }

    private mutating func end(_ target: Target, _ code: Int) -> Bool {
        guard let index = place(of: target), engine.containers[index].hasProcess else { return false }
        die(index, exitCode: code)
        return true
    }

    private mutating func pause(_ target: Target) -> Bool {
        guard let index = place(of: target), case .done = pause(engine.containers[index].id) else { return false }
        return true
    }

    mutating func removeByForce(_ index: Int) {
        let id = engine.containers[index].id
        _ = removeByForce(id)
    }

    private mutating func killAll(withStore: Bool) -> Bool {
        for index in engine.containers.indices where engine.containers[index].hasProcess {
            let isNode = engine.containers[index].component == .node
            if isNode || withStore { die(index, exitCode: 137) }
        }
        return true
    }

    private mutating func removeAll() -> Bool {
        while let index = engine.containers.firstIndex(where: { $0.owner == scope.text }) { removeByForce(index) }
        return true
    }

    private mutating func wipe(_ target: Target) -> Bool {
        guard let index = place(of: target) else { return false }
        setContent(of: index, .empty)
        if engine.containers[index].node != nil {
            engine.containers[index].node?.server = .stopped
            engine.containers[index].node?.job = nil
        }
        return true
    }

    private mutating func lose(_ target: Target) -> Bool {
        guard let index = place(of: target), let volume = engine.containers[index].dataVolume else { return false }
        removeByForce(index)
        engine.volumes.removeAll { $0.name == volume }
        return true
    }

    private mutating func attach(_ target: Target, to name: NetworkName) -> Bool {
        guard let index = place(of: target), let network = engine.networks.first(where: { $0.name == name }) else {
            return false
        }
        let container = engine.containers[index]
        guard !container.isAttached(to: network.id) else { return false }
        let outcome = perform(.connect(network.id, container.id, aliases: [container.name]))
        return if case .done = outcome { true } else { false }
    }

    private mutating func removeNetworkByForce(_ name: NetworkName) -> Bool {
        let ours = engine.networks.first { $0.name == name && $0.labels.value(of: Label.cluster) == scope.text }
        guard let network = ours else { return false }
        for index in engine.containers.indices {
            engine.containers[index].attachments.removeAll { $0.network == network.id }
        }
        engine.networks.removeAll { $0.id == network.id }
        isStirred = true
        return true
    }

    private mutating func hang(_ target: Target) -> Bool {
        guard let index = place(of: target), engine.containers[index].node != nil else { return false }
        engine.containers[index].node?.isHung = true
        return true
    }

    private mutating func crashServer(_ target: Target) -> Bool {
        guard let index = place(of: target), let node = engine.containers[index].node,
            node.server == .primary || node.server == .replica
        else { return false }
        let wasPrimary = node.server == .primary
        engine.containers[index].node?.server = .stopped
        engine.containers[index].node?.job = nil
        withDirectory(of: index) { directory in
            directory.isClean = false
            directory.wasPrimary = wasPrimary
        }
        return true
    }
}
