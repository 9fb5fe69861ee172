internal import Model

/// The leader race, and what a leader does each loop.
extension Universe {
    /// Tries to become the leader while there is none (`_is_healthiest_node`, `acquire_lock`).
    mutating func race(_ index: Int, _ directory: DataDirectory, lease: Int64) {
        guard let node = engine.containers[index].node, store?.isFull == false else { return }
        let request = store?.key(prefix + "failover")?.value
        if node.isPaused, node.server != .primary, request?.text != node.name.text { return }
        if let wanted = request?.text, wanted != node.name.text,
            let other = self.index(of: NodeName(wanted)), isReachable(other),
            engine.containers[other].node?.answers(at: now) == true, node.server != .primary
        {
            engine.containers[index].node?.nextLoop = now + .seconds(1)
            return
        }
        // whom a switchover names leads without being compared (`manual_failover_process_no_leader`), and where it names
        // no node, the one that shut down leads again only when no other node can
        let isNamed = request?.text == node.name.text
        if shutsDownForSwitchover(node), canAnybodyLead(besides: node) {
            engine.containers[index].node?.nextLoop = now + .seconds(1)
            return
        }
        guard !node.isKept(from: "nofailover"), isElectable(node),
            request != nil || !node.isShy && !isLagging(index) && isInFailsafe(node),
            isNamed || isHealthiest(index, directory)
        else { return }
        store?.put(prefix + "leader", .text(node.name.text), lease: lease)
        store?.delete(prefix + "failover")
        note("\(node.name) takes the leader key")
        leaderKeyGone()
        isStirred = true
        if node.server == .primary { return }
        promote(index)
    }

    /// Whether a switchover that names no candidate is to take the lead from a node.
    private func shutsDownForSwitchover(_ node: NodeProcess) -> Bool {
        guard case .json(let request)? = store?.key(prefix + "failover")?.value else { return false }
        return request["leader"]?.string == node.name.text
    }

    /// Whether others run who may lead, in quorum mode so many that one of them has confirmed the last commit
    /// (`is_failover_possible`).
    private func canAnybodyLead(besides node: NodeProcess) -> Bool {
        let others = engine.containers.indices.filter { place in
            guard let other = engine.containers[place].node, other.name != node.name, isReachable(place) else {
                return false
            }
            return other.answers(at: now) && other.server == .replica && isElectable(other)
                && !other.isKept(from: "nofailover") && !other.isShy
        }
        guard node.isQuorum, case .synchronous(let key)? = store?.key(prefix + "sync")?.value else {
            return !others.isEmpty
        }
        return others.count > max(0, key.standbys.count - max(1, node.synchronousCount))
    }

    /// In synchronous mode only the last leader and its synchronous standbys may lead.
    private func isElectable(_ node: NodeProcess) -> Bool {
        guard node.isSynchronous, case .synchronous(let key)? = store?.key(prefix + "sync")?.value,
            let leader = key.leader
        else { return true }
        return leader == node.name || key.standbys.contains(node.name)
    }

    /// In failsafe mode a node that the last leader did not count among its members never leads (`/failsafe`).
    private func isInFailsafe(_ node: NodeProcess) -> Bool {
        guard node.isFailsafe, case .json(.array(let names))? = store?.key(prefix + "failsafe")?.value else {
            return true
        }
        return names.contains(.string(node.name.text))
    }

    /// A leader in failsafe mode writes down which members there are, itself among them.
    private mutating func writeFailsafe(_ node: NodeProcess) {
        guard node.isFailsafe, let store, !store.isFull else { return }
        let members = store.keys.compactMap { key -> NodeName? in
            if case .member(let member) = key.value { member.name } else { nil }
        }
        let names = (members.filter { $0 != node.name } + [node.name]).sorted().map { JSONValue.string($0.text) }
        let name = prefix + "failsafe"
        if store.key(name)?.value != .json(.array(names)) { self.store?.put(name, .json(.array(names))) }
    }

