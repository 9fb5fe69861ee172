package import Model

/// The whole modelled world as one value: Docker, etcd, Patroni with PostgreSQL, a writing client, and the clock.
/// Only lists in a fixed order in here: an unordered collection would make every process draw another world.
package struct Universe: Sendable {
    /// The monotonic clock.
    package var now: Duration = .zero
    /// What the wall clock shows beyond the monotonic one; humans make it jump.
    package var wallOffsetMilliseconds: Int64 = 1_795_000_000_000
    /// Chance.
    package var random: SplitMix64
    /// The Docker Engine.
    package var engine = SimulatedEngine()
    /// What etcd's members hold together; nil before the first bootstrap.
    package var store: SimulatedStore?
    /// The client that writes all the time.
    package var client = WritingClient()
    /// The cluster whose keys and objects this is about.
    package let scope: ClusterName
    /// Where Patroni keeps this cluster.
    package let prefix: String
    /// The secrets there are.
    package var secrets: [SecretView] = []
    /// The authorities and the certificates of the parties.
    package var identity = IdentityView()
    /// What the nodes' own files are to hold, as the state directory has it.
    package var localConfiguration: LocalConfiguration?
    /// The system identifiers that were given out.
    package var systems: [String] = []
    /// The repository where it lies in S3, which no fault of the host reaches.
    package var bucket: SimulatedRepository?
    /// When something last kept the controller from seeing or acting.
    package var obstacleAt: Duration = .zero
    /// When people last wanted nothing changed, or wrote a manifest by which nothing can be, or no controller ran.
    package var heldAt: Duration = .seconds(-1000)
    /// Whether somebody waits for etcd, to resume Patroni.
    package var isResumeDue = false
    /// How often etcd lost what it had committed.
    package var storeLosses = 0
    /// How often it was allowed to, because all of its data was taken.
    package var allowedStoreLosses = 0
    /// Volumes whose content somebody swapped, with what had been in them.
    package var swapped: [(volume: VolumeName, content: VolumeContent)] = []
    /// Volumes of strangers with names of ours.
    package var squatted: [VolumeName] = []
    /// Counts everything that needs an identity.
    package var serial = 0
    /// Set when something happened that an event stream would tell.
    package var isStirred = false
    /// Set when a node's container has ended: what the failover lane is called for.
    package var hasNodeDied = false
    /// Until when effects that have no part in a failover are slow.
    package var effectsAreSlowUntil: Duration = .zero
    /// Whether chance varies latencies; a forecast takes the middle instead.
    package var varies = true
    /// What happened, newest last, for the report of a failing seed.
    package var trace = Trace()
    /// Promotions, newest last.
    package var promotions: [Promotion] = []

    /// An empty world.
    package init(seed: UInt64, scope: ClusterName) {
        random = SplitMix64(seed: seed)
        self.scope = scope
        prefix = "/service/\(scope)/"
    }

    /// The nodes that somebody wants left alone, by the controller's own keys.
    var nodesInMaintenance: [NodeName] {
        let records = PauseRecord.prefix(of: scope)
        return (store?.keys ?? []).filter { $0.name.hasPrefix(records) && !isWhole($0.name) }
            .map { NodeName(String($0.name.dropFirst(records.count))) }
    }
    /// Whether somebody wants nothing changed at all.
    var isInMaintenance: Bool { (store?.keys ?? []).contains { isWhole($0.name) } }
    private func isWhole(_ key: String) -> Bool { key == PauseRecord.key(of: scope, node: nil) }

    /// Both clocks.
    package var moment: Moment {
        Moment(uptime: now, wallMilliseconds: wallOffsetMilliseconds + now.milliseconds)
    }

    /// A drawn latency, or the middle of the range in a forecast.
    package mutating func draw(_ milliseconds: ClosedRange<Int>) -> Duration {
        varies
            ? random.duration(milliseconds: milliseconds)
            : .milliseconds((milliseconds.lowerBound + milliseconds.upperBound) / 2)
    }

    /// Begins something in a node that takes time.
    mutating func begin(_ job: NodeProcess.Job, on index: Int, within milliseconds: ClosedRange<Int>) {
        let end = now + draw(milliseconds)
        engine.containers[index].node?.begin(job, until: end)
    }

    /// Ends a container's first process before long.
    mutating func endSoon(_ index: Int, within milliseconds: ClosedRange<Int>, exitCode: Int) {
        let end = now + draw(milliseconds)
        engine.containers[index].stop = .init(until: end, exitCode: exitCode)
    }

    /// A unique number.
    package mutating func nextSerial() -> Int {
        serial += 1
        return serial
    }

    /// Writes a line of the trace.
    package mutating func note(_ line: @autoclosure () -> String) {
        trace.add(line(), at: now)
    }
}

/// A node that became the primary.
package struct Promotion: Sendable, Hashable {
    /// Who.
    package var node: NodeName
    /// When.
    package var at: Duration
    /// The timeline that it writes from now on.
    package var timeline: Int64
    /// Whether commits wait for standbys, as it knows.
    package var isSynchronous: Bool
    /// Acknowledged commits that are not in its data.
    package var missing: [WALPosition]
}

extension Duration {
    /// Whole milliseconds.
    package var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
