import Model

/// A change that does not get beyond its first node: the node that was made as the manifest wants it now does not do its
/// part, so no other node is interrupted.
enum RolloutHealth {
    /// How long a node may take until it does its part; copying a database is not counted.
    static let patience: Duration = .seconds(60)

    static func report(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        let untouched = nodeSet.nodes.filter { !$0.isInMaintenance && RollingUpdate.isDue($0, nodeSet) }.map(
            \.name.text)
        guard !untouched.isEmpty, !nodeSet.isPaused, !nodeSet.isSwitching else { return }
        for node in nodeSet.nodes where !node.isInMaintenance && !untouched.contains(node.name.text) {
            guard let why = failure(of: node, at: Timestamp(nodeSet.scope.input.now)) else { continue }
            proposal.conditions.append(
                Condition(
                    .rolloutStopped, .true, reason: "NodeFailed",
                    message: "\(node.name) is as the manifest wants it and \(why); "
                        + "\(untouched.joined(separator: ", ")) stay as they are until it does its part. Mend what is new, "
                        + "or write the old value back into the manifest", subject: .node(node.name),
                    details: node.container?.lastLines ?? []))
        }
    }

    /// What keeps a node from doing its part, where that is not just a matter of waiting.
    private static func failure(of node: NodeView, at now: Timestamp) -> String? {
        guard !node.isHealthy, let seen = node.container else { return nil }
        switch seen.state {
        case .exited(let exit) where !exit.error.isEmpty: return "cannot be started: \(exit.error)"
        case .exited(let exit) where exit.code != 0: return "ended with exit code \(exit.code)"
        case .running(let startedAt):
            switch node.member.value?.state {
            case .failed: return "its PostgreSQL does not start"
            case .cloning, .initializing: return nil
            case .running, .starting, .stopped, .other, nil: break
            }
            guard let start = Timestamp(startedAt), now - start > patience else { return nil }
            return "has not done its part since its start at \(start.brief)"
        case .created, .exited, .paused, .restarting, .removing, .dead: return nil
        }
    }
}
