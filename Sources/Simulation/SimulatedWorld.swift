public import Model

/// A world that exists only as a value: the controller acts on it as on the real one, time passes when somebody looks
/// or acts, and one seed decides everything that is left to chance.
public actor SimulatedWorld: World {
    /// The state of everything.
    package var universe: Universe
    /// The faults that are still to come.
    private var schedule: FaultSchedule
    /// The manifest as it is now; people edit it.
    public private(set) var cluster: Cluster
    /// The watchers over the invariants.
    private var inspection: Inspection
    /// The last view of the engine that was handed out, for looks that come from a cache.
    private var remembered: EngineView?
    /// Whether the controller has just been killed: nothing that it still asks for happens.
    private var isControllerDead = false
    /// Containers that this controller has asked to stop.
    private var stopping: [ContainerID] = []
    /// Nodes whose PostgreSQL this controller has asked to restart.
    private var restarting: [NodeName] = []
    /// What is called when a node's container has ended while the controller waits for something slow.
    private var lane: (@Sendable () async -> Void)?
    /// Calls so far, by which faults of single calls are addressed.
    private var calls = 0

    /// A world in a given state, under a schedule of faults.
    package init(universe: Universe, cluster: Cluster, schedule: FaultSchedule = FaultSchedule()) {
        self.universe = universe
        self.schedule = schedule
        self.cluster = cluster
        inspection = Inspection()
    }

    /// Both clocks.
    public func now() -> Moment { universe.moment }

    /// Looks at the parts one after the other; the world moves on between them, so that a look can be torn.
    public func observe(_ cluster: Cluster, scope: ObservationScope) -> Observation {
        var observation = Observation()
        universe.signMissing(cluster)
        observation.secrets = universe.secrets
        observation.identity = universe.identity
        observation.localConfiguration = universe.localConfiguration
        observation.identity.certificates.removeAll { !cluster.principals.contains($0.principal) }
        let upset = beginCall()
        guard !isControllerDead else { return observation }
        // what changes after etcd was read, be it within this look, is not seen
        var known = universe
        defer { inspection.seen(observation, in: known) }
        let engine = lookAtEngine(cluster, isStale: upset == .staleLook && scope == .everything)
        observation.engines = [EngineSighting(id: universe.engine.name, view: engine)]
        // Docker says where the others are: without it no other part is asked
        guard engine.value != nil else { return observation }
        restarting = restarting.filter(universe.isRestarting)
        observation.restarts = restarting.sorted()
        pass(1...8)
        observation.etcd = universe.lookAtStore()
        observation.dcs = universe.lookAtKeys()
        known = universe
        pass(1...4)
        if upset == .blindToStore {
            observation.etcd = .unknown(UnknownReason(.timedOut, "no answer in time"))
            observation.dcs = .unknown(UnknownReason(.timedOut, "no answer in time"))
        }
        if scope != .guarding(.leadership) { observation.members = universe.lookAtMembers() }
        // a primary shuts down only while clients are paused
        let asksPoolers = if case .guarding(.container) = scope { true } else { !scope.isNarrow }
        if asksPoolers { observation.poolers = universe.lookAtPoolers() }
        if scope.isNarrow { return observation }
        observation.repository = cluster.backups.enabled ? universe.lookAtRepository(cluster) : .absent
        pass(1...6)
        observation.database = universe.lookAtDatabase(cluster, members: observation.members)
        return observation
    }

    /// Performs effects one after the other: side by side or not makes no difference to what each does.
    public func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome] {
        inspection.asked(effects, at: universe.now)
        if effects.contains(where: { !$0.concernsLeadership }) { await waitForSlowOnes() }
        var outcomes: [Outcome] = []
        for effect in effects { outcomes.append(await perform(effect, for: cluster)) }
        return outcomes
    }

    /// Sets what is called when a node's container has ended while the controller waits for something slow.
    public func onDeath(_ lane: @escaping @Sendable () async -> Void) { self.lane = lane }

    /// Whether a node's container has ended since the last call.
    public func takeDeath() -> Bool {
        defer { universe.hasNodeDied = false }
        return universe.hasNodeDied && !isControllerDead
    }

    /// Time passes while slow effects are performed side by side; the failover lane goes on beside them.
    private func waitForSlowOnes() async {
        guard universe.effectsAreSlowUntil > universe.now else { return }
        let end = universe.now + universe.draw(100...1600)
        while universe.now < end, !isControllerDead {
            advance(to: min(nextDue, end))
            if takeDeath() { await lane?() }
        }
    }

    private func perform(_ effect: Effect, for cluster: Cluster) async -> Outcome {
        let upset = beginCall()
        guard !isControllerDead else { return .uncertain("the controller is dead") }
        if upset == .killBefore {
            isControllerDead = true
            return .uncertain("the controller is dead")
        }
        if case .docker = effect, universe.engine.unreachableUntil > universe.now {
            pass(200...1000)
            return .refused(Refusal(.unavailable, "cannot connect to the Docker daemon"))
        }
        switch upset {
        case .callFails: return .refused(Refusal(.unavailable, "500 server error"))
        case .requestLost: return .uncertain("no answer in time")
        case .replyLost, .killBefore, .killAfter, .staleLook, .blindToStore, nil: break
        }
        let before = universe
        let outcome = act(effect)
        universe.note(effect.line + " → " + outcome.line)
        inspection.acted(effect, outcome: outcome, before: before, after: universe, cluster: cluster)
        awaitStop(effect)
        if upset == .killAfter { isControllerDead = true }
        return upset == .replyLost ? .uncertain("the answer was lost") : outcome
    }

    private func act(_ effect: Effect) -> Outcome {
        switch effect {
        case .docker(_, let effect): universe.perform(effect)
        case .etcd(let effect): universe.perform(effect)
        case .patroni(let node, let effect): ask(effect, of: node)
        case .sql(let node, let effect): universe.perform(effect, on: node)
        case .pooler(let name, let effect): universe.perform(effect, on: name)
        case .identity(let effect): universe.perform(effect, of: cluster)
        case .configureLocally(let local): universe.record(local)
        }
    }

    private func ask(_ effect: PatroniEffect, of node: NodeName) -> Outcome {
        let outcome = universe.perform(effect, on: node)
        if case (.restart, .done) = (effect, outcome), !restarting.contains(node) { restarting.append(node) }
        return outcome
    }

    /// Docker answers a stop when it is over; the controller waits a moment for that, and sees the rest.
    private func awaitStop(_ effect: Effect) {
        guard case .docker(_, .stop(let id)) = effect else { return }
        if !stopping.contains(id) { stopping.append(id) }
        let deadline = universe.now + .milliseconds(200)
        while universe.now < deadline, isBeingStopped(id) { advance(to: min(universe.nextDue, deadline)) }
    }

    /// Whether a stop that this controller asked for is under way.
    private func isBeingStopped(_ id: ContainerID) -> Bool {
        guard stopping.contains(id), let index = universe.engine.index(of: id) else { return false }
        return universe.engine.containers[index].stop != nil
    }

    private func lookAtEngine(_ cluster: Cluster, isStale: Bool) -> Sighting<EngineView> {
        if universe.engine.unreachableUntil > universe.now {
            pass(500...1000)
            return .unknown(UnknownReason(.timedOut, "the engine does not answer"))
        }
        if isStale, let remembered { return .present(remembered) }
        var view = universe.look(images: Universe.images(of: cluster))
        stopping = stopping.filter(isBeingStopped)
        for place in view.containers.indices {
            view.containers[place].isBeingStopped = stopping.contains(view.containers[place].id)
        }
        remembered = view
        return .present(view)
    }

    /// Counts a call and lets its latency pass; answers the fault that the schedule has for it.
    private func beginCall() -> CallFault? {
        calls += 1
        if cluster.maintenance || cluster.isImpossible || universe.isInMaintenance
            || !universe.nodesInMaintenance.isEmpty
        {
            universe.heldAt = universe.now
        }
        let isSlow = universe.engine.slowUntil > universe.now
        if isSlow || universe.engine.unreachableUntil > universe.now || universe.engine.deafUntil > universe.now
            || universe.store?.isAvailable == false || universe.heldAt == universe.now
        {
            universe.obstacleAt = universe.now
        }
        pass(isSlow ? 800...2500 : 1...12)
        let fault = schedule.fault(ofCall: calls)
        if fault != nil || isControllerDead { universe.obstacleAt = universe.now }
        return fault
    }

    func pass(_ milliseconds: ClosedRange<Int>) {
        advance(to: universe.now + universe.draw(milliseconds))
    }

    /// Lets time pass, and everything that happens in it, with the checkers looking on.
    package func advance(to deadline: Duration) {
        while true {
            let next = min(universe.nextDue, schedule.nextDue ?? universe.nextDue)
            guard next <= deadline else { break }
            universe.now = max(universe.now, next)
            while let next = schedule.take(dueAt: universe.now) { strike(next) }
            universe.fire()
            // a controller that refuses its manifest rests, and calls nothing by which it would be noticed
            if cluster.isImpossible {
                universe.heldAt = universe.now
                universe.obstacleAt = max(universe.obstacleAt, universe.now)
            }
            inspection.passed(universe)
        }
        universe.now = max(universe.now, deadline)
    }

    /// When the next thing happens, by itself or as a fault.
    package var nextDue: Duration { min(universe.nextDue, schedule.nextDue ?? universe.nextDue) }

    /// The first violation of an invariant, in words.
    public var violation: String? { inspection.violation }

    /// Why the world is not as the manifest wants it, in words; nil when it is.
    public func pending() -> String? { universe.pending(cluster) }

    /// Whether the controller was killed since the last call; if so, time passes until somebody starts it again.
    public func buryController() -> Bool {
        guard isControllerDead else { return false }
        isControllerDead = false
        remembered = nil
        lane = nil
        (stopping, restarting) = ([], [])
        universe.note("the controller starts anew")
        // nothing is seen or done until it does
        universe.obstacleAt = universe.now + .seconds(120)
        universe.heldAt = universe.obstacleAt
        pass(universe.random.chance(permille: 150) ? 15_000...120_000 : 500...15_000)
        universe.obstacleAt = universe.now
        universe.heldAt = universe.now
        return true
    }

    /// Ends the faults and undoes what only a person can undo.
    public func clearSky() {
        schedule.clear()
        isControllerDead = false
        cluster = cluster.mended
        // the condition asks for it: only the data of a node that the manifest does not name any more may lead
        if let name = universe.lastPrimaryWithoutContainer, let number = Int(name.text.split(separator: "-").last ?? "")
        {
            cluster.nodes.count = max(cluster.nodes.count, number)
        }
        universe.clearSky()
    }

    /// Empties the memory of what has been going on, so that the next rest waits for something new.
    package func settle() { universe.isStirred = false }

    /// Changes the state behind everybody's back.
    package func change(_ change: @Sendable (inout Universe) -> Void) { change(&universe) }

    private func strike(_ fault: Fault) {
        if universe.suffer(fault), case .edit(let edit) = fault { cluster = cluster.edited(by: edit) }
        // the older build made all of it: this one starts when that is done, and saw nothing of it happen
        if fault == .forgetTLS { isControllerDead = true }
        inspection.passed(universe)
    }
}