    /// Whether it lacks too much of what the last leader wrote, in every mode (`is_lagging`). A candidate of a switchover is
    /// asked before the primary shuts down, and not again.
    func isLagging(_ index: Int) -> Bool {
        guard let node = engine.containers[index].node, let directory = directory(of: index),
            case .text(let optime)? = store?.key(prefix + "status")?.value, let last = Int64(optime)
        else { return false }
        return last - directory.lsn > node.maximumLag
    }

    /// The node whose container is gone and without whose data no node may lead: Patroni elects none of those that run.
    var lastPrimaryWithoutContainer: NodeName? {
        guard let store, store.isAvailable, store.key(prefix + "leader") == nil else { return nil }
        let nodes = engine.containers.indices.filter { engine.containers[$0].node != nil }
        guard nodes.contains(where: isLagging), nodes.allSatisfy({ directory(of: $0) == nil || isLagging($0) }) else {
            return nil
        }
        let lost = engine.volumes.filter { volume in
            volume.labels.value(of: Label.cluster) == scope.text
                && !nodes.contains { engine.containers[$0].dataVolume == volume.name }
        }
        func position(_ volume: SimulatedVolume) -> Int64 {
            if case .postgres(let directory) = volume.content { directory.lsn } else { -1 }
        }
        guard let newest = lost.max(by: { position($0) < position($1) }), position(newest) >= 0 else { return nil }
        return newest.labels.value(of: Label.name).map { NodeName($0) }
    }

    private func isHealthiest(_ index: Int, _ directory: DataDirectory) -> Bool {
        guard let known = store, let node = engine.containers[index].node else { return false }
        var votes = 1
        for key in known.keys {
            guard case .member(let member) = key.value, member.name != node.name,
                let place = self.index(of: member.name),
                isReachable(place), let other = engine.containers[place].node, other.answers(at: now),
                let data = self.directory(of: place)
            else { continue }
            if other.server == .primary { return false }
            if other.server == .replica, isElectable(other) {
                if other.isShy { continue }
                // one that never leads says only what it has confirmed
                if !node.isQuorum, other.isKept(from: "nofailover") { continue }
                if shutsDownForSwitchover(other) { continue }
                if data.timeline > directory.timeline || data.lsn > directory.lsn { return false }
                votes += 1
            }
        }
        guard node.isQuorum, case .synchronous(let key)? = known.key(prefix + "sync")?.value, key.leader != node.name
        else { return true }
        // of the voters so many have confirmed each commit; a candidate must have asked enough to meet one of them
        return votes > key.standbys.count - max(1, node.synchronousCount)
    }

    /// Promotes the node that has just taken the key; in synchronous mode its own sync key comes first.
    mutating func promote(_ index: Int) {
        guard let node = engine.containers[index].node else { return }
        engine.containers[index].node?.wasElectedSynchronously = node.isSynchronous
        if node.isSynchronous {
            store?.put(prefix + "sync", .synchronous(SynchronousKey(leader: node.name, standbys: [])))
            let rule: CommitRule = node.isStrict ? .anybody : .noStandby
            withDirectory(of: index) { $0.commitsAwait = rule }
        }
        begin(.promoting, on: index, within: 100...450)
    }

    /// A leader's loop: synchronous standbys, parameters that wait for a restart, a requested switchover.
    mutating func lead(_ index: Int, _ directory: DataDirectory) {
        guard let node = engine.containers[index].node else { return }
        if store?.isFull == false { store?.put(prefix + "status", .text(String(directory.lsn))) }
        writeFailsafe(node)
        if store?.key(prefix + "config") == nil, store?.isFull == false {
            // Patroni keeps a copy of its dynamic configuration beside the data
            let configuration = node.configuration ?? PatroniConfiguration(bootstrapConfiguration(of: index))
            store?.put(prefix + "config", .json(configuration.json))
            engine.containers[index].node?.configuration = configuration
        }
        if let request = node.handsOver {
            engine.containers[index].node?.handsOver = nil
            shipWAL(from: index)
            engine.containers[index].node?.server = .stopped
            begin(.handingOver(.init(request: request, since: now)), on: index, within: 300...1200)
            note("\(node.name) hands over \(request.words)")
            return
        }
        // a request that came to nothing (`process_manual_failover_from_leader`)
        store?.delete(prefix + "failover")
        manageStandbys(index, directory)
    }

