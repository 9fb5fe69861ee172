import Model

/// How a PostgreSQL node's container is made.
enum NodeSpec {
    /// The uid of `postgres` in the image.
    static let owner = 999
    static let dataMount = "/var/lib/postgresql"
    static let dataDirectory = "/var/lib/postgresql/data"
    static let repositoryMount = "/var/lib/pgbackrest"

    static func container(_ node: NodeName, at scope: EngineScope) -> ContainerSpec {
        let nodes = scope.cluster.nodes
        let index = scope.cluster.index(of: node) ?? 0
        var settings = ContainerSettings()
        settings.memory = nodes.memory.bytes
        settings.milliCPUs = Int64(nodes.milliCPUs ?? 0)
        settings.sharedMemory = nodes.sharedMemory.bytes
        settings.user = String(owner)
        settings.pidsLimit = 4096
        settings.stopTimeoutSeconds = Int(nodes.stopTimeout.components.seconds)
        settings.ports = [
            PortBinding(
                containerPort: 5432, hostAddress: nodes.bindAddress, hostPort: nodes.postgresPort + index),
            PortBinding(
                containerPort: 8008, hostAddress: nodes.patroniBindAddress, hostPort: nodes.patroniPort + index),
        ].sorted()
        settings.mounts = [VolumeMount(volume: scope.volumeName(of: node.text), destination: dataMount)]
        if scope.cluster.backups.enabled {
            settings.mounts += RepositoryAccess(scope.cluster.backups).mounts()
        }
        settings.mounts.sort()
        var spec = ContainerSpec(
            name: node.container, component: .node, image: nodes.image, settings: settings,
            networks: scope.cluster.network.specs.map(\.name))
        if scope.knows(.internalName, node) { spec.aliases = [node.internalName] }
        spec.labels = [LabelValue(Label.name, node.text)]
        if EtcdTransport(scope).isUsed(by: node) {
            spec.labels.append(LabelValue(Label.etcdTLS, EtcdTransport.used))
            spec.files.append(etcdIdentity(of: node))
        }
        // while nothing is on record, a node goes on with the file that it has
        if scope.input.observation.localConfiguration != nil || !hasStarted(scope.container(node.container)) {
            spec.files.append(PatroniFile.spec(for: node, scope.input))
        }
        spec.volumes = [Volumes.spec(of: node.text, .node, at: scope)]
        if scope.cluster.backups.enabled {
            spec.files += PgBackRestFile.node(node, at: scope)
            if let repository = scope.cluster.backups.repositoryVolume {
                spec.volumes.append(Volumes.spec(repository, .repository, owner: repository.text))
            }
        }
        spec.files += identity(of: node)
        return spec
    }

    private static func hasStarted(_ seen: ContainerView?) -> Bool {
        switch seen?.state {
        case .created, nil: false
        case .running, .paused, .restarting, .exited, .removing, .dead: true
        }
    }

    /// The key and the certificate that it shows to etcd. Patroni and the node's programs read them for each connection.
    static func etcdIdentity(of node: NodeName) -> FileSpec {
        FileSpec(
            path: ClusterIdentity.towardsEtcd, content: "\(secret: Principal.etcdClient(node).secret)", owner: owner)
    }

    /// The files by which it proves who it is.
    static func identity(of node: NodeName) -> [FileSpec] { ClusterIdentity.files(of: .node(node), owner: owner) }
}
