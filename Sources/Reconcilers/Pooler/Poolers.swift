public import Model

/// Keeps the poolers, and turns them to the primary of the moment: their addresses always work.
public struct Poolers: Reconciler {
    /// Its name in plans and events.
    public let name = "poolers"
    /// Creates the planner.
    public init() {}

    /// Containers like any others; what they have read and whether they pause clients is asked of themselves.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        var proposal = Proposal()
        // the machine has time for them while the first node is initialised, and none while etcd and the nodes start
        let isDue = input.observation.dcs.value != nil || !scope.containers(of: .pooler).isEmpty
        guard isDue || input.cluster.poolers.isEmpty else { return Proposal(waiting: ["etcd, for the poolers"]) }
        // the poolers for reading have time until no client waits any more
        let isPausing = ClientPause(scope) != nil
        for pooler in input.cluster.poolers where pooler.access == .readWrite || !isPausing {
            proposal.add(PoolerSteps(pooler, at: scope).propose())
        }
        proposal.add(removeSurplus(at: scope))
        return proposal
    }

    private func removeSurplus(at scope: EngineScope) -> Proposal {
        let wanted = scope.cluster.poolers.map(\.name.text)
        let surplus = scope.containers(of: .pooler).first { seen in
            !wanted.contains(seen.labels.value(of: Label.name) ?? "")
        }
        guard let seen = surplus else { return Proposal() }
        let effect: DockerEffect = seen.state.isAlive ? .stop(seen.id) : .remove(seen.id)
        return Proposal(actions: [
            Action(.docker(scope.engineID, effect), on: scope.subject(seen.name), because: .surplus)
        ])
    }
}

/// What one pooler needs now.
struct PoolerSteps {
    let pooler: Pooler
    let scope: EngineScope
    let hosts: [NodeName]

    init(_ pooler: Pooler, at scope: EngineScope) {
        self.pooler = pooler
        self.scope = scope
        hosts = PoolerSteps.hosts(of: pooler, at: scope)
    }

    func propose() -> Proposal {
        let spec = PoolerSpec.container(pooler, hosts: hosts, at: scope)
        let group = spec.group(at: scope)
        var proposal = spec.reconcile(at: scope, group: group, mayStart: nil)
        let subject = scope.subject(pooler.name)
        func act(_ effect: Effect, _ reason: Reason) {
            proposal.actions.append(Action(effect, on: subject, because: reason))
        }
        switch group {
        case .outdated(let seen, let differences) where seen.state.isAlive:
            if let delay = delay(of: spec) {
                proposal.add(delay)
                // until its turn comes it goes on leading where it should
                switch spec.wrongFiles(in: seen, secrets: scope.input.observation.secrets) {
                case .present(let wrong) where !wrong.isEmpty:
                    act(.docker(scope.engineID, .upload(seen.id, spec.files)), .filesDiffer(wrong.map(\.path)))
                case .present: if let (effect, reason) = command() { act(.pooler(pooler.name, effect), reason) }
                case .absent, .unknown: break
                }
            } else {
                act(.docker(scope.engineID, .stop(seen.id)), .settingsDiffer(differences))
            }
        case .paused(let seen):
            act(.docker(scope.engineID, .unpause(seen.id)), .paused)
        case .running:
            if let (effect, reason) = command() { act(.pooler(pooler.name, effect), reason) }
        case .missing, .foreign, .removing, .renamed, .outdated, .restarting, .adjustable, .disconnected, .unread,
            .misfiled, .startable:
            break
        }
        report(group, into: &proposal)
        return proposal
    }

    /// What a pooler that is to be made anew waits for: its image, and its turn. All others serve while one is away, so
    /// that a client which names both poolers always reaches one, and an image that does not start takes only one.
    private func delay(of spec: ContainerSpec) -> Proposal? {
        if scope.engine.image(spec.image).value == nil {
            var proposal = Proposal()
            spec.fetchImage(at: scope, into: &proposal)
            return proposal
        }
        let absent = scope.cluster.poolers.first { other in
            guard other.name != pooler.name, let seen = scope.container(other.name) else {
                return other.name != pooler.name
            }
            let view = scope.input.observation.pooler(other.name).value
            return !seen.state.isRunning || view == nil || view?.isPaused == true
        }
        return absent.map {
            Proposal(
                waiting: ["\($0.name) to serve, before \(pooler.name) is made anew"], lookAgain: .milliseconds(250))
        }
    }

