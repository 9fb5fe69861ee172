internal import Model

/// One turn of Patroni's HA loop, as `ha.py` decides.
extension Universe {
    /// Runs a node's loop.
    mutating func runLoop(_ index: Int) {
        guard let node = engine.containers[index].node else { return }
        engine.containers[index].node?.nextLoop = now + node.loopWait
        guard !node.isHung, !node.isTerminating, node.awakeAt <= now else { return }
        guard storeReachable(from: index) else { return withoutStore(index) }
        if engine.containers[index].node?.configuration == nil { registerTags(index) }
        engine.containers[index].node?.reachedStoreAt = now
        if case .json(let json)? = store?.key(prefix + "config")?.value {
            engine.containers[index].node?.configuration = PatroniConfiguration(json)
        }
        guard let lease = keepLease(index) else { return }
        touchMember(index, lease: lease)
        if engine.containers[index].node?.job != nil {
            if leads(index) { renewLeadership(index, lease: lease) }
            return
        }
        switch engine.content(of: engine.containers[index].dataVolume) {
        case nil, .etcd, .repository: fail(index, "Patroni finds no data directory of its own")
        case .incomplete: engine.containers[index].node?.server = .failed
        case .empty: runEmpty(index)
        case .postgres(let directory): runWithData(index, directory, lease: lease)
        }
        touchMember(index, lease: lease)
    }

    private mutating func registerTags(_ index: Int) {
        guard let file = engine.containers[index].files.first(where: { $0.path.hasSuffix("patroni.yml") }) else {
            return
        }
        engine.containers[index].node?.read(file)
        // PostgreSQL starts after that
        readIdentity(index)
    }

    /// Whether the leader key names this node.
    func leads(_ index: Int) -> Bool {
        guard let node = engine.containers[index].node else { return false }
        return store?.key(prefix + "leader")?.value == .text(node.name.text)
    }

    /// Keeps the node's lease, or takes a new one.
    mutating func keepLease(_ index: Int) -> Int64? {
        guard let node = engine.containers[index].node else { return nil }
        if let lease = node.lease, let place = store?.leases.firstIndex(where: { $0.id == lease }) {
            store?.leases[place].expiresAt = now + node.ttl
            return lease
        }
        guard store?.isFull == false else { return nil }
        let lease = Int64(7_000_000 + nextSerial())
        store?.leases.append(StoreLease(id: lease, ttl: node.ttl, expiresAt: now + node.ttl))
        engine.containers[index].node?.lease = lease
        return lease
    }

    /// Writes what the node says of itself, when that changed.
    mutating func touchMember(_ index: Int, lease: Int64) {
        guard let node = engine.containers[index].node, store?.isFull == false,
            store?.leases.contains(where: { $0.id == lease }) == true
        else { return }
        let words = member(index)
        var value = DCSMember(name: node.name, state: words.state, role: words.role, lease: lease)
        value.tags = node.tags
        let directory = directory(of: index)
        value.timeline = directory?.timeline
        value.walPosition = directory?.lsn
        let name = prefix + "members/" + node.name.text
        if let known = store?.key(name), known.lease == lease, case .member(let old) = known.value,
            old.state == value.state, old.role == value.role, old.tags == value.tags, old.timeline == value.timeline
        {
            return
        }
        store?.put(name, .member(value), lease: lease)
        isStirred = true
    }

    private mutating func renewLeadership(_ index: Int, lease: Int64) {
        guard let node = engine.containers[index].node, let key = store?.key(prefix + "leader") else { return }
        // a restarted process takes its own key over with its new lease
        if key.lease != lease, store?.isFull == false {
            store?.put(prefix + "leader", .text(node.name.text), lease: lease)
        }
    }

    private mutating func runEmpty(_ index: Int) {
        guard let node = engine.containers[index].node else { return }
        if let key = store?.key(prefix + "leader"), let leader = key.value.text.map({ NodeName($0) }) {
            guard leader != node.name, let source = self.index(of: leader), isReachable(source),
                engine.containers[source].node?.server == .primary
            else { return }
            setContent(of: index, .incomplete)
            begin(.cloning(from: leader), on: index, within: 1500...5000)
            note("\(node.name) clones from \(leader)")
            return
        }
        guard store?.key(prefix + "initialize") == nil, store?.isFull == false, !node.isPaused,
            !node.isKept(from: "nofailover")
        else { return }
        store?.put(prefix + "initialize", .text(""))
        setContent(of: index, .incomplete)
        begin(.initializing, on: index, within: 1800...4500)
    }

