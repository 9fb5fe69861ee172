import Model

extension SecretName {
    /// The stored form of the password with which the controller enters the admin consoles.
    static let poolerVerifier: SecretName = "pooler-verifier"
}

/// How a pooler's container is made: one PgBouncer, and the files that say where its connections go.
enum PoolerSpec {
    /// The uid of the user in our image.
    static let owner = 996
    static let port = 6432
    /// The database that is none: its entry in `SHOW DATABASES` tells which version of its files a pooler has read.
    static let marker = "pg-controller"

    static func container(_ pooler: Pooler, hosts: [NodeName], at scope: EngineScope) -> ContainerSpec {
        let settings = scope.cluster.pooler
        var container = ContainerSettings()
        container.memory = settings.memory.bytes
        container.user = String(owner)
        container.pidsLimit = 64
        // an orderly end would wait for every client; they connect again to another one, or to this one when it is back
        container.stopTimeoutSeconds = 2
        container.ports = [
            PortBinding(containerPort: port, hostAddress: settings.bindAddress, hostPort: pooler.port)
        ]
        var spec = ContainerSpec(
            name: pooler.name, component: .pooler, image: settings.image, settings: container,
            networks: scope.cluster.network.specs.map(\.name))
        spec.labels = [LabelValue(Label.name, pooler.name.text)]
        spec.files = files(hosts: hosts, at: scope)
        return spec
    }

    /// The version that a pooler shows once it has read these files.
    static func version(hosts: [NodeName], at scope: EngineScope) -> String {
        version(of: body(hosts: hosts, cluster: scope.cluster), at: scope)
    }

    private static func version(of body: Template, at scope: EngineScope) -> String {
        let secrets = scope.input.observation.secrets
        return Template(
            segments: body.segments + [
                .secret(Principal.pooler.secret), .secret(Principal.poolerServer.secret), .secret(.authorities),
                .secret(.poolerVerifier),
            ]
        )
        .digest(secrets: secrets).short
    }

    private static func files(hosts: [NodeName], at scope: EngineScope) -> [FileSpec] {
        let lasting = body(hosts: hosts, cluster: scope.cluster)
        let list = hosts.map(\.text).joined(separator: ",")
        let databases: Template = """
            # written by the controller; edits are undone
            [databases]
            \(marker) = host=\(list) dbname=\(version(of: lasting, at: scope))
            * = host=\(list) port=5432

            """
        return [
            FileSpec(path: "\(FileSpec.directory)/pgbouncer.ini", content: "\(databases)\(lasting)", owner: owner),
            FileSpec(
                path: "\(FileSpec.directory)/userlist.txt",
                content: "\"\(PoolerSettings.consoleUser)\" \"\(secret: .poolerVerifier)\"\n", owner: owner),
        ] + identity
    }

    /// The files by which the poolers prove who they are.
    static var identity: [FileSpec] {
        let server = FileSpec(
            path: ClusterIdentity.towardsClients, content: "\(secret: Principal.poolerServer.secret)", owner: owner)
        return [server] + ClusterIdentity.files(of: .pooler, owner: owner)
    }

    /// Everything but the hosts' entries, which carry the version of all.
    private static func body(hosts: [NodeName], cluster: Cluster) -> Template {
        let settings = cluster.pooler
        let list = hosts.map(\.text).joined(separator: ",")
        func seconds(_ duration: Duration) -> String { String(duration.components.seconds) }
        let text = """
            ; connections go to \(list)
            [pgbouncer]
            listen_addr = 0.0.0.0
            listen_port = \(port)
            unix_socket_dir =
            pool_mode = \(settings.mode.rawValue)
            max_client_conn = \(settings.maxClients)
            default_pool_size = \(settings.poolSize)
            min_pool_size = \(settings.minimumPoolSize)
            reserve_pool_size = \(settings.reservePoolSize)
            reserve_pool_timeout = \(seconds(settings.reserveTimeout))
            server_lifetime = \(seconds(settings.serverLifetime))
            server_idle_timeout = \(seconds(settings.serverIdleTimeout))
            server_connect_timeout = \(seconds(settings.serverConnectTimeout))
            query_wait_timeout = \(seconds(settings.queryWaitTimeout))
            client_idle_timeout = \(seconds(settings.clientIdleTimeout))
            ignore_startup_parameters = extra_float_digits
            ; clients show the password that PostgreSQL has a verifier of, and the same keys open the server connection
            auth_type = scram-sha-256
            auth_file = \(FileSpec.directory)/userlist.txt
            auth_user = \(PoolerSettings.role)
            auth_dbname = postgres
            auth_query = SELECT role, verifier FROM controller.pooler_login($1)
            admin_users = \(PoolerSettings.consoleUser)
            stats_users = \(cluster.accounts.admin.role)
            client_tls_sslmode = \(cluster.tls.required ? "require" : "allow")
            client_tls_cert_file = \(ClusterIdentity.towardsClients)
            client_tls_key_file = \(ClusterIdentity.towardsClients)
            server_tls_sslmode = verify-full
            server_tls_ca_file = \(ClusterIdentity.authorities)
            server_tls_cert_file = \(ClusterIdentity.own)
            server_tls_key_file = \(ClusterIdentity.own)
            ; a server that does not let anybody in is tried again soon, and one that is no longer wanted goes at once
            server_login_retry = 0.1
            server_fast_close = 1
            ; names move with their containers
            dns_max_ttl = 1
            dns_nxdomain_ttl = 0
            ; a node that is gone does not answer any more, and says nothing
            tcp_keepalive = 1
            tcp_keepidle = 2
            tcp_keepintvl = 1
            tcp_keepcnt = 3
            tcp_user_timeout = 3000
            log_connections = 0
            log_disconnections = 0
            log_stats = 0

            """
        return Template(segments: [.text(text)])
    }
}
