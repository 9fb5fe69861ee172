internal import Model

/// What people do to the world.
extension Universe {
    mutating func editConfiguration(_ patch: JSONValue) -> Bool {
        guard store?.isAvailable == true, case .json(let current)? = store?.key(prefix + "config")?.value else {
            return false
        }
        store?.put(prefix + "config", .json(current.merged(with: patch)))
        for index in engine.containers.indices {
            guard let node = engine.containers[index].node else { continue }
            let soon = now + draw(50...300)
            engine.containers[index].node?.nextLoop = min(node.nextLoop, soon)
        }
        isStirred = true
        return true
    }

    /// `controller pause`.
    mutating func hold(_ target: Target?) -> Bool {
        guard store?.isAvailable == true, store?.isFull == false else { return false }
        var node: NodeName?
        if let target {
            guard let index = place(of: target), engine.containers[index].component == .node else { return false }
            node = NodeName(engine.containers[index].home)
        }
        let record = PauseRecord(node: node, since: moment.text, author: "somebody", reason: "a look")
        store?.put(PauseRecord.key(of: scope, node: node), .json(JSONText.value(of: record.value) ?? .null))
        isStirred = true
        return true
    }

    /// `controller resume`, for everything that was paused.
    mutating func letGo() -> Bool {
        guard let known = store, known.isAvailable else { return false }
        let records = known.keys.map(\.name).filter { $0.hasPrefix(PauseRecord.prefix(of: scope)) }
        store?.delete(records)
        if !records.isEmpty { isStirred = true }
        return true
    }

    /// What somebody paused goes on: Patroni, and the controller.
    mutating func resumeAll() -> Bool {
        let isPatroniFree = editConfiguration(.object([("pause", .null)]))
        return letGo() && isPatroniFree
    }

    mutating func switchOverByHand() -> Bool {
        guard let index = engine.containers.firstIndex(where: { $0.node?.isWritable == true }),
            let node = engine.containers[index].node, let target = random.pick(standbys(of: index))
        else { return false }
        // in quorum mode it is no safe thing to name one; docs/safety.md says so
        let candidate = node.isQuorum ? nil : target
        if case .done = perform(.switchover(from: node.name, to: candidate), on: node.name) { return true }
        return false
    }

    mutating func requestSwitchover(_ target: Target?) -> Bool {
        guard store?.isAvailable == true, let leader = store?.key(prefix + "leader")?.value.text,
            store?.key(SwitchoverRecord.key(of: scope)) == nil
        else { return false }
        let candidate = target.flatMap { place(of: $0) }.map { NodeName(engine.containers[$0].home) }
        let record = SwitchoverRecord(
            from: NodeName(leader), to: candidate, author: .person, why: "a person asked for it", at: Timestamp(moment))
        _ = perform(.putIfAbsent(key: SwitchoverRecord.key(of: scope), value: record.value))
        isStirred = true
        return true
    }

    mutating func spoilSwitchover() -> Bool {
        guard store?.isAvailable == true, store?.isFull == false else { return false }
        store?.put(SwitchoverRecord.key(of: scope), .text("{"))
        isStirred = true
        return true
    }

    mutating func changeCatalog(_ change: (inout Catalog) -> Void) -> Bool {
        guard let index = engine.containers.firstIndex(where: { $0.node?.isWritable == true }) else { return false }
        withDirectory(of: index) { directory in
            change(&directory.catalog)
            directory.lsn += 50
        }
        return true
    }

    mutating func editFile(_ target: Target) -> Bool {
        guard let index = place(of: target), !engine.containers[index].files.isEmpty else { return false }
        engine.containers[index].files[0].isEdited = true
        return true
    }

    /// A container is removed, and a stranger's gets its name.
    mutating func usurp(_ target: Target) -> Bool {
        guard let index = place(of: target) else { return false }
        let name = engine.containers[index].name
        removeByForce(index)
        engine.containers.append(
            SimulatedContainer(
                id: ContainerID("x\(nextSerial())"), name: name, image: "stranger:1", labels: [],
                settings: ContainerSettings()))
        return true
    }

    mutating func takePort(_ target: Target) -> Bool {
        guard let index = place(of: target), let port = engine.containers[index].settings.ports.first?.hostPort else {
            return false
        }
        die(index, exitCode: 137)
        engine.foreignPorts.append(port)
        return true
    }

    mutating func fillStore() -> Bool {
        guard let known = store, known.isAvailable, let member = known.members.first else { return false }
        store?.alarms = [EtcdAlarm(member: member.id, kind: .noSpace)]
        store?.databaseBytes = 3 << 30
        return true
    }

    mutating func removeImage(_ target: Target) -> Bool {
        guard let index = place(of: target) else { return false }
        let image = engine.containers[index].image
        engine.images.removeAll { $0 == image }
        return true
    }