    private mutating func runWithData(_ index: Int, _ directory: DataDirectory, lease: Int64) {
        guard let node = engine.containers[index].node else { return }
        switch store?.key(prefix + "initialize")?.value.text {
        case nil, "":
            if store?.isFull == false { store?.put(prefix + "initialize", .text(directory.systemIdentifier)) }
        case let known? where known != directory.systemIdentifier:
            return fail(index, "system ID mismatch, node \(node.name) belongs to a different cluster")
        case .some: break
        }
        let leader = store?.key(prefix + "leader")?.value.text.map { NodeName($0) }
        switch node.server {
        case .stopped, .failed:
            if node.isPaused, !node.isDemoted { return leaveStopped(index) }
            if let leader, leader != node.name { return follow(index, leader, directory) }
            begin(.starting, on: index, within: directory.isClean ? 300...900 : 600...2200)
        case .replica:
            guard let leader else { return race(index, directory, lease: lease) }
            if leader == node.name {
                renewLeadership(index, lease: lease)
                promote(index)
            } else {
                follow(index, leader, directory)
            }
        case .primary:
            guard let leader else { return race(index, directory, lease: lease) }
            guard leader == node.name else {
                note("\(node.name) demotes, \(leader) leads")
                begin(.demoting, on: index, within: 200...900)
                // an immediate stop: no more commits from here on
                engine.containers[index].node?.server = .stopped
                return
            }
            renewLeadership(index, lease: lease)
            lead(index, directory)
        }
    }

    /// A paused Patroni starts no PostgreSQL that it did not stop itself for a switchover, and keeps no leader key for it.
    private mutating func leaveStopped(_ index: Int) {
        guard leads(index) else { return }
        store?.delete(prefix + "leader")
        leaderKeyGone()
        isStirred = true
    }

    /// Follows the leader: starts, streams, or rewinds first.
    private mutating func follow(_ index: Int, _ leader: NodeName, _ directory: DataDirectory) {
        guard let node = engine.containers[index].node else { return }
        guard let source = self.index(of: leader), let upstream = self.directory(of: source) else {
            if node.server == .stopped { begin(.starting, on: index, within: 300...900) }
            return
        }
        if directory.canFollow(upstream) {
            engine.containers[index].node?.upstream = leader
            if node.server != .replica {
                begin(.starting, on: index, within: directory.isClean ? 300...900 : 600...1800)
            }
            return
        }
        guard engine.containers[source].node?.server == .primary, isReachable(source) else { return }
        engine.containers[index].node?.server = .stopped
        begin(.rewinding(from: leader), on: index, within: 800...3000)
        note("\(node.name) rewinds against \(leader)")
    }

    /// Patroni's answer to an etcd that does not answer: after the retry time the primary steps down, unless every
    /// member it knows confirms over REST that no other node leads.
    private mutating func withoutStore(_ index: Int) {
        guard let node = engine.containers[index].node else { return }
        if node.server == .stopped, node.job == nil, node.configuration == nil {
            engine.containers[index].node?.nextLoop = now + .seconds(5)
            return
        }
        engine.containers[index].node?.nextLoop = now + .seconds(1)
        guard node.server == .primary, node.job == nil, now - node.reachedStoreAt > node.retryTimeout, !node.isPaused
        else { return }
        if node.isFailsafe, isReachable(index) {
            let others = store?.keys.compactMap { key -> NodeName? in
                if case .member(let member) = key.value, member.name != node.name { member.name } else { nil }
            }
            let answering = (others ?? []).allSatisfy { name in
                guard let place = self.index(of: name) else { return false }
                return isReachable(place) && engine.containers[place].node?.answers(at: now) == true
                    && engine.containers[place].node?.server != .primary
            }
            if answering { return }
        }
        note("\(node.name) demotes, etcd is away")
        withDirectory(of: index) { $0.wasPrimary = true }
        engine.containers[index].node?.server = .stopped
        // should it lead again, it judges a request by the standbys that it has then
        engine.containers[index].node?.handsOver = nil
        begin(.starting, on: index, within: 400...1200)
    }
}