    /// What to say to a pooler whose files are as wanted: first that it read them, then that it let clients go on.
    private func command() -> (PoolerEffect, Reason)? {
        guard case .present(let view) = scope.input.observation.pooler(pooler.name) else { return nil }
        let version = PoolerSpec.version(hosts: hosts, at: scope)
        if view.version != version { return (.reload(version: version), .filesDiffer(["pgbouncer.ini"])) }
        return view.isPaused && mayResume ? (.resume, .paused) : nil
    }

    /// Clients that wait go on once a primary takes writes: in a switchover another node than before, in a restart the
    /// same one. While it is known that no node takes writes they wait on, because every other answer would be an error.
    private var mayResume: Bool {
        guard pooler.access == .readWrite else { return true }
        let observation = scope.input.observation
        guard case .present = observation.dcs else {
            return hosts.contains { host in
                observation.member(host).value.map { $0.role == .primary && $0.state == .running } == true
            }
        }
        let clientPause = ClientPause(scope)
        guard let serving = scope.serving else {
            return !observation.database.isAbsent && clientPause?.record.isRestart != true
        }
        return clientPause?.ends(with: serving) ?? true
    }

    /// Where the connections go: to the node that takes writes by PostgreSQL's own word, and nowhere while none does.
    private static func hosts(of pooler: Pooler, at scope: EngineScope) -> [NodeName] {
        let observation = scope.input.observation
        let known = observation.pooler(pooler.name).value?.hosts ?? []
        let leader = observation.dcs.value?.leader?.node
        let serving = scope.serving
        switch pooler.access {
        case .readWrite:
            if let serving { return [serving] }
            // those who wait turn while the old primary ends, so that nothing but the election is waited for
            if let clientPause = ClientPause(scope), clientPause.turnsToCandidate,
                scope.pausesClients(pooler)
            {
                return [clientPause.candidate]
            }
            if !known.isEmpty { return known }
        case .readOnly:
            let streaming = NodeSet(scope).streaming.map(\.name)
            let wanted = streaming.filter { !scope.cluster.tags(of: $0).noloadbalance }
            if !wanted.isEmpty { return wanted }
            if !streaming.isEmpty { return streaming }
            if let serving { return [serving] }
            if !known.isEmpty { return known }
        }
        let last = leader ?? observation.dcs.value?.synchronous?.leader
        return [last ?? scope.cluster.nodeNames.first ?? ""]
    }

    private func report(_ group: ContainerGroup, into proposal: inout Proposal) {
        let isRunning =
            switch group {
            case .running: true
            case .outdated(let seen, _): seen.state.isRunning
            default: false
            }
        let view = scope.input.observation.pooler(pooler.name)
        let wanted = PoolerSpec.version(hosts: hosts, at: scope)
        let address = "\(scope.cluster.pooler.bindAddress):\(pooler.port)"
        let list = hosts.map(\.text).joined(separator: ", ")
        func say(_ status: Condition.Status, _ reason: String, _ message: String) {
            proposal.conditions.append(
                Condition(
                    .poolerAvailable, status, reason: reason, message: message, subject: scope.subject(pooler.name)))
            if status != .true { proposal.wait(for: "\(pooler.name): \(message)", lookAgain: .milliseconds(250)) }
        }
        guard isRunning else { return say(.false, "NotRunning", "it is being started") }
        switch view {
        case .present(let view) where view.isPaused: say(.false, "Paused", "it pauses its clients")
        case .present(let view) where view.version != wanted: say(.false, "Stale", "it has not read its file yet")
        case .present: say(.true, "Serving", "\(address) leads to \(list)")
        case .absent: say(.false, "NotRunning", "it is being started")
        case .unknown(let unknownReason):
            say(.unknown, "Unseen", "its console does not answer: \(unknownReason.detail)")
        }
    }
}
