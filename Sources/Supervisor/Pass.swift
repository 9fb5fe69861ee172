public import Model
public import Reconcilers

/// What one turn saw, wanted and did.
public struct PassReport: Sendable {
    /// What was seen.
    public var input: PlanningInput
    /// What was wanted.
    public var plan: Plan
    /// What became of each action of the plan.
    public var decisions: [PlannedAction]
    /// The plan's conditions and those that come from trying.
    public var conditions: [Condition]
    /// When to look again at the latest; nil waits for an event or the resync.
    public var lookAgain: Duration?

    /// What was done, with the answers.
    public var performed: [(planned: PlannedAction, outcome: Outcome)] {
        decisions.compactMap { if case .performed(let outcome) = $0.disposition { ($0, outcome) } else { nil } }
    }
    /// What a guard refused.
    public var refused: [(planned: PlannedAction, violation: Violation)] {
        decisions.compactMap { if case .refused(let violation) = $0.disposition { ($0, violation) } else { nil } }
    }

    /// A report of a pass that has done nothing yet.
    init(input: PlanningInput, plan: Plan) {
        self.input = input
        self.plan = plan
        conditions = plan.conditions
        lookAgain = plan.lookAgain
        decisions = plan.deferred + plan.actions.filter { $0.disposition != .due }
    }

    /// Adds what the loop itself found, besides the planners: where it is a bad sign, the cluster is not ready.
    public mutating func add(_ more: [Condition]) {
        conditions += more
        guard let bad = more.first(where: \.isBad),
            let index = conditions.firstIndex(where: { $0.type == .ready && $0.status == .true })
        else { return }
        conditions[index].status = .false
        conditions[index].reason = "Converging"
        conditions[index].message = bad.message
    }

    /// Everything is as wanted, and nothing failed.
    public var isConverged: Bool { plan.isAtRest && refused.isEmpty }
}

