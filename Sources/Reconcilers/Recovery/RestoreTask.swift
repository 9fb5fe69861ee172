import Model

/// The job that restores into a node's volume.
enum RestoreTask {
    /// What `task` ends with when the target lies outside of what the repository holds: trying again would not help.
    static let notReached = 3

    static func spec(_ recovery: Recovery, into volume: VolumeName, identity: String, at scope: EngineScope) -> TaskSpec
    {
        let backups = scope.cluster.backups
        let access = recovery.source.map { RepositoryAccess($0) } ?? RepositoryAccess(backups)
        let stanza = recovery.source?.stanza ?? backups.stanza
        var command = ["task", "restore", "--stanza=\(stanza)"]
        if let backup = recovery.backup { command.append("--set=\(backup)") }
        command += recovery.target.arguments
        return TaskSpec(
            kind: .restore, identity: identity, command: command,
            mounts: [VolumeMount(volume: volume, destination: NodeSpec.dataMount)] + access.mounts(isWritable: false),
            files: PgBackRestFile.reading(scope.cluster, stanza: stanza, access) + [
                FileSpec(
                    path: "\(FileSpec.directory)/accounts.sql",
                    content: """
                        -- written by the controller: the restored cluster must know the superuser's password of today
                        ALTER ROLE postgres PASSWORD \(quotedLiteral: .superuser);

                        """, owner: NodeSpec.owner)
            ], networks: access.networks(scope.cluster))
    }
}

extension Template.Interpolation {
    /// A secret as an SQL literal: ours hold nothing that needs quoting, and `task` logs no statement.
    fileprivate mutating func appendInterpolation(quotedLiteral secret: SecretName) {
        appendLiteral("'")
        appendInterpolation(secret: secret)
        appendLiteral("'")
    }
}
