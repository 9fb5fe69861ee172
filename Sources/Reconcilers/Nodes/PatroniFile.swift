import Model

/// The secrets every cluster has.
extension SecretName {
    /// PostgreSQL's superuser, used by Patroni and by the controller.
    static let superuser: SecretName = "postgres-superuser"
    /// The replication role.
    static let replication: SecretName = "postgres-replication"
    /// The role of `pg_rewind`.
    static let rewind: SecretName = "postgres-rewind"
    /// The application's admin role.
    static let admin: SecretName = "postgres-admin"
    /// The web console's role.
    static let console: SecretName = "postgres-console"
    /// Patroni's REST API.
    static let rest: SecretName = "patroni-rest"
}

/// `patroni.yml`: what a node must know before it can read the dynamic configuration from etcd.
enum PatroniFile {
    static let path = "\(FileSpec.directory)/patroni.yml"
    /// The tag by which a running Patroni shows which file it has read.
    static let versionTag = "controller_file"

    static func spec(for node: NodeName, _ input: PlanningInput) -> FileSpec {
        let lasting = body(for: node, input)
        let shown = version(of: lasting, for: node, input)
        let tags: Template = "tags:\n  \(versionTag): \"\(shown)\"\n\(own(node, input.cluster))"
        return FileSpec(
            path: path, content: "\(lasting)\(tags)\(bootstrap(input.cluster))", identity: "\(lasting)\(tags)",
            owner: NodeSpec.owner)
    }

    /// What the version tag of a node must be.
    static func version(for node: NodeName, _ input: PlanningInput) -> String {
        version(of: body(for: node, input), for: node, input)
    }

    private static func version(of body: Template, for node: NodeName, _ input: PlanningInput) -> String {
        let text: Template = "\(body)\(own(node, input.cluster))"
        return text.digest(secrets: input.observation.secrets).short
    }

    /// The node's own tags; a Patroni that reads them again follows them without a restart.
    private static func own(_ node: NodeName, _ cluster: Cluster) -> String {
        cluster.tags(of: node).names.map { "  \($0): true\n" }.joined()
    }

    private static func body(for node: NodeName, _ input: PlanningInput) -> Template {
        let (cluster, secrets) = (input.cluster, input.observation.secrets)
        let hosts = cluster.etcdNames.map { "\"\($0):2379\"" }.joined(separator: ", ")
        // names, not addresses: connecting to a dead container's address hangs, its name fails in 7 ms
        return """
            # written by the controller; edits are undone
            # certificates \(ClusterIdentity.version(of: .node(node), secrets: secrets)): another file is read again, and the
            # certificates with it
            scope: "\(cluster.name)"
            namespace: /service/
            name: "\(node)"
            restapi:
              listen: "\(address(node, input, orElse: "0.0.0.0")):8008"
              connect_address: "\(address(node, input, orElse: node.text)):8008"
              authentication:
                username: controller
                password: \(quotedSecret: .rest)\(served(node, input))
            ctl:
              cacert: \(ClusterIdentity.authorities)
              certfile: \(ClusterIdentity.own)
              keyfile: \(ClusterIdentity.own)
            etcd3:
              hosts: [\(hosts)]\(towardsEtcd(node, input))
            postgresql:
              listen: 0.0.0.0:5432
              connect_address: "\(node):5432"
              data_dir: \(NodeSpec.dataDirectory)
              bin_dir: /usr/lib/postgresql/\(cluster.postgres.version)/bin
              pgpass: /tmp/pgpass
              use_unix_socket: true
              use_unix_socket_repl: true
              authentication:
                superuser:
                  username: postgres
                  password: \(quotedSecret: .superuser)
                replication:
                  username: "\(cluster.accounts.replication.role)"
                  password: \(quotedSecret: .replication)\(verification(secrets))
                rewind:
                  username: "\(cluster.accounts.rewind.role)"
                  password: \(quotedSecret: .rewind)\(verification(secrets))
            \(programs(input))
              basebackup:
                - checkpoint: fast\(rate(cluster))
              create_replica_methods: [\(cluster.backups.enabled ? "repository, basebackup" : "basebackup")]
              repository:
                command: clone \(cluster.backups.stanza)
                no_params: true
                keep_data: true
            watchdog:
              mode: "off"

            """
    }

