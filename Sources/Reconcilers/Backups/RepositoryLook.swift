import Model

/// A look into a repository that is no plain folder, in S3 or encrypted, while no node runs that could be asked. A
/// container of its own does it, and its result is what is known of the repository, for a while: whether a cluster has
/// ever existed must be known before the first node starts.
enum RepositoryLook {
    /// How long a look is good; what is observed goes by the same limit.
    private static let shelfLife: Duration = .seconds(240)

    static func propose(_ scope: EngineScope) -> Proposal {
        guard scope.cluster.backups.enabled, !scope.cluster.backups.isPlain else { return Proposal() }
        guard !scope.containers(of: .node).contains(where: \.state.isRunning) else { return tidy(scope) }
        let backups = scope.cluster.backups
        let access = RepositoryAccess(backups)
        let task = TaskSpec(
            kind: .look, identity: "look into \(backups.stanza)",
            command: ["task", "look", "--stanza=\(backups.stanza)"],
            mounts: access.mounts(isWritable: false),
            files: PgBackRestFile.reading(scope.cluster, stanza: backups.stanza, access),
            networks: access.networks(scope.cluster))
        switch TaskProgress(task, at: scope) {
        case .underway(let proposal): return proposal
        case .ended(let seen, let exit):
            let hasSeen = exit.code == 0
            let reason: Reason = hasSeen ? .obsolete : .retried("exit code \(exit.code)")
            var proposal = TaskProgress.again(
                seen, exit, after: hasSeen ? shelfLife : .seconds(10), reason: reason, at: scope)
            if hasSeen { proposal.waiting = [] }
            return proposal
        }
    }

    /// Nodes can look for themselves, and what was seen before they ran is no longer true.
    private static func tidy(_ scope: EngineScope) -> Proposal {
        guard let seen = scope.container(TaskKind.look.container(of: scope.cluster.name)), !seen.state.isAlive else {
            return Proposal()
        }
        return Proposal(backgroundActions: [
            Action(.docker(scope.engineID, .remove(seen.id)), on: scope.subject(seen.name), because: .obsolete)
        ])
    }
}
