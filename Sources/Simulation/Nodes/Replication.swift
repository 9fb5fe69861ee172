package import Model

/// The client that writes all the time, and what it was promised.
package struct WritingClient: Sendable {
    /// The newest acknowledged commit of each stretch of WAL.
    package var acknowledged: [WALPosition] = []
    /// When it writes next.
    package var nextWrite: Duration = .milliseconds(100)
    /// How many commits were acknowledged.
    package var count = 0
    /// When the newest one was.
    package var lastAcknowledged: Duration = .zero
    /// From when until when a transaction of somebody else's stays open.
    package var open: (since: Duration, until: Duration)?
    /// Whether a transaction stays open for long.
    package func isBusy(at now: Duration) -> Bool { open.map { $0.until > now } ?? false }
    /// Whether it writes at all.
    package var isWriting = true
    /// The longest time in which nothing was acknowledged, between two commits.
    package var longestGap: Duration = .zero
}

/// Writing and streaming. Each tick of the client first ships what was written before, acknowledges what enough
/// standbys have, and then writes anew: between two ticks there is always WAL that only the primary has.
extension Universe {
    /// One write on every server that takes writes and that a client can reach.
    mutating func write() {
        client.nextWrite = now + draw(80...400)
        guard !holdsClients else { return }
        for index in engine.containers.indices {
            guard let node = engine.containers[index].node, node.isWritable, isReachable(index) else { continue }
            shipWAL(from: index)
            acknowledge(index)
            guard client.isWriting else { continue }
            withDirectory(of: index) { $0.lsn += 100 }
            if let directory = directory(of: index), directory.commitsAwait == .noStandby { acknowledge(index) }
        }
    }

    /// Whether the poolers that writing clients come through pause them.
    var holdsClients: Bool {
        let writers = engine.containers.filter {
            $0.component == .pooler && $0.owner == scope.text && $0.pooler != nil && !$0.home.hasSuffix("-ro")
        }
        return !writers.isEmpty && writers.allSatisfy { $0.pooler?.isPaused == true }
    }

    /// Sends a primary's WAL to everybody who streams from it.
    mutating func shipWAL(from index: Int) {
        guard let source = directory(of: index), let node = engine.containers[index].node else { return }
        for place in engine.containers.indices where place != index {
            guard let other = engine.containers[place].node, other.upstream == node.name, other.server == .replica,
                other.job == nil, other.lagsUntil <= now, isReachable(place), isReachable(index),
                let own = directory(of: place), own.canFollow(source)
            else { continue }
            guard canReplay(place, from: source) else {
                // PostgreSQL notes the limits and pauses; Patroni lets it go on, it ends, and is started with them
                // (`handle_parameter_change`)
                withDirectory(of: place) { $0.limits = source.limits }
                guard !other.isHung, !other.isPaused else { continue }
                engine.containers[place].node?.server = .stopped
                begin(.restarting(wasPrimary: false), on: place, within: 800...2500)
                continue
            }
            withDirectory(of: place) { directory in
                directory.history = source.history
                directory.lsn = source.lsn
                directory.catalog = source.catalog
                directory.limits = source.limits
            }
        }
    }

    private mutating func acknowledge(_ index: Int) {
        guard let directory = directory(of: index) else { return }
        let confirmed = standbys(of: index).filter { name in
            guard let place = self.index(of: name), let other = self.directory(of: place) else { return false }
            return other.contains(directory.end)
        }
        guard directory.commitsAwait.isSatisfied(by: confirmed) else { return }
        client.count += 1
        if client.count > 1 { client.longestGap = max(client.longestGap, now - client.lastAcknowledged) }
        client.lastAcknowledged = now
        // only what commits waited for, or would have waited for, is promised to survive a failover
        guard let node = engine.containers[index].node, node.isSynchronous else { return }
        // while people want nothing changed, or no controller runs, no primary whose Patroni hangs is fenced: others may lead
        // already
        if node.isHung, now - heldAt < .seconds(40) { return }
        let end = directory.end
        if let place = client.acknowledged.firstIndex(where: { $0.stretch == end.stretch }) {
            client.acknowledged[place].lsn = max(client.acknowledged[place].lsn, end.lsn)
        } else {
            client.acknowledged.append(end)
        }
    }

    /// Who streams from a node, sorted.
    package func standbys(of index: Int) -> [NodeName] {
        guard let node = engine.containers[index].node, node.server == .primary else { return [] }
        return engine.containers.indices.compactMap {
            isStreaming($0, from: index) ? engine.containers[$0].node?.name : nil
        }
        .sorted()
    }

    /// Whether a node streams from another.
    package func isStreaming(_ place: Int, from index: Int) -> Bool {
        guard place != index, let other = engine.containers[place].node, other.server == .replica, other.job == nil,
            other.upstream == engine.containers[index].node?.name, isReachable(place), isReachable(index),
            let own = directory(of: place), let source = directory(of: index)
        else { return false }
        return own.canFollow(source)
    }
}
