import Model

/// How a PostgreSQL node's container is made.
enum NodeSpec {
    /// The uid of `postgres` in the image.
    static let owner = 999
    static let dataMount = "/var/lib/postgresql"
    static let dataDirectory = "/var/lib/postgresql/data"
    static let repositoryMount = "/var/lib/pgbackrest"

    static func container(_ node: NodeName, at site: Site) -> ContainerSpec {
        let nodes = site.cluster.nodes
        let index = site.cluster.index(of: node) ?? 0
        var settings = ContainerSettings()
        settings.memory = nodes.memory.bytes
        settings.milliCPUs = Int64(nodes.milliCPUs ?? 0)
        settings.sharedMemory = nodes.sharedMemory.bytes
        settings.pidsLimit = 4096
        settings.stopTimeoutSeconds = Int(nodes.stopTimeout.components.seconds)
        settings.ports = [
            PortBinding(
                containerPort: 5432, hostAddress: nodes.bindAddress, hostPort: nodes.postgresPort + index),
            PortBinding(containerPort: 8008, hostAddress: nodes.bindAddress, hostPort: nodes.patroniPort + index),
        ].sorted()
        settings.mounts = [VolumeMount(volume: site.volumeName(of: node.text), destination: dataMount)]
        if site.cluster.backups.enabled {
            settings.mounts += RepositoryAccess(site.cluster.backups).mounts()
        }
        settings.mounts.sort()
        var spec = ContainerSpec(
            name: node.container, component: .node, image: nodes.image, settings: settings,
            network: site.cluster.network.name)
        spec.labels = [LabelValue(Label.name, node.text)]
        spec.files = [PatroniFile.spec(for: node, cluster: site.cluster, secrets: site.scene.observation.secrets)]
        if site.cluster.backups.enabled || site.cluster.pooler.enabled {
            spec.files += ClusterIdentity.files(owner: owner)
        }
        spec.volumes = [Volumes.spec(of: node.text, .node, at: site)]
        if site.cluster.backups.enabled {
            spec.files += PgBackRestFile.node(site.cluster)
            if let repository = site.cluster.backups.repositoryVolume {
                spec.volumes.append(Volumes.spec(repository, .repository, owner: repository.text))
            }
        }
        return spec
    }
}
