import FoundationEssentials
import Model
import Supervisor

/// Follows a switchover behind the poolers from the first client that waits to the first write that is proven on the new
/// primary, and says what it cost and where the time went.
struct SwitchoverAccount {
    private var from: NodeName?
    private var since: Duration = .zero
    private var steps: [(what: String, at: Duration)] = []

    /// Begins with the pause of a pooler, and ends with an event when its clients go on.
    mutating func follow(_ report: PassReport, in world: some KeptWorld) async -> Event? {
        let input = report.input
        guard let dcs = input.observation.dcs.value, !report.performed.isEmpty || from != nil else { return nil }
        let now = await world.now().uptime
        var isReleased = false
        // the old primary's own word that it is over, which comes before the engine's
        if from != nil, dcs.leader?.node != from { note("key released", input.now.uptime) }
        for (planned, outcome) in report.performed {
            guard case .done = outcome else { continue }
            switch planned.action.effect {
            case .pooler(_, .pause):
                if from == nil, let record = dcs.switchover, !record.isRestart {
                    (from, since, steps) = (record.from, input.now.uptime, [])
                }
                note("held", now)
            case .docker(_, .shutdownPrimary): note("told to end", now)
            case .etcd(.releaseLeader):
                note("end seen", input.now.uptime)
                note("key released", now)
            case .pooler(_, .reload): note("poolers turned", now)
            case .pooler(_, .resume):
                isReleased = true
                note("write possible", input.now.uptime)
            case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: break
            }
        }
        guard isReleased, let old = from else { return nil }
        from = nil
        // called off: the steps have said so
        guard let leader = dcs.leader?.node, leader != old, await world.provesWrite(on: leader, for: input.cluster)
        else { return nil }
        let end = await world.now()
        let seconds = SwitchoverAccount.seconds(end.uptime - since)
        let parts = steps.map { "\($0.what) \(SwitchoverAccount.seconds($0.at - since))" }.joined(separator: ", ")
        return Event(
            time: end.text, cluster: input.cluster.name.text, kind: .action, object: Subject.leadership.text,
            what: "the switchover from \(old) to \(leader) is over", reason: "the poolers' clients waited meanwhile",
            message: "they were paused for \(seconds) s, up to the first write that was proven: \(parts) s",
            measured: Measurement(.clientPause, seconds: seconds))
    }

    private mutating func note(_ what: String, _ at: Duration) {
        guard from != nil, !steps.contains(where: { $0.what == what }) else { return }
        steps.append((what, at))
    }

    /// To the hundredth.
    private static func seconds(_ duration: Duration) -> Double {
        (max(0, duration / .milliseconds(10))).rounded() / 100
    }
}