    /// Where Patroni is reached: on the internal network alone, where the node's container and its programs know how.
    private static func address(_ node: NodeName, _ input: PlanningInput, orElse other: String) -> String {
        EngineScope(input)?.internalName(of: node)?.text ?? other
    }

    /// How Patroni's REST interface shows who it is, and that what changes something needs a certificate of the cluster beside the
    /// password. Patroni takes members that speak TLS for silent while it does not know their authority (`ctl`), so this comes
    /// when every node has read that, and only to nodes whose programs ask Patroni with TLS. A node reads its files again only where
    /// an option differs; the key has no password.
    private static func served(_ node: NodeName, _ input: PlanningInput) -> Template {
        guard LocalConfiguration.inForce(input).patroniTLS, EngineScope(input)?.knows(.patroniTLS, node) == true else {
            return ""
        }
        return """

              certfile: \(ClusterIdentity.own)
              keyfile: \(ClusterIdentity.own)
              keyfile_password: "\(ClusterIdentity.version(of: .node(node), secrets: input.observation.secrets))"
              cafile: \(ClusterIdentity.authorities)
              verify_client: optional
            """
    }

    /// How etcd is known, and what it is shown.
    private static func towardsEtcd(_ node: NodeName, _ input: PlanningInput) -> Template {
        guard let scope = EngineScope(input), EtcdTransport(scope).isUsed(by: node) else { return "" }
        return """

              protocol: https
              cacert: \(ClusterIdentity.authorities)
              cert: \(ClusterIdentity.towardsEtcd)
              key: \(ClusterIdentity.towardsEtcd)
              username: "\(EtcdUsers.user(of: node))"
              password: \(quotedSecret: .etcdUser(of: node))
            """
    }

    /// What runs a program, loads a library or lets a client in. What stands here wins over what stands in etcd.
    private static func programs(_ input: PlanningInput) -> String {
        let local = LocalConfiguration.inForce(input)
        let isProven = input.observation.identity.authority(.current)?.statesItsUse ?? true
        func list(_ lines: [String]) -> String { lines.map { "\n  - \(JSONValue.string($0).text)" }.joined() }
        let parameters = LocalParameters.all(input.cluster, declared: local.parameters).map {
            "\n    \($0.name): \(JSONValue.string($0.value).text)"
        }
        return """
              use_pg_rewind: true
              remove_data_directory_on_rewind_failure: false
              remove_data_directory_on_diverged_timelines: false
              callbacks: {}
              bin_name: {}
              pre_promote: ""
              before_stop: ""
              recovery_conf: {}
              parameters:\(parameters.joined())
              pg_hba:\(list(ClientRules.lines(input.cluster, local, isProven: isProven)))
              pg_ident:\(list(ClientRules.identities(input.cluster)))
            """
    }

    /// How a node's server proves who it is.
    static let tls: [PostgresSettings.Parameter] = [
        .init("ssl", "on"), .init("ssl_ca_file", ClusterIdentity.authorities),
        .init("ssl_cert_file", ClusterIdentity.own), .init("ssl_key_file", ClusterIdentity.own),
    ]

    /// How another node's server is known; nothing while an older build's authority signs, because its nodes may serve without
    /// TLS until they have read this.
    private static func verification(_ secrets: [SecretView]) -> String {
        secrets.contains { $0.name == .sharedKey } ? "" : verified
    }

    private static let verified = """

              sslmode: verify-full
              sslrootcert: \(ClusterIdentity.authorities)
              sslcert: \(ClusterIdentity.own)
              sslkey: \(ClusterIdentity.own)
        """

    /// `pg_basebackup --max-rate`, in kilobytes a second.
    private static func rate(_ cluster: Cluster) -> String {
        cluster.nodes.cloneRate.map { "\n    - max-rate: \($0.bytes / 1024)" } ?? ""
    }

    private static func bootstrap(_ cluster: Cluster) -> Template {
        let checksums = cluster.postgres.checksums ? "  - data-checksums\n" : "  - no-data-checksums\n"
        return """
            bootstrap:
              dcs: \(DynamicConfiguration.desired(for: cluster).text)
              initdb:
              - encoding: UTF8
              - locale-provider: builtin
              - builtin-locale: "\(cluster.postgres.locale)"
              - locale: "\(cluster.postgres.locale)"
              - auth-local: peer
              - auth-host: reject
              - sync-method: syncfs
            \(checksums)
            """
    }
}
