import Model

/// Whether a copy of the databases has room on the engine's disk.
enum DiskRoom {
    /// What to wait for and what to say where there is known to be no room; nil where there is, and where it is unknown.
    ///
    /// A copy needs what the newest backup covers, and shall leave the mark `critical` free, because the others write, too.
    static func shortage(for node: NodeName, at scope: EngineScope) -> Proposal? {
        guard case .present(let disk) = scope.engine.disk,
            let size = scope.input.observation.repository.value?.backups.last?.size
        else { return nil }
        let needed = size + scope.cluster.disk.criticalBytes(of: disk)
        guard disk.freeBytes < needed else { return nil }
        let free = ByteCount(bytes: disk.freeBytes).brief
        let condition = Condition(
            .diskSpaceLow, .true, reason: "NoRoom",
            message: "\(node) is not made anew: \(free) are free on the disk under the volumes, and a copy needs "
                + "\(ByteCount(bytes: needed).brief) with the reserve of `spec.disk.critical`. Make room; it goes on by itself",
            subject: .node(node))
        var proposal = Proposal(conditions: [condition])
        proposal.wait(for: "room for a copy of the data on \(node)", lookAgain: .seconds(30))
        return proposal
    }
}
