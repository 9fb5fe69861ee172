import Model

/// Patroni looks once a loop; a no-op `PATCH /config` makes it look now. PatroniWakeups the right node at the right moment
/// keeps everything fast while `loop_wait` stays long. A rewound copy may wait for WAL that an idle primary does not write.
enum PatroniWakeups {
    static func propose(_ nodeSet: NodeSet) -> Proposal {
        guard let dcs = nodeSet.dcs, !nodeSet.isPaused else { return Proposal() }
        var proposal = Proposal()
        func wake(_ node: NodeView, _ why: String) {
            proposal.actions.append(Action(.patroni(node.name, .wake), on: .node(node.name), because: .wake(why)))
        }
        guard let leader = nodeSet.leader, dcs.leader != nil else {
            guard dcs.initialize?.isEmpty == false else { return proposal }
            for node in nodeSet.nodes where node.answers { wake(node, "there is no leader") }
            return proposal
        }
        guard leader.isServing else {
            if leader.answers { wake(leader, "it holds the leader key and does not serve") }
            return proposal
        }
        for node in nodeSet.nodes where !node.isLeader && node.answers {
            guard let member = node.member.value, member.state != .cloning else { continue }
            if member.state == .starting {
                proposal.actions.append(
                    Action(
                        .sql(leader.name, .advanceWAL), on: .node(node.name),
                        because: .wake("\(node.name) may need one record more to be consistent")))
                continue
            }
            if !node.isUp || member.role != .replica {
                wake(node, "the leader is ready")
            } else if !node.isStreaming {
                wake(leader, "\(node.name) needs its replication slot")
                wake(node, "the leader is ready")
            }
        }
        // before a synchronous standby restarts or stops it asks to be none, and waits for the leader's next look
        for name in dcs.synchronous?.standbys ?? [] where dcs.member(name)?.tags.value(of: "nosync") == "true" {
            wake(leader, "\(name) asks not to be synchronous any more")
        }
        let standbys = dcs.synchronous?.standbys.filter { name in nodeSet.streaming.contains { $0.name == name } } ?? []
        let free = nodeSet.streaming.filter { node in
            node.key?.tags.value(of: "nosync") != "true" && !nodeSet.scope.cluster.tags(of: node.name).nosync
        }
        let wanted = min(nodeSet.scope.cluster.postgres.synchronous.number, free.count)
        if nodeSet.isSynchronous, standbys.count < wanted { wake(leader, "a standby can be made synchronous") }
        return proposal
    }
}
