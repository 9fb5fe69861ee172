import Model

/// Restarts and fresh copies of nodes that a person asked for. `RollingUpdate` does them in its order and with its conditions,
/// like what the manifest asks for; here the requests end.
enum NodeRequests {
    static func propose(_ nodeSet: NodeSet) -> Proposal {
        var proposal = Proposal()
        for request in nodeSet.dcs?.nodeRequests ?? [] {
            guard let end = end(of: request, nodeSet) else {
                if request.kind == .reinit, let shortage = DiskRoom.shortage(for: request.node, at: nodeSet.scope) {
                    proposal.add(shortage)
                }
                proposal.wait(for: request.text, lookAgain: .seconds(1))
                continue
            }
            let key = NodeRequest.key(of: nodeSet.scope.cluster.name, node: request.node)
            proposal.actions.append(
                Action(
                    .etcd(.deleteKey(key: key, modRevision: request.modRevision)), on: .node(request.node),
                    because: .requested("\(request.text); it is over: \(end)")))
        }
        return proposal
    }

    /// Why a request is over; nil while it is to be done.
    private static func end(of request: NodeRequest, _ nodeSet: NodeSet) -> String? {
        guard let node = nodeSet.nodes.first(where: { $0.name == request.node }) else {
            return "the manifest does not name \(request.node)"
        }
        switch request.kind {
        case .restart:
            if let start = node.member.value?.startedAt, NodeRequest.mark(startedAt: start) != request.before {
                return "PostgreSQL was started at \(start.brief)"
            }
        case .reinit:
            if node.volume.text != request.before { return "\(node.name) has the volume \(node.volume)" }
            if node.isLeader { return "\(node.name) leads" }
        }
        let age = Timestamp(nodeSet.scope.input.now) - request.at
        if age < .seconds(-60) { return "it is from the future: the clock was set back" }
        return age > NodeRequest.patience
            ? "it could not be done in \(NodeRequest.patience.components.seconds) s" : nil
    }
}

extension NodeView {
    /// Whether a restart was asked for, and its PostgreSQL is still the one that is to be restarted.
    var isRestartRequested: Bool { startToEnd != nil }

    /// When the PostgreSQL was started for which a restart was asked; nil where none is to be done.
    var startToEnd: Timestamp? {
        guard let request, request.kind == .restart, let start = member.value?.startedAt,
            NodeRequest.mark(startedAt: start) == request.before
        else { return nil }
        return start
    }
}

extension NodeSet {
    /// Whether a node is to get a fresh volume and a copy of the primary's data, because a person asked for it. While no other
    /// node leads and takes writes, its own data may be the newest that there is.
    func isToReinit(_ node: NodeView) -> Bool {
        guard let request = node.request, request.kind == .reinit, request.before == node.volume.text,
            case .born = history
        else { return false }
        // a copy without room would fill the disk that the primary writes to
        return leader?.isServing == true && !node.isLeader && !isPaused && !isSwitching && !node.isInMaintenance
            && DiskRoom.shortage(for: node.name, at: scope) == nil
    }
}
