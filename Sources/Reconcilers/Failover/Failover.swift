public import Model

/// Releases the leader key of a leader that is proven dead, so that the replicas elect at once instead of waiting
/// for the lease to expire. Never on suspicion: every unknown leaves it to Patroni's own time-out.
public struct Failover: Reconciler {
    /// Its name in plans and events.
    public let name = "failover"
    /// Creates the planner.
    public init() {}

    /// One conditional transaction, with the evidence, when somebody can take over without loss.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input), case .present(let dcs) = input.observation.dcs, let leader = dcs.leader,
            !dcs.isPaused, !input.isInMaintenance(leader.node)
        else { return Proposal() }
        guard let proof = Failover.evidence(against: leader.node, at: scope) else { return Proposal() }
        let nodeSet = NodeSet(scope)
        guard !nodeSet.candidates(besides: leader.node).isEmpty else {
            return Proposal(waiting: ["\(leader.node), because no node can take over without loss"])
        }
        return Proposal(
            actions: [
                Action(
                    .etcd(.releaseLeader(prefix: input.cluster.dcsPrefix, leader, candidate: nil)), on: .leadership,
                    because: .leaderDead(leader.node, exitCode: proof.exitCode), proof: proof)
            ],
            waiting: ["a new leader"], lookAgain: .milliseconds(100))
    }

    /// The engine's own record of the end of the leader's container; nil for everything short of a proof.
    static func evidence(against leader: NodeName, at scope: EngineScope) -> Proof? {
        let volumes = scope.volumes(of: leader.text).map(\.name)
        let isVolumeInUse = scope.engine.containers.contains { other in
            other.name != leader.container && other.state.isAlive
                && other.settings.mounts.contains { volumes.contains($0.volume) }
        }
        guard !isVolumeInUse, scope.network != nil else { return nil }
        guard let seen = scope.container(leader.container) else {
            // removed: Docker ends a container's processes before it forgets the container
            guard scope.engine.container(leader.container) == nil else { return nil }
            return Proof(engineID: scope.engine.id, container: nil, startedAt: "", exitCode: nil, finishedAt: "")
        }
        guard case .exited(let exit) = seen.state, exit.code != 255, exit.error.isEmpty,
            !scope.networks.contains(where: { $0.endpoints.contains(seen.id) })
        else { return nil }
        return Proof(
            engineID: scope.engine.id, container: seen.id, startedAt: exit.startedAt, exitCode: exit.code,
            finishedAt: exit.finishedAt)
    }
}
