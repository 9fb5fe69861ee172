public import Model

/// Brings back data from the repository: creates a new cluster from it, or turns a cluster that exists to restored data.
/// Either way the data is restored into an unused volume, and only what is complete is ever started.
public struct Recoveries: Reconciler {
    /// Its name in plans and events.
    public let name = "recovery"
    /// Creates the planner.
    public init() {}

    /// The restore task, then the change to what it made.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        if let record = input.observation.dcs.value?.restore { return InPlace(record, at: scope).propose() }
        switch History(scope, store: EtcdStore(scope)) {
        case .recovering(let recovery): return found(on: recovery, at: scope)
        case .born: return tidy(scope)
        case .unborn, .forgotten, .dataLost, .contradictory, .unclear: return Proposal()
        }
    }

    /// A cluster that does not exist yet: its first node's volume is filled before any node is started.
    private func found(on recovery: Recovery, at scope: EngineScope) -> Proposal {
        guard let first = scope.cluster.nodeNames.first, scope.container(first.container) != nil,
            scope.engine.volume(scope.volumeName(of: first.text)) != nil
        else { return Proposal(waiting: ["\(scope.cluster.nodeNames[0]), to look into its volume"]) }
        if let volume = recovery.source?.volume, scope.engine.volume(volume) == nil {
            return Proposal(
                conditions: [
                    Condition(
                        .restoreFailed, .true, reason: "NoRepository",
                        message: "there is no volume \(volume) to restore from; nothing is created instead",
                        subject: .repository)
                ], waiting: ["volume \(volume)"])
        }
        let task = RestoreTask.spec(
            recovery, into: scope.volumeName(of: first.text), identity: "found: \(recovery.target.text)", at: scope)
        switch TaskProgress(task, at: scope) {
        case .underway(var proposal):
            proposal.waiting.append("the restore of \(recovery.target.text), before the first node starts")
            return proposal
        case .ended(let seen, let exit):
            // after a success the volume's content is seen, and this cluster counts as forgotten, not as recovering
            guard exit.code != 0 else { return Proposal(waiting: ["a look into the restored volume"]) }
            return RestoreFailure.report(seen, exit, recovery.target, at: scope)
        }
    }

    /// The record of a restore is of no use once the cluster serves.
    private func tidy(_ scope: EngineScope) -> Proposal {
        guard let seen = scope.container(TaskKind.restore.container(of: scope.cluster.name)), !seen.state.isAlive,
            NodeSet(scope).leader?.isServing == true
        else { return Proposal() }
        return Proposal(actions: [
            Action(.docker(scope.engineID, .remove(seen.id)), on: scope.subject(seen.name), because: .surplus)
        ])
    }
}

/// What became of a restore that did not succeed.
enum RestoreFailure {
    /// A target that cannot be reached waits for a person; everything else is tried again, and goes on where it was.
    static func report(_ seen: ContainerView, _ exit: Exit, _ target: RecoveryTarget, at scope: EngineScope) -> Proposal
    {
        let error = seen.result.value?["error"]?.string ?? "it ended with exit code \(exit.code)"
        let isFinal = exit.code == RestoreTask.notReached
        var proposal =
            isFinal
            ? Proposal(waiting: ["another target of the restore"])
            : TaskProgress.again(seen, exit, after: .seconds(10), reason: .retried(error), at: scope)
        proposal.conditions.append(
            Condition(
                .restoreFailed, .true, reason: isFinal ? "TargetNotReached" : "Failed",
                message: "the restore to \(target.text) failed: \(error) (`docker logs \(seen.name)`); "
                    + (isFinal ? "choose another target" + window(scope) : "it is tried again")
                    + ". No data was touched",
                subject: .repository))
        return proposal
    }

    /// What could be chosen; of another cluster's repository nothing is known.
    private static func window(_ scope: EngineScope) -> String {
        guard scope.cluster.recovery?.source == nil, let window = RecoverableWindow(scope.input.observation) else {
            return ""
        }
        return ": any moment from \(window.from.text) to \(window.to?.text ?? "the end of the archive") can be restored"
    }
}
