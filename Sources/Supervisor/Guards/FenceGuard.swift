import Model

/// I4: a leader key is released only when a fresh look, by ID, shows the leader's container dead, and somebody alive
/// can take over without loss.
enum FenceGuard {
    /// The window in which releases are counted, and how many of them it may hold.
    static let window: Duration = .seconds(60)
    static let limit = 10

    static func judge(_ action: Action, _ input: PlanningInput, recentReleases: Int) -> Violation? {
        guard case .etcd(.releaseLeader(_, let key, let candidate)) = action.effect else { return nil }
        guard let proof = action.proof else { return Violation(.fenceOnlyTheDead, "there is no proof of death") }
        guard recentReleases < limit else {
            return Violation(
                .boundedEffect, "\(recentReleases) releases within \(window.components.seconds) s; Patroni decides now")
        }
        guard case .present(let dcs) = input.observation.dcs else {
            return Violation(.unknownIsNotAbsent, "the leader key could not be read again")
        }
        guard dcs.leader == key else { return Violation(.fenceOnlyTheDead, "the leader key has changed meanwhile") }
        return judgeBody(of: key.node, proof: proof, input) ?? judgeCandidates(of: key.node, dcs: dcs, input)
            ?? judgeNamed(candidate, dcs: dcs, input)
    }

    /// One who is named is not compared with the others by Patroni: the commits must have waited for exactly that one.
    private static func judgeNamed(_ candidate: NodeName?, dcs: DCSView, _ input: PlanningInput) -> Violation? {
        guard let candidate else { return nil }
        let synchronous = input.cluster.postgres.synchronous
        guard synchronous.mode != .off, synchronous.mayNameCandidate,
            dcs.synchronous?.standbys.contains(candidate) == true
        else { return Violation(.fenceOnlyTheDead, "commits did not wait for \(candidate)") }
        return dcs.member(candidate)?.state == "running"
            ? nil : Violation(.fenceOnlyTheDead, "\(candidate) does not run")
    }

    private static func judgeBody(of node: NodeName, proof: Proof, _ input: PlanningInput) -> Violation? {
        guard let id = input.cluster.engines.first?.name, case .present(let view) = input.observation.engine(id) else {
            return Violation(.unknownIsNotAbsent, "Docker Engine could not be seen again")
        }
        guard view.id == proof.engineID else {
            return Violation(.fenceOnlyTheDead, "the engine is another one than the proof's")
        }
        if let container = proof.container {
            guard let body = view.containers.first(where: { $0.id == container }) else {
                return Violation(.fenceOnlyTheDead, "container \(container.short) is gone; looking again")
            }
            guard case .exited(let exit) = body.state, exit.code != 255, exit.error.isEmpty,
                exit.startedAt == proof.startedAt
            else {
                return Violation(.fenceOnlyTheDead, "container \(container.short) is not known to be dead")
            }
            if view.networks.contains(where: { $0.endpoints.contains(container) }) {
                return Violation(.fenceOnlyTheDead, "container \(container.short) still has a network endpoint")
            }
        }
        let volumes = view.volumes.filter { $0.labels.value(of: Label.name) == node.text }.map(\.name)
        for other in view.containers {
            switch other.state {
            case .created, .exited: continue
            case .running, .paused, .restarting, .removing, .dead: break
            }
            if other.name.text == node.text || other.labels.value(of: Label.name) == node.text {
                return Violation(.fenceOnlyTheDead, "container \(other.name) lives")
            }
            if other.settings.mounts.contains(where: { volumes.contains($0.volume) }) {
                return Violation(.fenceOnlyTheDead, "container \(other.name) lives on the volume of \(node)")
            }
        }
        return nil
    }

    private static func judgeCandidates(of node: NodeName, dcs: DCSView, _ input: PlanningInput) -> Violation? {
        let synchronous = input.cluster.postgres.synchronous
        let standbys = dcs.synchronous?.standbys ?? []
        // a key outlives its node by up to the whole lease; the engine says at once what runs
        let alive = dcs.members.filter { $0.name != node && $0.state == "running" && runs($0.name, input) }
        let candidates = alive.filter { member in
            member.tags.value(of: "nofailover") != "true"
                && (synchronous.mode == .off || standbys.contains(member.name))
                && !lags(member.name, dcs: dcs, input)
        }
        if candidates.isEmpty { return Violation(.fenceOnlyTheDead, "no node can take over without loss") }
        guard synchronous.mode == .quorum || dcs.configurationInForce.isQuorum else { return nil }
        // each commit waited for so many standbys: where as many are missing, they may be the ones that have it
        let missing = standbys.filter { standby in standby != node && !alive.contains { $0.name == standby } }
        return missing.count < synchronous.number
            ? nil
            : Violation(
                .fenceOnlyTheDead,
                "\(missing.count) of the standbys are missing, and the last commits may be on them alone")
    }

    /// Whether the engine shows a running container of this node that nothing is stopping.
    private static func runs(_ node: NodeName, _ input: PlanningInput) -> Bool {
        input.observation.engines.contains { engine in
            engine.view.value?.containers.contains { body in
                body.labels.value(of: Label.component) == Component.node.rawValue
                    && body.labels.value(of: Label.name) == node.text
                    && body.labels.value(of: Label.cluster) == input.cluster.name.text && body.state.isRunning
                    && !body.isBeingStopped
            } == true
        }
    }

    /// Whether a replica's own Patroni says that it is behind the last leader by more than Patroni allows a candidate.
    private static func lags(_ node: NodeName, dcs: DCSView, _ input: PlanningInput) -> Bool {
        guard let end = dcs.leaderPosition, let reached = input.observation.member(node).value?.walPosition else {
            return false
        }
        let allowed = dcs.maximumLag
        return reached + allowed < end
    }
}