/// One turn: observe, propose, guard, perform. It keeps nothing but the memory of what it tried.
///
/// A failover has a lane of its own (`failOver`): it may begin while a turn waits for an answer. What decides who leads is
/// done by one of them at a time (`LeadershipLock`), and never by a look that is older than a release.
public actor Pass<W: World> {
    private let world: W
    private let reconcilers: [any Reconciler]
    private let lock = LeadershipLock()
    private var backoff = Backoff()
    private var guards = Guards()
    private var pauses: [PauseRecord] = []
    private var bootstrapRecord: BootstrapRecord?
    private var lastRead: Duration?
    /// The manifest of the latest turn.
    private var cluster: Cluster?
    /// How many releases the lane has begun: a plan that was made before one of them is not carried out.
    private var releases = 0
    /// What the lane did and the next turn tells of.
    private var released: [PlannedAction] = []

    /// A loop body over a world.
    public init(world: W, reconcilers: [any Reconciler] = Reconcilers.all) {
        self.world = world
        self.reconcilers = reconcilers
    }

    /// Looks, decides and acts once. Actions that interrupt nothing run together; then at most one interruption,
    /// judged by the guards against a fresh look.
    public func run(_ cluster: Cluster, scope: ObservationScope = .everything) async -> PassReport {
        self.cluster = cluster
        let before = releases
        let input = await look(at: cluster, scope: scope)
        let plan = Plan(input, reconcilers: reconcilers)
        var report = PassReport(input: input, plan: plan)
        let actions = plan.actions.filter { $0.disposition == .due }
        backoff.note(proposed: actions.map(\.action.effect), at: input.now.uptime)
        let due = admissible(plan.constructive.filter { $0.disposition == .due }, input: input, report: &report)
        await begin(due.filter(\.action.effect.concernsLeadership), before, cluster: cluster, report: &report)
        await perform(due.filter { !$0.action.effect.concernsLeadership }, for: cluster, report: &report)
        if let planned = plan.disruptive, planned.disposition == .due, isDue(planned, input: input, report: &report) {
            if planned.action.effect.concernsLeadership {
                await lock.acquire()
                await interrupt(planned, before, cluster: cluster, report: &report)
                await lock.release()
            } else {
                await interrupt(planned, before, cluster: cluster, report: &report)
            }
        }
        report.decisions += released
        released = []
        addFindings(to: &report, at: input.now.uptime)
        if input.isInMaintenance { report.lookAgain = report.lookAgain.map { max($0, .seconds(1)) } }
        // something was done: what follows from it is to be seen at once
        if !report.performed.isEmpty { report.lookAgain = .zero }
        return report
    }

    /// What the failover lane found.
    public enum LaneResult: Sendable, Equatable {
        /// The leader is not known to be dead, or there is none.
        case nothing
        /// The leader's container does not run, and nothing was released: there is no proof yet, or no candidate, or a guard
        /// refused.
        case unproven
        /// The leader key was released, or etcd was asked for it, with this answer.
        case released(Outcome)
    }

    /// The failover lane: looks at the engine, at Patroni's keys and at which nodes answer, and releases the key of a leader that
    /// is proven dead. Called when a container has ended, beside a turn that may be waiting for something slow. It plans and is
    /// judged as a turn is; the next turn tells what it did.
    public func failOver() async -> LaneResult {
        await lock.acquire()
        let result = await releaseDeadLeader()
        await lock.release()
        return result
    }

    private func releaseDeadLeader() async -> LaneResult {
        // the only node is started again, which the turn does
        guard let cluster, cluster.nodes.count > 1 else { return .nothing }
        let input = await look(at: cluster, scope: .failover)
        guard input.isLeaderDown else { return .nothing }
        let plan = Plan(input, reconcilers: reconcilers)
        guard let planned = plan.release else { return .unproven }
        backoff.note(proposed: [planned.action.effect], at: input.now.uptime)
        guard backoff.delay(of: planned.action.effect, at: input.now.uptime) == nil else { return .unproven }
        let fresh = await look(at: cluster, scope: .guarding(.leadership))
        guard guards.violation(by: planned.action, input: fresh) == nil else { return .unproven }
        releases += 1
        guards.note(planned.action, at: fresh.now.uptime)
        guard let outcome = await world.perform([planned.action.effect], for: cluster).first else { return .unproven }
        backoff.note(outcome, of: planned.action.effect, at: await world.now().uptime)
        released.append(planned.with(.performed(outcome)))
        return .released(outcome)
    }

    /// Performs what starts or connects containers or writes records, judged by a look under the lock; not at all where the lane
    /// has released a key since the plan was made.
    private func begin(
        _ planned: [PlannedAction], _ before: Int, cluster: Cluster, report: inout PassReport
    ) async {
        if planned.isEmpty { return }
        await lock.acquire()
        if releases != before {
            report.decisions += planned.map { $0.with(.deferred(.failover)) }
            report.lookAgain = .zero
        } else if planned.contains(where: \.action.effect.needsFreshLook) {
            var fresh = await look(at: cluster, scope: .guarding(.cluster))
            // what the narrow look leaves out is judged as the turn saw it
            fresh.observation.repository = report.input.observation.repository
            fresh.observation.database = report.input.observation.database
            fresh.observation.poolers = report.input.observation.poolers
            var admitted: [PlannedAction] = []
            for planned in planned where allows(planned, input: fresh, report: &report) { admitted.append(planned) }
            await perform(admitted, for: cluster, report: &report)
        } else {
            await perform(planned, for: cluster, report: &report)
        }
        await lock.release()
    }

    private func perform(_ planned: [PlannedAction], for cluster: Cluster, report: inout PassReport) async {
        if planned.isEmpty { return }
        let outcomes = await world.perform(planned.map(\.action.effect), for: cluster)
        let end = await world.now()
        for (planned, outcome) in zip(planned, outcomes) { note(planned, outcome, at: end, report: &report) }
    }

    /// A look, with what is the controller's own in it as it was when etcd could last be read. A pause cannot be
    /// ended while etcd is away, so it does not keep the controller for long from bringing etcd back.
    private func look(at cluster: Cluster, scope: ObservationScope) async -> PlanningInput {
        var observation = await world.observe(cluster, scope: scope)
        let now = await world.now()
        if case .present(let dcs) = observation.dcs {
            (pauses, bootstrapRecord, lastRead) = (dcs.pauses, dcs.bootstrapRecord, now.uptime)
        } else if let lastRead, now.uptime - lastRead > PauseRecord.memory {
            pauses = []
        }
        observation.rememberedPauses = pauses
        observation.rememberedBootstrap = bootstrapRecord
        return PlanningInput(cluster: cluster, observation: observation, now: now)
    }

    private func admissible(
        _ planned: [PlannedAction], input: PlanningInput, report: inout PassReport
    ) -> [PlannedAction] {
        planned.filter { planned in
            guard isDue(planned, input: input, report: &report) else { return false }
            return allows(planned, input: input, report: &report)
        }
    }

    private func isDue(_ planned: PlannedAction, input: PlanningInput, report: inout PassReport) -> Bool {
        guard let delay = backoff.delay(of: planned.action.effect, at: input.now.uptime) else { return true }
        report.lookAgain = min(report.lookAgain ?? delay, delay)
        report.decisions.append(planned.with(.backingOff(until: input.now.after(delay))))
        return false
    }

    private func allows(_ planned: PlannedAction, input: PlanningInput, report: inout PassReport) -> Bool {
        guard let violation = guards.violation(by: planned.action, input: input) else { return true }
        report.decisions.append(planned.with(.refused(violation)))
        report.lookAgain = min(report.lookAgain ?? .seconds(2), .seconds(2))
        return false
    }

    private func interrupt(
        _ planned: PlannedAction, _ before: Int, cluster: Cluster, report: inout PassReport
    ) async {
        guard releases == before else {
            report.decisions.append(planned.with(.deferred(.failover)))
            report.lookAgain = .zero
            return
        }
        let fresh = await look(at: cluster, scope: .guarding(planned.action.subject))
        guard allows(planned, input: fresh, report: &report) else { return }
        let outcomes = await world.perform([planned.action.effect], for: cluster)
        guards.note(planned.action, at: fresh.now.uptime)
        for outcome in outcomes { note(planned, outcome, at: await world.now(), report: &report) }
    }

    private func note(
        _ planned: PlannedAction, _ outcome: Outcome, at now: Moment, report: inout PassReport
    ) {
        backoff.note(outcome, of: planned.action.effect, at: now.uptime)
        report.decisions.append(planned.with(.performed(outcome)))
    }

    private func addFindings(to report: inout PassReport, at now: Duration) {
        for refusal in report.refused {
            report.conditions.append(
                Condition(
                    .actionRefused, .true, reason: refusal.violation.invariant.rawValue,
                    message: "\(refusal.planned.action.effect.phrase) was refused: \(refusal.violation.message)",
                    subject: refusal.planned.action.subject))
        }
        for (effect, attempts, failure) in backoff.repeatedFailures(at: now) {
            guard let planned = report.plan.actions.first(where: { $0.action.effect == effect }) else { continue }
            if effect.isNudge { continue }
            report.conditions.append(
                RepeatedFailure(action: planned.action, attempts: attempts, failure: failure).condition(
                    in: report.input))
        }
        if report.conditions.contains(where: { $0.isBad && $0.type != .ready }) || !report.refused.isEmpty,
            let index = report.conditions.firstIndex(where: { $0.type == .ready && $0.status == .true })
        {
            report.conditions[index].status = .false
        }
    }
}

extension PlanningInput {
    /// Whether there is a leader key, and the container of the node that it names is not known to run.
    fileprivate var isLeaderDown: Bool {
        guard let leader = observation.dcs.value?.leader, let engine = cluster.engines.first?.name,
            case .present(let view) = observation.engine(engine)
        else { return false }
        return !view.containers.contains { body in
            body.name.text == leader.node.text && body.state.isRunning
        }
    }
}
