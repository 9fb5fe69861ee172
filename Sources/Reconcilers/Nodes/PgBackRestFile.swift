import Model

/// pgBackRest's configuration: of a node, which archives its own WAL and lends its data to the backup task; and of the
/// tasks.
enum PgBackRestFile {
    static let path = "\(FileSpec.directory)/pgbackrest.conf"
    private static let own = ClusterIdentity.own
    private static let authorities = ClusterIdentity.authorities
    private static let port = 8432

    /// The files of a node: `node` runs `pgbackrest server`, which lets the backup task read the data directory, and no other
    /// party.
    static func node(_ node: NodeName, at scope: EngineScope) -> [FileSpec] {
        let (cluster, clients) = (scope.cluster, scope.backupClients)
        let stanza = cluster.backups.stanza
        let address = scope.internalName(of: node)?.text ?? "0.0.0.0"
        let access = RepositoryAccess(cluster.backups)
        let text: Template = """
            \(global(cluster, access))
            tls-server-address=\(address)
            tls-server-port=\(port)
            tls-server-ca-file=\(authorities)
            tls-server-cert-file=\(own)
            tls-server-key-file=\(own)
            \(clients.map { "tls-server-auth=\($0)=\(stanza)" }.joined(separator: "\n"))

            # fetching is done at once: a starting standby asks for files that are not there, and each question to a
            # background process costs it a fifth of a second
            [global:archive-push]
            archive-async=\(cluster.backups.asynchronousArchiving ? "y" : "n")

            [\(stanza)]
            \(data(1))

            """
        return [file(text)] + access.files
    }

    /// The files of the backup task, which asks every node, and copies from a standby where there is one.
    static func backup(at scope: EngineScope) -> [FileSpec] {
        let cluster = scope.cluster
        let nodes = cluster.nodeNames.enumerated().map { index, node in
            """
            \(data(index + 1))
            pg\(index + 1)-host=\(scope.internalName(of: node)?.text ?? node.text)
            pg\(index + 1)-host-type=tls
            pg\(index + 1)-host-port=\(port)
            pg\(index + 1)-host-ca-file=\(authorities)
            pg\(index + 1)-host-cert-file=\(own)
            pg\(index + 1)-host-key-file=\(own)

            """
        }
        let access = RepositoryAccess(cluster.backups)
        let text: Template = """
            \(global(cluster, access, console: "detail"))
            backup-standby=prefer
            # a node that does not answer is not waited for
            io-timeout=10
            db-timeout=20
            protocol-timeout=30

            [\(cluster.backups.stanza)]
            \(nodes.joined())
            """
        return [file(text)] + access.files + ClusterIdentity.files(of: .backup, owner: NodeSpec.owner)
    }

    /// The files of a task that only reads a repository.
    static func reading(_ cluster: Cluster, stanza: String, _ access: RepositoryAccess) -> [FileSpec] {
        let text: Template = """
            \(global(cluster, access))

            [\(stanza)]
            \(data(1))

            """
        return [file(text)] + access.files
    }

    private static func global(_ cluster: Cluster, _ access: RepositoryAccess, console: String = "info") -> Template {
        let backups = cluster.backups
        return """
            # written by the controller; edits are undone
            [global]
            \(access.lines)
            repo1-retention-full-type=\(backups.retention.rawValue)
            repo1-retention-full=\(backups.retainFull)
            repo1-retention-diff=\(backups.retainIncremental)
            process-max=\(backups.processes)
            compress-type=\(backups.compression.rawValue)
            spool-path=/var/spool/pgbackrest
            log-path=/var/log/pgbackrest
            log-level-console=\(console)
            log-level-file=off
            start-fast=y
            delta=y
            """
    }

    private static func data(_ number: Int) -> String {
        """
        pg\(number)-path=\(NodeSpec.dataDirectory)
        pg\(number)-port=5432
        pg\(number)-socket-path=/var/run/postgresql
        pg\(number)-user=postgres
        """
    }

    private static func file(_ text: Template) -> FileSpec {
        FileSpec(path: path, content: text, owner: NodeSpec.owner)
    }
}
