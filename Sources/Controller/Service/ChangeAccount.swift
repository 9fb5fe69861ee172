import Model
import Supervisor

/// Follows what the controller interrupts until it does its part again, and says how long that took: the prices of the
/// plans to come.
struct ChangeAccount {
    /// An interruption that is not over.
    private struct Interruption {
        let kind: Measurement.Kind
        let node: NodeName
        let since: Duration
        /// The container as it was before, what waited for the restart, and when PostgreSQL had been started.
        let container: ContainerID?
        let pending: [PendingParameter]
        let startedAt: Timestamp?

        /// Whether PostgreSQL was restarted since.
        func isBehind(_ member: MemberView) -> Bool {
            member.pending != pending || member.startedAt != nil && member.startedAt != startedAt
        }
    }

    /// What takes longer than this was in trouble, and promises nothing.
    private static let limit: Duration = .seconds(900)
    private var open: [Interruption] = []
    /// Nodes that shut down: a new container of theirs is no new replica.
    private var retired: [NodeName] = []

    /// Notes what a pass interrupted; an event for each interruption that is over.
    mutating func follow(_ report: PassReport, in world: some KeptWorld) async -> [Event] {
        let input = report.input
        open.removeAll { input.now.uptime - $0.since > ChangeAccount.limit }
        var events: [Event] = []
        for interruption in open where !input.isInMaintenance && isOver(interruption, input) {
            if interruption.kind == .switchover || interruption.kind == .primaryRestart {
                guard let leader = input.observation.dcs.value?.leader?.node,
                    await world.provesWrite(on: leader, for: input.cluster)
                else { continue }
            }
            open.removeAll { $0.node == interruption.node && $0.kind == interruption.kind }
            events.append(event(interruption, input, at: await world.now()))
        }
        for (planned, outcome) in report.performed {
            if case .docker(_, .shutdownPrimary) = planned.action.effect,
                case .container(_, let name) = planned.action.subject
            {
                retired.append(NodeName(name.text))
            }
            guard case .done = outcome, let new = interruption(by: planned.action, input) else { continue }
            if open.contains(where: { $0.node == new.node && $0.kind == new.kind }) { continue }
            // a container that is made anew was stopped before
            if new.kind == .newReplica, open.contains(where: { $0.node == new.node }) { continue }
            if new.kind == .newReplica, let place = retired.firstIndex(of: new.node) {
                retired.remove(at: place)
                continue
            }
            open.append(new)
        }
        return events
    }

    private func interruption(by action: Action, _ input: PlanningInput) -> Interruption? {
        let leader = input.observation.dcs.value?.leader?.node
        func new(_ kind: Measurement.Kind, _ node: NodeName, _ container: ContainerID? = nil) -> Interruption {
            let member = input.observation.member(node).value
            return Interruption(
                kind: kind, node: node, since: input.now.uptime, container: container, pending: member?.pending ?? [],
                startedAt: member?.startedAt)
        }
        switch action.effect {
        case .patroni(let node, .restart): return new(node == leader ? .primaryRestart : .replicaRestart, node)
        case .patroni(_, .switchover(let from, _)): return new(.switchover, from)
        case .docker(_, .stop(let id)):
            guard case .container(_, let name) = action.subject, case .settingsDiffer = action.reason,
                input.cluster.nodeNames.contains(NodeName(name.text)), input.cluster.nodes.count > 1
            else { return nil }
            return new(.replicaRenewal, NodeName(name.text), id)
        case .docker(_, .createContainer(let spec)):
            guard spec.component == .node, leader != nil else { return nil }
            return new(.newReplica, NodeName(spec.name.text))
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
    }

    private func isOver(_ interruption: Interruption, _ input: PlanningInput) -> Bool {
        guard case .present(let dcs) = input.observation.dcs, let leader = dcs.leader?.node else { return false }
        if interruption.kind == .switchover {
            guard leader != interruption.node, let member = input.observation.member(leader).value else { return false }
            return member.role == .primary && member.state == .running
        }
        guard let member = input.observation.member(interruption.node).value, member.state == .running else {
            return false
        }
        switch interruption.kind {
        case .primaryRestart: return member.role == .primary && interruption.isBehind(member)
        case .replicaRestart: return member.isStreaming && interruption.isBehind(member)
        case .replicaRenewal:
            let engine = input.cluster.engines.first.flatMap { input.observation.engine($0.name).value }
            let seen = engine?.container(ContainerName(interruption.node.text))
            return member.isStreaming && seen != nil && seen?.id != interruption.container
        case .newReplica: return member.isStreaming
        case .failover, .switchover, .clientPause: return false
        }
    }

    private func event(_ interruption: Interruption, _ input: PlanningInput, at now: Moment) -> Event {
        let milliseconds = max(0, (now.uptime - interruption.since) / .milliseconds(1))
        let seconds = (milliseconds / 10).rounded() / 100
        let what =
            switch interruption.kind {
            case .switchover: "the switchover from \(interruption.node) is over"
            case .primaryRestart: "\(interruption.node) takes writes again"
            case .replicaRestart, .replicaRenewal: "\(interruption.node) streams again"
            case .newReplica: "\(interruption.node) streams for the first time"
            case .failover, .clientPause: "the failover is over"
            }
        return Event(
            time: now.text, cluster: input.cluster.name.text, kind: .action,
            object: Subject.node(interruption.node).text, what: what, reason: "a change interrupted it",
            message: "it took \(seconds) s", measured: Measurement(interruption.kind, seconds: seconds))
    }
}
