internal import Model

/// What comes of the work that takes time.
extension Universe {
    /// Finishes a node's job.
    mutating func finishJob(_ index: Int) {
        guard let node = engine.containers[index].node, let job = node.job else { return }
        engine.containers[index].node?.job = nil
        switch job {
        case .initializing: finishInitializing(index)
        case .cloning(let source): finishCopy(index, from: source, isRewind: false)
        case .rewinding(let source): finishCopy(index, from: source, isRewind: true)
        case .starting:
            if isInconsistent(node) { return begin(.starting, on: index, within: 900...1100) }
            engine.containers[index].node?.server = .replica
            engine.containers[index].node?.isDemoted = false
            withDirectory(of: index) { directory in
                directory.isClean = false
                directory.wasPrimary = false
            }
            launchServer(index, asPrimary: false)
            catchUp(index)
        case .promoting: finishPromoting(index)
        case .demoting:
            engine.containers[index].node?.server = .stopped
            engine.containers[index].node?.isDemoted = true
        case .restarting(let wasPrimary):
            engine.containers[index].node?.server = wasPrimary ? .primary : .replica
            launchServer(index, asPrimary: wasPrimary)
            if !wasPrimary { catchUp(index) }
        case .handingOver(let work): finishHandingOver(index, work)
        }
        engine.containers[index].node?.nextLoop = now
        isStirred = true
    }

    /// A standby that connects is sent at once what it lacks: it is called streaming only when it has that.
    private mutating func catchUp(_ index: Int) {
        guard let upstream = engine.containers[index].node?.upstream, let source = self.index(of: upstream),
            engine.containers[source].node?.server == .primary
        else { return }
        shipWAL(from: source)
    }

    private mutating func finishInitializing(_ index: Int) {
        guard let node = engine.containers[index].node else { return }
        let identifier = "75\(nextSerial())000000"
        systems.append(identifier)
        note("initdb on \(node.name): \(identifier)")
        var directory = DataDirectory(systemIdentifier: identifier, stretch: nextSerial())
        directory.locale = bootstrapLocale(of: index)
        directory.catalog.roles = [
            RoleView(name: "postgres", attributes: ["LOGIN", "SUPERUSER"], passwordMatches: true)
        ]
        setContent(of: index, .postgres(directory))
        let configuration = PatroniConfiguration(bootstrapConfiguration(of: index))
        engine.containers[index].node?.configuration = configuration
        launchServer(index, asPrimary: true)
        engine.containers[index].node?.server = .primary
        promotions.append(Promotion(node: node.name, at: now, timeline: 1, isSynchronous: true, missing: []))
        guard storeReachable(from: index), let lease = keepLease(index) else { return }
        store?.put(prefix + "initialize", .text(identifier))
        if store?.key(prefix + "config") == nil { store?.put(prefix + "config", .json(configuration.json)) }
        if store?.key(prefix + "leader") == nil {
            store?.put(prefix + "leader", .text(node.name.text), lease: lease)
            leaderKeyGone()
        }
    }

    private mutating func finishCopy(_ index: Int, from source: NodeName, isRewind: Bool) {
        guard let place = self.index(of: source), isReachable(place), isReachable(index),
            var copy = directory(of: place), engine.containers[place].node?.server == .primary
        else {
            // Patroni empties the directory of a clone that failed; a rewind that failed is tried again
            if !isRewind { setContent(of: index, .empty) }
            return
        }
        if isRewind, let own = directory(of: index), own.systemIdentifier != copy.systemIdentifier { return }
        copy.wasPrimary = false
        copy.isClean = false
        copy.commitsAwait = .noStandby
        setContent(of: index, .postgres(copy))
        engine.containers[index].node?.consistentBeyond = isRewind ? (source, copy.lsn) : nil
        begin(.starting, on: index, within: 300...900)
    }

    /// A rewound copy whose source has written nothing since cannot be connected to: the source's WAL segment was
    /// switched just before the rewind, and no record ends where it read the end of the WAL.
    private func isInconsistent(_ node: NodeProcess) -> Bool {
        guard let wanted = node.consistentBeyond, let place = index(of: wanted.source),
            engine.containers[place].node?.server == .primary, let source = directory(of: place)
        else { return false }
        return source.lsn <= wanted.lsn
    }

    private mutating func finishPromoting(_ index: Int) {
        guard let node = engine.containers[index].node else { return }
        let stretch = nextSerial()
        var timeline: Int64 = 0
        var missing: [WALPosition] = []
        let acknowledged = client.acknowledged
        withDirectory(of: index) { directory in
            missing = acknowledged.filter { !directory.contains($0) }
            timeline = directory.timeline + 1
            directory.history.append(.init(id: stretch, timeline: timeline, start: directory.lsn))
            directory.wasPrimary = true
        }
        recordLimits(index)
        if !node.wasElectedSynchronously {
            // somebody turned synchronous commits off: what is lost now was never promised under these rules
            client.acknowledged.removeAll { missing.contains($0) }
            missing = []
        }
        engine.containers[index].node?.server = .primary
        engine.containers[index].node?.upstream = nil
        note("\(node.name) promotes to timeline \(timeline)")
        promotions.append(
            Promotion(
                node: node.name, at: now, timeline: timeline, isSynchronous: node.wasElectedSynchronously,
                missing: missing))
    }

    private mutating func finishHandingOver(_ index: Int, _ work: NodeProcess.HandingOver) {
        guard let node = engine.containers[index].node else { return }
        // PostgreSQL ends when its standbys have everything, or have not answered for the controller's wal_sender_timeout
        shipWAL(from: index)
        if isAwaited(index), now - work.since < .seconds(15) {
            return begin(.handingOver(work), on: index, within: 300...500)
        }
        engine.containers[index].node?.server = .stopped
        engine.containers[index].node?.isDemoted = true
        withDirectory(of: index) { $0.isClean = true }
        guard storeReachable(from: index), store?.key(prefix + "leader")?.value == .text(node.name.text) else { return }
        let request = request(from: node.name, to: work.request.to)
        store?.put(prefix + "failover", request)
        store?.delete(prefix + "leader")
        leaderKeyGone()
    }

    /// Whether somebody who streams from a node gets its WAL late.
    private func isAwaited(_ index: Int) -> Bool {
        guard let name = engine.containers[index].node?.name, isReachable(index) else { return false }
        return engine.containers.indices.contains { place in
            guard let other = engine.containers[place].node else { return false }
            return other.upstream == name && other.server == .replica && other.lagsUntil > now && isReachable(place)
        }
    }
}