    /// `docker restart`, or `docker start`.
    mutating func restart(_ id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        if engine.containers[index].hasProcess {
            if engine.containers[index].node?.isHung == false, engine.containers[index].state.isRunning {
                shutDown(index)
            }
            engine.containers[index].wasStopped = true
            die(index, exitCode: 0)
        }
        guard case .refused(let refusal) = start(id) else { return .done("204") }
        return .refused(Refusal(.unavailable, "500 cannot restart the container: \(refusal.message)"))
    }

    /// Another cluster's data lies where a node's was.
    mutating func swap(_ target: Target) -> Bool {
        guard let index = place(of: target), let volume = engine.containers[index].dataVolume,
            let place = engine.index(of: volume), engine.volumes[place].content.directory != nil
        else { return false }
        die(index, exitCode: 137)
        swapped.append((volume, engine.volumes[place].content))
        engine.volumes[place].content = .postgres(
            DataDirectory(systemIdentifier: "99\(nextSerial())", stretch: nextSerial()))
        return true
    }

    private func isForeign(_ content: VolumeContent) -> Bool {
        content.directory?.systemIdentifier.hasPrefix("99") == true
    }

    mutating func loseStore() -> Bool {
        guard store?.isAvailable == true else { return false }
        allowedStoreLosses += 1
        while let index = engine.containers.firstIndex(where: { $0.component == .etcd && $0.owner == scope.text }) {
            removeByForce(index)
        }
        engine.volumes.removeAll { $0.content.etcd != nil }
        return true
    }

    mutating func squat(volume name: VolumeName) -> Bool {
        guard engine.index(of: name) == nil else { return false }
        addVolume(name, labels: [])
        squatted.append(name)
        return true
    }

    mutating func squat(network name: NetworkName) -> Bool {
        guard !engine.networks.contains(where: { $0.name == name }) else { return false }
        addNetwork(NetworkSpec(name: name, driver: "bridge", subnet: nil), labels: [])
        return true
    }

    /// The sky clears: what only a person can undo is undone, what the controller must heal stays.
    package mutating func clearSky() {
        engine.unreachableUntil = .zero
        engine.slowUntil = .zero
        engine.deafUntil = .zero
        engine.foreignPorts = []
        engine.containers.removeAll { $0.owner == nil && !$0.hasProcess }
        engine.networks.removeAll { $0.labels.isEmpty }
        engine.volumes.removeAll { volume in
            squatted.contains(volume.name) && volume.labels.isEmpty
                && !engine.containers.contains { $0.settings.mounts.contains { $0.volume == volume.name } }
        }
        for (name, content) in swapped.reversed() {
            // the old data never takes the place of what the node has copied meanwhile
            guard let place = engine.index(of: name), isForeign(engine.volumes[place].content) else { continue }
            for index in engine.containers.indices where engine.containers[index].dataVolume == name {
                die(index, exitCode: 137)
            }
            engine.volumes[place].content = content
        }
        swapped = []
        for index in engine.containers.indices { engine.containers[index].node?.lagsUntil = .zero }
        _ = changeCatalog { catalog in
            for place in catalog.contents.indices { catalog.contents[place].sessions = [] }
        }
        isResumeDue = !resumeAll()
        isStirred = true
        note("the sky clears")
    }
}

extension Catalog {
    /// A database is changed by somebody.
    mutating func change(_ name: DatabaseName, _ change: (inout DeclaredDatabaseView) -> Void) {
        guard let place = contents.firstIndex(where: { $0.name == name }) else { return }
        change(&contents[place])
    }

    /// A role is made a superuser by somebody.
    mutating func promote(_ name: RoleName) {
        guard let place = roles.firstIndex(where: { $0.name == name }) else { return }
        roles[place].attributes.append("SUPERUSER")
    }

    /// A role is dropped by somebody, who gives what it owns to the superuser first.
    mutating func dropByHand(_ name: RoleName) {
        for place in contents.indices where contents[place].owner == name { contents[place].owner = "postgres" }
        roles.removeAll { $0.name == name }
        for place in roles.indices {
            roles[place].attributes.removeAll { $0 == "IN \(name)" }
            roles[place].granted.removeAll { $0 == name }
        }
    }

    /// A database takes only its owner and the superuser any more.
    mutating func close(_ name: DatabaseName) {
        guard databases.contains(name), !closed.contains(name) else { return }
        closed = (closed + [name]).sorted()
    }

    /// A role's login and password are changed by somebody.
    mutating func spoil(_ name: RoleName) {
        guard let place = roles.firstIndex(where: { $0.name == name }) else { return }
        roles[place].attributes.removeAll { $0 == "LOGIN" }
        roles[place].passwordMatches = false
    }
}
