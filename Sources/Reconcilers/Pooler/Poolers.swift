public import Model

/// Keeps the poolers, and turns them to the primary of the moment: their addresses always work.
public struct Poolers: Reconciler {
    /// Its name in plans and events.
    public let name = "poolers"
    /// Creates the planner.
    public init() {}

    /// Containers like any others; what they have read and whether they hold clients back is asked of themselves.
    public func propose(_ scene: Scene) -> Proposal {
        guard let site = Site(scene) else { return Proposal() }
        var proposal = Proposal()
        // before there is a primary for the first time, there is nowhere to lead to
        let isKnown = scene.observation.dcs.value?.leader != nil || !site.containers(of: .pooler).isEmpty
        guard isKnown || scene.cluster.poolers.isEmpty else { return Proposal(waiting: ["a primary, for the poolers"]) }
        // those for reading have time until nobody waits any more
        let isHolding = Hold(site) != nil
        for pooler in scene.cluster.poolers where pooler.access == .readWrite || !isHolding {
            proposal.add(PoolerSteps(pooler, at: site).propose())
        }
        proposal.add(removeSurplus(at: site))
        return proposal
    }

    private func removeSurplus(at site: Site) -> Proposal {
        let wanted = site.cluster.poolers.map(\.name.text)
        let surplus = site.containers(of: .pooler).first { seen in
            !wanted.contains(seen.labels.value(of: Label.name) ?? "")
        }
        guard let seen = surplus else { return Proposal() }
        let effect: DockerEffect = seen.state.isAlive ? .stop(seen.id) : .remove(seen.id)
        return Proposal(actions: [
            Action(.docker(site.engineID, effect), on: site.subject(seen.name), because: .surplus)
        ])
    }
}

/// What one pooler needs now.
struct PoolerSteps {
    let pooler: Pooler
    let site: Site
    let hosts: [NodeName]

    init(_ pooler: Pooler, at site: Site) {
        self.pooler = pooler
        self.site = site
        hosts = PoolerSteps.hosts(of: pooler, at: site)
    }