    private mutating func manageStandbys(_ index: Int, _ directory: DataDirectory) {
        guard let node = engine.containers[index].node, store?.isFull == false else { return }
        guard node.isSynchronous else {
            if store?.key(prefix + "sync") != nil { store?.delete(prefix + "sync") }
            withDirectory(of: index) { $0.commitsAwait = .noStandby }
            return
        }
        let streaming = standbys(of: index).filter { !shows("nosync", $0) }
        var current: [NodeName] = []
        if case .synchronous(let key)? = store?.key(prefix + "sync")?.value, key.leader == node.name {
            current = key.standbys
        }
        var picked: [NodeName] = []
        let wanted = node.isQuorum ? streaming.count : node.synchronousCount
        // one that never leads is taken only where no other is there
        let candidates = streaming.filter { !shows("nofailover", $0) }
        let known = current.filter { streaming.contains($0) }
        for name in known.filter({ candidates.contains($0) }) + candidates + known + streaming
        where picked.count < max(wanted, 1) && !picked.contains(name) {
            picked.append(name)
        }
        picked = Array(picked.sorted().prefix(max(wanted, 1)))
        if node.isQuorum {
            // a candidate must meet so many voters that one of them confirmed: both sides change in one loop, and who
            // joins has everything that was acknowledged before it was asked
            shipWAL(from: index)
            let end = self.directory(of: index)?.end
            picked = picked.filter { name in
                guard let end, !current.contains(name) else { return true }
                return self.index(of: name).flatMap { self.directory(of: $0) }?.contains(end) == true
            }
            writeStandbys(index, picked)
            let count = min(node.synchronousCount, picked.count)
            let rule: CommitRule = picked.isEmpty ? (node.isStrict ? .anybody : .noStandby) : .any(count, picked)
            withDirectory(of: index) { $0.commitsAwait = rule }
            return
        }
        // first what may be promoted shrinks, then what commits wait for changes, then what may be promoted grows
        let common = current.filter { picked.contains($0) }
        writeStandbys(index, common)
        let rule: CommitRule =
            if picked.isEmpty {
                node.isStrict ? .anybody : .noStandby
            } else {
                .first(picked.count, picked)
            }
        withDirectory(of: index) { $0.commitsAwait = rule }
        if picked != common {
            // Patroni waits in its loop, so a shorter loop does not restart the wait
            if node.pendingStandbys != picked { engine.containers[index].node?.standbysAt = now + .seconds(2) }
            engine.containers[index].node?.pendingStandbys = picked
        } else {
            engine.containers[index].node?.pendingStandbys = nil
        }
    }

    private mutating func writeStandbys(_ index: Int, _ standbys: [NodeName]) {
        guard let node = engine.containers[index].node else { return }
        let value = StoreValue.synchronous(SynchronousKey(leader: node.name, standbys: standbys))
        guard store?.key(prefix + "sync")?.value != value else { return }
        store?.put(prefix + "sync", value)
        isStirred = true
    }

    /// Writes the standbys that have confirmed by now to the sync key.
    mutating func confirmStandbys(_ index: Int) {
        guard let node = engine.containers[index].node, let pending = node.pendingStandbys else { return }
        engine.containers[index].node?.pendingStandbys = nil
        guard leads(index), node.server == .primary, storeReachable(from: index), !node.isHung, store?.isFull == false
        else { return }
        shipWAL(from: index)
        guard let end = directory(of: index)?.end else { return }
        let streaming = standbys(of: index).filter { !shows("nosync", $0) }
        // PostgreSQL calls a standby synchronous only once it has caught up
        let caughtUp = pending.filter { name in
            streaming.contains(name) && self.index(of: name).flatMap { directory(of: $0) }?.contains(end) == true
        }
        writeStandbys(index, caughtUp)
    }
}
