import Model

/// Whether copies of the databases have room on the engine's disk. The volumes that they replace stay.
enum DiskRoom {
    /// What a node needs that is made anew.
    static func shortage(for node: NodeName, at scope: EngineScope) -> Proposal? {
        shortage(copies: 1, for: "a copy of the data on \(node)", subject: .node(node), at: scope)
    }

    /// What a restore in place needs: the restored data, and a copy of it on every other node.
    static func shortage(forRestoreTo target: RecoveryTarget, at scope: EngineScope) -> Proposal? {
        shortage(
            copies: scope.cluster.nodeNames.count, for: "the restore to \(target.text)", subject: .repository, at: scope
        )
    }

    /// What to wait for and what to say where there is known to be no room; nil where there is, and where it is unknown.
    ///
    /// A copy needs what the newest backup covers, and shall leave the mark `critical` free, because the others write, too.
    private static func shortage(
        copies: Int, for what: String, subject: Subject, at scope: EngineScope
    ) -> Proposal? {
        guard case .present(let disk) = scope.engine.disk,
            let size = scope.input.observation.repository.value?.backups.last?.size
        else { return nil }
        let needed = size * Int64(copies) + scope.cluster.disk.criticalBytes(of: disk)
        guard disk.freeBytes < needed else { return nil }
        let free = ByteCount(bytes: disk.freeBytes).brief
        let condition = Condition(
            .diskSpaceLow, .true, reason: "NoRoom",
            message: "\(what) does not begin: \(free) are free on the disk under the volumes, and it needs "
                + "\(ByteCount(bytes: needed).brief) with the reserve of `spec.disk.critical`. Make room; it goes on by itself",
            subject: subject)
        var proposal = Proposal(conditions: [condition])
        proposal.wait(for: "room for \(what)", lookAgain: .seconds(30))
        return proposal
    }
}
