import Model

/// The safety invariants of docs/safety.md, by their numbers.
public enum Invariant: String, Sendable, Hashable, CaseIterable {
    /// The last copy is never destroyed.
    case lastCopy = "I1"
    /// Never two writers.
    case oneWriter = "I2"
    /// A cluster is initialised once.
    case noSecondInit = "I3"
    /// Only the proven dead are fenced.
    case fenceOnlyTheDead = "I4"
    /// etcd keeps its quorum.
    case storeQuorum = "I6"
    /// Replicas before the primary.
    case replicasFirst = "I7"
    /// Volumes are never removed.
    case immortalVolumes = "I8"
    /// What is not ours is not touched.
    case notOurs = "I9"
    /// Unknown is not absent.
    case unknownIsNotAbsent = "I10"
    /// One data directory, one container.
    case onePlace = "I12"
    /// A pause is sacred.
    case pause = "I14"
    /// Nothing is dropped that the manifest does not name absent.
    case onlyTheAbsentGo = "I17"
    /// Few interruptions in a window.
    case boundedEffect = "I15"
    /// Clients are paused before the primary shuts down.
    case clientsPaused = "I18"
    /// An emptied repository is not begun again by itself.
    case noFreshRepository = "I19"
}

/// A refusal by a guard.
public struct Violation: Sendable, Hashable {
    /// Which invariant would have been broken.
    public var invariant: Invariant
    /// What was found.
    public var message: String

    init(_ invariant: Invariant, _ message: String) {
        self.invariant = invariant
        self.message = message
    }
}

/// Judges each action against a look of its own. Written apart from the planners, in other words on purpose: a
/// planner's bug must not cost data.
struct Guards: Sendable {
    private var releases: [Duration] = []
    private var idleSince: (revision: Int64, since: Duration, seen: Duration)?

    /// How long no node must have been seen at work before the mark of an initialisation is taken away: a node that
    /// begins one writes the mark first, and shows only then what it is doing.
    static let idleness: Duration = .seconds(20)

    /// What an action would break; nil lets it pass.
    mutating func violation(by action: Action, input: PlanningInput) -> Violation? {
        judge(action, input) ?? patience(with: action, at: input.now.uptime, prefix: input.cluster.dcsPrefix)
    }

    /// The mark of an initialisation goes only after it was found idle at every look for a while.
    private mutating func patience(with action: Action, at now: Duration, prefix: String) -> Violation? {
        guard case .etcd(.deleteKey(let key, let revision)) = action.effect, key == prefix + "initialize" else {
            return nil
        }
        let known = idleSince.flatMap { $0.revision == revision && now - $0.seen < .seconds(6) ? $0.since : nil }
        idleSince = (revision, known ?? now, now)
        guard let known, now - known >= Guards.idleness else {
            return Violation(.noSecondInit, "somebody may have begun to initialise the cluster a moment ago")
        }
        return nil
    }

    private static let all: [@Sendable (Action, PlanningInput) -> Violation?] = [
        PauseGuard.judge, ObservationGuard.judge, OwnershipGuard.judge, VolumeGuard.judge, StartGuard.judge,
        InterruptionGuard.judge, HandOverGuard.judge, QuorumGuard.judge, RestoreGuard.judge, DropGuard.judge,
        RepositoryGuard.judge,
    ]

    private func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        for guarding in Guards.all {
            if let violation = guarding(action, input) { return violation }
        }
        return FenceGuard.judge(action, input, recentReleases: recent(at: input.now.uptime))
    }

    /// Remembers fencing actions, for their rate.
    mutating func note(_ action: Action, at now: Duration) {
        guard case .etcd(.releaseLeader) = action.effect else { return }
        releases.removeAll { now - $0 > FenceGuard.window }
        releases.append(now)
    }

    private func recent(at now: Duration) -> Int { releases.filter { now - $0 <= FenceGuard.window }.count }
}

extension PlanningInput {
    /// Whether a container has no endpoint on the internal network: it reaches neither etcd nor its peers' Patroni.
    func isCutOff(_ id: ContainerID, at engine: EngineID) -> Bool {
        guard case .present(let view) = observation.engine(engine),
            let body = view.containers.first(where: { $0.id == id })
        else { return false }
        let network = view.networks.first { $0.name == cluster.network.name }
        return !body.attachments.contains { $0.network == network?.id || $0.networkName == cluster.network.name }
    }
}
