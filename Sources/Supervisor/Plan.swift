public import Model

/// The planners' proposals, merged: what may be done now, and what has to wait for another look.
public struct Plan: Sendable, Hashable {
    /// Actions that interrupt nothing; they may run side by side.
    public private(set) var constructive: [PlannedAction] = []
    /// The one interruption of this pass; it runs alone, after the others.
    public private(set) var disruptive: PlannedAction?
    /// What something else comes before.
    public private(set) var deferred: [PlannedAction] = []
    /// What holds, one for each type and subject, sorted.
    public private(set) var conditions: [Condition] = []
    /// What is being waited for.
    public private(set) var waiting: [String] = []
    /// When to look again at the latest.
    public private(set) var lookAgain: Duration?
    /// Whether the manifest asks for what this cluster cannot have: then nothing is done by it.
    public private(set) var refusesManifest = false
    private var backgroundActions: [Action] = []
    /// The only planners that may act while clients are paused, and the one that says so.
    private var exclusivePlanners: [String]?
    private var lockHolder: String?

    /// Asks every planner and merges; the first planner to claim a subject has it.
    public init(_ input: PlanningInput, reconcilers: [any Reconciler]) {
        var owners: [(subject: Subject, reconciler: String)] = []
        waiting = input.stopping.map { "\($0.name), which is being stopped" }
        waiting += input.observation.restarts.map { "\($0), whose PostgreSQL is being restarted" }
        for reconciler in reconcilers {
            let proposal = reconciler.propose(input)
            if proposal.refusesManifest { refusesManifest = true }
            backgroundActions += proposal.backgroundActions
            if exclusivePlanners == nil, let named = proposal.exclusivePlanners {
                (exclusivePlanners, lockHolder) = (named, reconciler.name)
            }
            for action in proposal.actions + proposal.backgroundActions {
                let planned = PlannedAction(reconciler: reconciler.name, action: action)
                if let exclusivePlanners, !exclusivePlanners.contains(reconciler.name) {
                    deferred.append(planned.with(.deferred(.pausedClients)))
                    continue
                }
                if let owner = owners.first(where: { $0.subject == action.subject }) {
                    guard owner.reconciler == reconciler.name else {
                        deferred.append(planned.with(.deferred(.claim(reconciler: owner.reconciler))))
                        continue
                    }
                } else {
                    owners.append((action.subject, reconciler.name))
                }
                add(planned, input)
            }
            for condition in proposal.conditions
            where !conditions.contains(where: { $0.type == condition.type && $0.subject == condition.subject }) {
                conditions.append(condition)
            }
            waiting += proposal.waiting
            lookAgain = [lookAgain, proposal.lookAgain].compactMap(\.self).min()
        }
        if refusesManifest { standStill() }
        addUnseenEngines(input)
        if isFailover { putFailoverFirst() }
        if input.isInMaintenance { leaveAlone(input) }
        addReadiness(input)
        conditions.sort { ($0.type, $0.subject) < ($1.type, $1.subject) }
    }

    /// Everything that may be done now, in order.
    public var actions: [PlannedAction] { constructive + (disruptive.map { [$0] } ?? []) }

    /// Whether clients are paused, and only those act who have a part in that.
    public var isHandOver: Bool { lockHolder != nil }

    /// Whether an action belongs to a switchover that has begun, and must come to its end.
    private func isForPausedClients(_ planned: PlannedAction) -> Bool { planned.reconciler == lockHolder }

    /// Nothing to do and nothing to wait for.
    public var isEmpty: Bool { actions.isEmpty && deferred.isEmpty && waiting.isEmpty }

    /// Nothing to do but background actions, and nothing to wait for: the cluster is as wanted.
    public var isAtRest: Bool {
        waiting.isEmpty && (actions + deferred).allSatisfy { backgroundActions.contains($0.action) }
    }

