internal import Model

/// A watcher over one invariant of the true state. Written apart from the controller's guards, in other words on
/// purpose: guards judge what was seen, checkers judge what is.
protocol Checker: Sendable {
    /// The invariant's number and name.
    var invariant: String { get }
    /// Judges something the controller did; the answer is the violation in words.
    mutating func acted(_ performed: PerformedEffect) -> String?
    /// Judges the state after something happened by itself.
    mutating func passed(_ universe: Universe) -> String?
}

extension Checker {
    mutating func acted(_ performed: PerformedEffect) -> String? { nil }
    mutating func passed(_ universe: Universe) -> String? { nil }
}

/// Something the controller did.
struct PerformedEffect: Sendable {
    /// What it asked for.
    let effect: Effect
    /// What it was answered.
    let outcome: Outcome
    /// The world before.
    let before: Universe
    /// The world after.
    let after: Universe
    /// The manifest it followed.
    let cluster: Cluster
    /// What it saw last.
    let look: Observation?
    /// The world as it was at that look; what has changed since is not the controller's fault.
    let known: Universe

    /// Whether it was done.
    var isDone: Bool {
        switch outcome {
        case .done: true
        case .refused, .uncertain: false
        }
    }

    /// Whether others reach the container by its endpoint on this network.
    func cutsOff(from network: NetworkID) -> Bool {
        guard let place = before.engine.index(of: network) else { return true }
        return before.engine.networks[place].name == container?.ownNetwork
    }

    /// The container it is about, as it was before.
    var container: SimulatedContainer? {
        guard case .docker(_, let effect) = effect else { return nil }
        let id: ContainerID
        switch effect {
        case .upload(let container, _), .start(let container), .stop(let container), .kill(let container),
            .shutdownPrimary(let container),
            .unpause(let container), .remove(let container), .rename(let container, _), .update(let container, _),
            .run(let container, _), .connect(_, let container, _), .disconnect(_, let container):
            id = container
        case .createNetwork, .removeNetwork, .createVolume, .removeVolume, .createContainer, .pull: return nil
        }
        return before.engine.index(of: id).map { before.engine.containers[$0] }
    }
}

/// All checkers, what the controller saw last, and the first violation.
package struct Inspection: Sendable {
    /// The first violation: invariant, words, and when.
    package private(set) var violation: String?
    private var checkers: [any Checker] = Inspection.all
    private var look: Observation?
    private var known: Universe?
    private var bounds = BoundedEffect()

    /// Every checker.
    static var all: [any Checker] {
        [
            LastCopy(), OneWriter(), NoSecondInit(), FenceOnlyTheDead(), ConditionalOnly(), StoreQuorum(),
            ReplicasFirst(), ImmortalVolumes(), NotOurs(), UnknownIsNotAbsent(), MonotonePromotion(), OnePlace(),
            BackupsStay(), PauseIsSacred(), AcknowledgedWrites(), NothingImpossible(), PoolersInTurn(),
            OnlyTheAbsentGo(), ClientsPaused(), AppliedOnce(), TrustedHandshakes(), TriedFirst(),
        ]
    }

    /// Nothing seen yet.
    package init() {}

    /// The controller has looked.
    mutating func seen(_ observation: Observation, in universe: Universe) {
        look = observation
        known = universe
    }

    /// The controller asks for effects that it believes do not depend on each other.
    mutating func asked(_ effects: [Effect], at now: Duration) {
        if let words = bounds.asked(effects, at: now) { report(bounds.invariant, words, at: now) }
    }

    /// The controller has done something.
    mutating func acted(_ effect: Effect, outcome: Outcome, before: Universe, after: Universe, cluster: Cluster) {
        guard violation == nil else { return }
        let performed = PerformedEffect(
            effect: effect, outcome: outcome, before: before, after: after, cluster: cluster, look: look,
            known: known ?? before)
        for index in checkers.indices {
            if let words = checkers[index].acted(performed) { report(checkers[index].invariant, words, at: after.now) }
        }
        passed(after)
    }

    /// Time has passed.
    mutating func passed(_ universe: Universe) {
        guard violation == nil else { return }
        for index in checkers.indices {
            if let words = checkers[index].passed(universe) {
                report(checkers[index].invariant, words, at: universe.now)
            }
        }
    }

    private mutating func report(_ invariant: String, _ words: String, at now: Duration) {
        if violation == nil { violation = "\(invariant): \(words) (at \(now.milliseconds) ms)" }
    }
}
