import Model

/// `pgbackrest.conf`, the same on every node.
enum PgBackRestFile {
    static let path = "\(FileSpec.directory)/pgbackrest.conf"

    /// For a node; or for a task that reads another stanza.
    static func spec(for cluster: Cluster, stanza: String? = nil) -> FileSpec {
        let backups = cluster.backups
        let text = """
            # written by the controller; edits are undone
            [global]
            repo1-path=\(NodeSpec.repositoryMount)
            repo1-retention-full-type=\(backups.retention.rawValue)
            repo1-retention-full=\(backups.retainFull)
            repo1-retention-diff=\(backups.retainIncremental)
            process-max=\(backups.processes)
            compress-type=\(backups.compression.rawValue)
            spool-path=/var/spool/pgbackrest
            log-path=/var/log/pgbackrest
            log-level-console=info
            log-level-file=off
            start-fast=y
            delta=y

            # fetching is done at once: a starting standby asks for files that are not there, and each question to a
            # background process costs it a fifth of a second
            [global:archive-push]
            archive-async=\(backups.asynchronousArchiving ? "y" : "n")

            [\(stanza ?? backups.stanza)]
            pg1-path=\(NodeSpec.dataDirectory)
            pg1-port=5432
            pg1-socket-path=/var/run/postgresql
            pg1-user=postgres

            """
        return FileSpec(path: path, content: Template(segments: [.text(text)]), owner: NodeSpec.owner)
    }
}
