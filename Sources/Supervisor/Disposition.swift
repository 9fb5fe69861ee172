public import Model

/// What becomes of an action in a pass, and why it is not done now where that is so. Plan, status and events print it.
public enum Disposition: Sendable, Hashable {
    /// It may be done now.
    case due
    /// Something else comes first; the next look decides again.
    case deferred(Precedence)
    /// A person has paused the cluster.
    case inMaintenance
    /// It was tried a moment ago, and is tried again at this time of the controller's clock.
    case backingOff(until: Moment)
    /// A guard refused it.
    case refused(Violation)
    /// It was asked for, with this answer.
    case performed(Outcome)

    /// What comes first.
    public enum Precedence: Sendable, Hashable {
        /// Another planner wants something of the same object.
        case claim(reconciler: String)
        /// Clients are paused, and only what belongs to the switchover is done.
        case pausedClients
        /// One interruption in a pass.
        case interruption(Subject)
        /// A container that was told to stop still runs.
        case stop(ContainerName)
        /// PostgreSQL on a node is being restarted.
        case restart(NodeName)
        /// A failover.
        case failover
    }

    /// Why it is not done now, as a sentence without a full stop; nil where it is.
    public var words: String? {
        switch self {
        case .due, .performed: nil
        case .deferred(.claim(let reconciler)): "\(reconciler) wants something of the same object first"
        case .deferred(.pausedClients): "clients are paused, and only the switchover goes on"
        case .deferred(.interruption(let subject)): "one interruption at a time, and \(subject.text) comes first"
        case .deferred(.stop(let name)): "\(name) is being stopped"
        case .deferred(.restart(let node)): "PostgreSQL on \(node) is being restarted"
        case .deferred(.failover): "the failover comes first"
        case .inMaintenance: "the cluster is paused"
        // to the second: what is said of the same wait must not change from pass to pass, because it is written to a file
        case .backingOff(let until): "it was tried a moment ago; the next attempt comes at \(until.text.prefix(19))Z"
        case .refused(let violation): "refused by \(violation.invariant.rawValue): \(violation.message)"
        }
    }
}

/// An action, the planner that wants it, and what becomes of it.
public struct PlannedAction: Sendable, Hashable {
    /// The planner's name.
    public var reconciler: String
    /// What it wants.
    public var action: Action
    /// What becomes of it.
    public var disposition = Disposition.due

    /// The same with another disposition.
    func with(_ disposition: Disposition) -> PlannedAction {
        var planned = self
        planned.disposition = disposition
        return planned
    }
}