    /// A stop or a restart that is under way is not asked for again, and no second interruption begins before it is over;
    /// a failover waits for neither.
    private mutating func add(_ planned: PlannedAction, _ input: PlanningInput) {
        let effect = planned.action.effect
        let stopping = input.stopping
        let first: Disposition.Precedence? =
            stopping.first.map { .stop($0.name) } ?? input.observation.restarts.first.map { .restart($0) }
        if case .docker(_, .stop(let id)) = effect, stopping.contains(where: { $0.id == id }) { return }
        if !effect.isDisruptive {
            if !constructive.contains(where: { $0.action.effect == effect }) { constructive.append(planned) }
        } else if let other = disruptive, !effect.isUrgent || other.action.effect.isUrgent {
            deferred.append(planned.with(.deferred(.interruption(other.action.subject))))
        } else if let first, !effect.isUrgent {
            deferred.append(planned.with(.deferred(first)))
        } else {
            // a primary that hangs is fenced before its lease ends, whatever a switchover asks of it without an answer
            if let other = disruptive {
                deferred.append(other.with(.deferred(.interruption(planned.action.subject))))
            }
            disruptive = planned
        }
    }

    /// What was wanted was wanted by a manifest that is not in force, and what holds was judged by it.
    private mutating func standStill() {
        (constructive, disruptive, deferred, lookAgain) = ([], nil, [], nil)
        waiting = ["a manifest that this cluster can have"]
    }

    /// The release of a dead leader's key that may be done now, or that only another interruption comes before: the failover lane
    /// does nothing else, and waits for nothing.
    var release: PlannedAction? {
        let waiting = deferred.filter { if case .deferred(.interruption) = $0.disposition { true } else { false } }
        return (([disruptive].compactMap(\.self).filter { $0.disposition == .due }) + waiting)
            .first { if case .etcd(.releaseLeader) = $0.action.effect { true } else { false } }
    }

    private var isFailover: Bool {
        if case .etcd(.releaseLeader) = disruptive?.action.effect { true } else { false }
    }

    /// A failover waits for nothing: whatever else is due comes with the next look, a few milliseconds later.
    private mutating func putFailoverFirst() {
        deferred += constructive.map { $0.with(.deferred(.failover)) }
        constructive = []
    }

    /// While a person wants nothing changed, only clients that poolers pause are let go: a switchover that has begun is
    /// finished or called off.
    private mutating func leaveAlone(_ input: PlanningInput) {
        func judged(_ planned: PlannedAction) -> PlannedAction {
            isForPausedClients(planned) || input.isExemptFromPause(planned.action)
                ? planned : planned.with(.inMaintenance)
        }
        constructive = constructive.map(judged)
        disruptive = disruptive.map(judged)
    }

    private mutating func addUnseenEngines(_ input: PlanningInput) {
        for engine in input.observation.engines {
            guard let unknownReason = engine.view.unknownReason else { continue }
            conditions.append(
                Condition(
                    .engineUnreachable, .true, reason: unknownReason.cause.rawValue,
                    message:
                        "Docker Engine \(engine.id) cannot be seen: \(unknownReason.detail). Nothing is changed meanwhile; "
                        + "Patroni goes on by itself"))
            waiting.append("Docker Engine \(engine.id)")
            lookAgain = min(lookAgain ?? .seconds(1), .seconds(1))
        }
    }

    private mutating func addReadiness(_ input: PlanningInput) {
        if let condition = input.pauseCondition { conditions.append(condition) }
        let isReady = isAtRest && !conditions.contains { $0.isBad }
        let why =
            waiting.first.map { "waiting for \($0)" } ?? conditions.first { $0.isBad }?.message ?? "changes are due"
        conditions.append(
            Condition(
                .ready, isReady ? .true : .false, reason: isReady ? "Converged" : "Converging",
                message: isReady ? "everything is as the manifest wants it" : why))
    }
}

extension Condition {
    /// Whether it tells of something that is not as it should be. A kept volume, a process that was killed and is over, a port that
    /// the manifest opens, an old image, a question for metrics that is not answered, and a message that is not taken are worth a line
    /// and no alarm.
    public var isBad: Bool {
        switch type {
        case .retired, .outOfMemory, .exposed, .imagesCurrent, .metricQueryFailing, .notificationFailing: false
        // little room on a disk keeps nothing from being as wanted, before it is too little
        case .diskSpaceLow: status == .true && reason != "Low" && reason != "Critical"
        default: type.isGoodWhenTrue ? status != .true : status == .true
        }
    }
}
