internal import Model

/// The whole file: what the format asks for around the cluster.
struct Document: Sendable {
    var apiVersion = Manifest.apiVersion
    var kind = Manifest.kind
    var cluster = Cluster(name: "")

    static let shape = Shape<Document>.section(
        [
            Rule("apiVersion", \.apiVersion, .apiVersion, isRequired: true, "The version of this format."),
            Rule("kind", \.kind, .oneOf([Manifest.kind]), isRequired: true, "What the file describes."),
            Rule("metadata", \.cluster, metadata, isRequired: true, "Who the cluster is."),
            Rule("spec", \.cluster, spec, "What the cluster shall be; everything has a default."),
        ], defaults: Document())

    private static let metadata = Shape<Cluster>.section(
        [
            Rule(
                "name", \.name, .name(.label), isRequired: true,
                "The cluster's name: Patroni's scope and the owner on every Docker object. Cannot change.")
        ], defaults: Cluster(name: ""), later: ["labels", "annotations", "namespace"])

    private static let spec = Shape<Cluster>.section(
        [
            Rule("engines", \.engines, .engines, "The Docker Engines; one, named local, by default."),
            Rule("network", \.network, .network, "The two Docker networks."),
            Rule("etcd", \.etcd, .etcd, "The etcd store that holds Patroni's decisions."),
            Rule("nodes", \.nodes, .nodes, "The PostgreSQL node containers."),
            Rule("postgres", \.postgres, .postgres, "PostgreSQL's own settings."),
            Rule("patroni", \.patroni, .patroni, "Patroni's timings; loopWait + 2 × retryTimeout ≤ ttl."),
            Rule("database", \.accounts, .accounts, "The application's database and the roles around it."),
            Rule("schema", \.schema, .schema, "Extensions and migrations."),
            Rule(
                "roles", \.roles,
                Shape<DeclaredRole>.declaredRole.list(
                    upTo: 200, empty: DeclaredRole(name: ""), unique: { $0.name.text }),
                "Roles beside the controller's own. One that is taken out of the list stays as it is."),
            Rule(
                "databases", \.databases,
                Shape<DeclaredDatabase>.declaredDatabase.list(
                    upTo: 100, empty: DeclaredDatabase(name: ""), unique: { $0.name.text }),
                "Databases beside the application's. One that is taken out of the list stays as it is."),
            Rule("backups", \.backups, .backups, "Backups and WAL archiving by pgBackRest."),
            Rule("pooler", \.pooler, .pooler, "PgBouncer in front of the nodes: addresses that always work."),
            Rule("tls", \.tls, .tls, "TLS between clients and the cluster."),
            Rule("console", \.console, .console, "The web console."),
            Rule("monitoring", \.monitoring, .monitoring, "Metrics and health over HTTP, from the controller itself."),
            Rule("disk", \.disk, .disk, "From where on little free space under the volumes is worth a warning."),
            Rule(
                "notifications", \.notifications,
                Shape<NotificationReceiver>.notificationReceiver.list(
                    upTo: 20, empty: NotificationReceiver(name: ""), unique: { $0.name }),
                "Who is told when something happens."),
            Rule("bootstrap", \.recovery, .bootstrap, "What a cluster that does not exist yet begins with."),
            Rule("maintenance", \.maintenance, .flag, "While true, nothing is changed."),
        ], defaults: Cluster(name: ""),
        later: ["dashboard", "restore", "standby", "upgrade", "hosts"])
}

extension Shape<String> {
    /// The format's version; a newer one than ours asks for a newer controller.
    fileprivate static let apiVersion = Shape(
        schema: .mapping(["enum": .list([.text(Manifest.apiVersion)])]),
        read: { field, value in
            if case .scalar(let text, _) = field.tree.content,
                let match = text.wholeMatch(of: /pg-controller\.io\/v([0-9]+)[a-z0-9]*/),
                text != Manifest.apiVersion
            {
                field.reject(
                    "is a version that this controller does not know: upgrade controller to one that knows v\(match.1)",
                    expected: Manifest.apiVersion)
                return nil
            }
            return Shape.oneOf([Manifest.apiVersion], because: "is no version of this format").read(field, value)
        },
        write: { .text($0) })
}
