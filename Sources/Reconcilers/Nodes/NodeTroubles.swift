import Model

extension NodeReport {
    /// What a node suffers from though its container lives: Patroni goes on trying, and only a person can mend it.
    static func troubles(_ nodeSet: NodeSet, to proposal: inout Proposal) {
        for node in nodeSet.nodes {
            guard let seen = node.container, seen.state.isRunning else { continue }
            let subject = nodeSet.scope.subject(node.name.container)
            if node.member.value?.state == .failed {
                proposal.conditions.append(
                    Condition(
                        .crashLoop, .true, reason: "ServerFails",
                        message:
                            "PostgreSQL does not start on \(node.name), and Patroni tries it again every loop; its "
                            + "last lines may say why", subject: subject, details: seen.lastLines))
            }
            if let time = seen.ranOutOfMemoryAt {
                proposal.conditions.append(
                    Condition(
                        .outOfMemory, .true, reason: "ProcessKilled",
                        message: "at \(time) the kernel killed a process of \(node.name) for want of memory; its limit "
                            + "is \(ByteCount(bytes: seen.settings.memory)): raise `nodes.memory`, or lower "
                            + "`work_mem` or `max_connections`", subject: subject))
            }
        }
        if let unknownReason = nodeSet.scope.input.observation.database.value?.unknownReason(of: .collations) {
            proposal.conditions.append(
                Condition(
                    .collationMismatch, .unknown, reason: "CollationsUnseen",
                    message: "the databases' collation versions could not be seen: \(unknownReason.detail)"))
        }
        guard let stale = nodeSet.scope.input.observation.database.value?.staleCollations, !stale.isEmpty else {
            return
        }
        proposal.conditions.append(
            Condition(
                .collationMismatch, .true, reason: "VersionDiffers",
                message: "indexes on text in \(stale.joined(separator: ", ")) were built with another version of the "
                    + "collation library and may be wrong: REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION "
                    + "VERSION (docs/recovery.md)"))
    }
}