    func propose() -> Proposal {
        let spec = PoolerSpec.container(pooler, hosts: hosts, at: site)
        let group = spec.group(at: site)
        var proposal = spec.keep(at: site, group: group, mayStart: nil)
        let subject = site.subject(pooler.name)
        func act(_ effect: Effect, _ reason: Reason) {
            proposal.actions.append(Action(effect, on: subject, because: reason))
        }
        switch group {
        case .outdated(let seen, let differences) where seen.state.isAlive:
            if let hold = holdUp(of: spec) {
                proposal.add(hold)
                // until its turn comes it goes on leading where it should
                switch spec.wrongFiles(in: seen, secrets: site.scene.observation.secrets) {
                case .present(let wrong) where !wrong.isEmpty:
                    act(.docker(site.engineID, .upload(seen.id, spec.files)), .filesDiffer(wrong.map(\.path)))
                case .present: if let (effect, reason) = command() { act(.pooler(pooler.name, effect), reason) }
                case .absent, .unknown: break
                }
            } else {
                act(.docker(site.engineID, .stop(seen.id)), .settingsDiffer(differences))
            }
        case .paused(let seen):
            act(.docker(site.engineID, .unpause(seen.id)), .paused)
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
    /// that whoever names both poolers always reaches one, and an image that does not start takes only one.
    private func holdUp(of spec: ContainerSpec) -> Proposal? {
        if site.engine.image(spec.image).value == nil {
            var proposal = Proposal()
            spec.fetchImage(at: site, into: &proposal)
            return proposal
        }
        let absent = site.cluster.poolers.first { other in
            guard other.name != pooler.name, let seen = site.container(other.name) else {
                return other.name != pooler.name
            }
            let view = site.scene.observation.pooler(other.name).value
            return !seen.state.isRunning || view == nil || view?.isPaused == true
        }
        return absent.map {
            Proposal(
                waiting: ["\($0.name) to serve, before \(pooler.name) is made anew"], lookAgain: .milliseconds(250))
        }
    }

    /// What to say to a pooler whose files are as wanted: first that it read them, then that it let clients go on.
    private func command() -> (PoolerEffect, Reason)? {
        guard case .present(let view) = site.scene.observation.pooler(pooler.name) else { return nil }
        let version = PoolerSpec.version(hosts: hosts, at: site)
        if view.version != version { return (.reload(version: version), .filesDiffer(["pgbouncer.ini"])) }
        return view.isPaused && mayResume ? (.resume, .paused) : nil
    }

    /// Held clients go on where somebody takes writes. While a switchover holds them that is somebody else than before
    /// (or the one that was restarted), and while positively nobody does they wait on: an answer of any other kind would be an error.
    private var mayResume: Bool {
        guard pooler.access == .readWrite else { return true }
        let observation = site.scene.observation
        guard case .present = observation.dcs else {
            return hosts.contains { host in
                observation.member(host).value.map { $0.role == .primary && $0.state == .running } == true
            }
        }
        let hold = Hold(site)
        guard let serving = site.serving else {
            return !observation.database.isAbsent && hold?.record.isRestart != true
        }
        return hold?.ends(with: serving) ?? true
    }

    /// Whom the connections go to: whoever takes writes by PostgreSQL's own word, and nobody else while nobody does.
    private static func hosts(of pooler: Pooler, at site: Site) -> [NodeName] {
        let observation = site.scene.observation
        let known = observation.pooler(pooler.name).value?.hosts ?? []
        let leader = observation.dcs.value?.leader?.node
        let serving = site.serving
        switch pooler.access {
        case .readWrite:
            if let serving { return [serving] }
            // those who wait turn while the old primary ends, so that nothing but the election is waited for
            if let hold = Hold(site), hold.isStandingDown || hold.isReleased, site.isHeld(pooler) { return [hold.heir] }
            if !known.isEmpty { return known }
        case .readOnly:
            let streaming = Roster(site).streaming.map(\.name)
            let wanted = streaming.filter { !site.cluster.tags(of: $0).noloadbalance }
            if !wanted.isEmpty { return wanted }
            if !streaming.isEmpty { return streaming }
            if let serving { return [serving] }
            if !known.isEmpty { return known }
        }
        let last = leader ?? observation.dcs.value?.synchronous?.leader
        return [last ?? site.cluster.nodeNames.first ?? ""]
    }

    private func report(_ group: ContainerGroup, into proposal: inout Proposal) {
        let isRunning =
            switch group {
            case .running: true
            case .outdated(let seen, _): seen.state.isRunning
            default: false
            }
        let view = site.scene.observation.pooler(pooler.name)
        let wanted = PoolerSpec.version(hosts: hosts, at: site)
        let address = "\(site.cluster.pooler.bindAddress):\(pooler.port)"
        let list = hosts.map(\.text).joined(separator: ", ")
        func say(_ status: Condition.Status, _ reason: String, _ message: String) {
            proposal.conditions.append(
                Condition(
                    .poolerAvailable, status, reason: reason, message: message, subject: site.subject(pooler.name)))
            if status != .true { proposal.wait(for: "\(pooler.name): \(message)", lookAgain: .milliseconds(250)) }
        }
        guard isRunning else { return say(.false, "NotRunning", "it is being started") }
        switch view {
        case .present(let view) where view.isPaused: say(.false, "Paused", "it holds its clients back")
        case .present(let view) where view.version != wanted: say(.false, "Stale", "it has not read its file yet")
        case .present: say(.true, "Serving", "\(address) leads to \(list)")
        case .absent: say(.false, "NotRunning", "it is being started")
        case .unknown(let blindness): say(.unknown, "Unseen", "its console does not answer: \(blindness.detail)")
        }
    }
}
