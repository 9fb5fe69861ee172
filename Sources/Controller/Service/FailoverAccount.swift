import DockerAPI
import Model
import Supervisor

/// Follows a failover from the death of the leader to the first write that is proven to work, and says what it cost.
struct FailoverAccount {
    private var dead: (node: NodeName, wallMilliseconds: Int64)?

    /// Begins with the release of a dead leader's key, and ends with an event.
    mutating func follow(_ report: PassReport, in world: some KeptWorld) async -> Event? {
        for (planned, outcome) in report.performed {
            guard case .etcd(.releaseLeader(_, let key, nil)) = planned.action.effect, case .done = outcome else {
                continue
            }
            let ended = DockerTime(planned.action.proof?.finishedAt ?? "").map { $0.nanosecondsSince1970 / 1_000_000 }
            dead = (key.node, ended ?? report.input.now.wallMilliseconds)
        }
        guard !report.input.isInMaintenance, let dead, case .present(let dcs) = report.input.observation.dcs,
            let leader = dcs.leader?.node,
            let member = report.input.observation.member(leader).value, member.role == .primary,
            member.state == .running
        else { return nil }
        let cluster = report.input.cluster
        guard await world.provesWrite(on: leader, for: cluster) else { return nil }
        self.dead = nil
        let now = await world.now()
        let milliseconds = max(0, now.wallMilliseconds - dead.wallMilliseconds)
        let gap = "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) s"
        return Event(
            time: now.text, cluster: cluster.name.text, kind: .action, object: Subject.leadership.text,
            what: "failover from \(dead.node) to \(leader) is over",
            reason: "the leader \(dead.node) had died",
            message: "the first write was proven \(gap) after the death, on timeline \(member.timeline ?? 0)",
            measured: Measurement(.failover, seconds: Double(milliseconds) / 1000))
    }
}
