import Model

/// How an etcd member's container is made.
enum EtcdSpec {
    /// The uid of `etcd` in the image.
    static let owner = 998

    static func peerURL(of name: ContainerName) -> String { "http://\(name):2380" }

    /// The value of `Label.etcdJoin` for a member of a new etcd cluster.
    static let bootstrap = "new"

    /// The container of a member that joins as the label says.
    static func container(_ name: ContainerName, join: String, at scope: EngineScope) -> ContainerSpec {
        let etcd = scope.cluster.etcd
        var settings = ContainerSettings()
        settings.memory = etcd.memory.bytes
        settings.pidsLimit = 512
        settings.mounts = [VolumeMount(volume: scope.volumeName(of: name.text), destination: "/var/lib/etcd")]
        if etcd.publish, let index = scope.cluster.etcdNames.firstIndex(of: name) {
            settings.ports = [
                PortBinding(containerPort: 2379, hostAddress: etcd.bindAddress, hostPort: etcd.clientPort + index)
            ]
        }
        var spec = ContainerSpec(
            name: name, component: .etcd, image: etcd.image, settings: settings, network: scope.cluster.network.name)
        spec.labels = [LabelValue(Label.name, name.text), LabelValue(Label.etcdJoin, join)]
        spec.volumes = [Volumes.spec(of: name.text, .etcd, at: scope)]
        let constant = configuration(of: name, etcd: etcd)
        spec.files = [
            FileSpec(
                path: "\(FileSpec.directory)/etcd.yaml",
                content: Template(segments: [.text(constant + membership(of: name, join: join, cluster: scope.cluster))]
                ),
                identity: Template(segments: [.text(constant)]), owner: owner)
        ]
        return spec
    }

    private static func configuration(of name: ContainerName, etcd: EtcdSettings) -> String {
        """
        # written by the controller; edits are undone
        # (a configuration file does not take over the defaults of the flags, hence the plain trues)
        name: \(name)
        data-dir: /var/lib/etcd
        listen-client-urls: http://0.0.0.0:2379
        advertise-client-urls: http://\(name):2379
        listen-peer-urls: http://0.0.0.0:2380
        initial-advertise-peer-urls: \(peerURL(of: name))
        enable-grpc-gateway: true
        strict-reconfig-check: true
        pre-vote: true
        initial-election-tick-advance: true
        heartbeat-interval: 100
        election-timeout: 1000
        auto-compaction-mode: periodic
        auto-compaction-retention: \(etcd.autoCompaction.components.seconds)s
        quota-backend-bytes: \(etcd.quota.bytes)
        log-level: warn

        """
    }

    /// What counts only while the member's data directory is empty.
    private static func membership(of name: ContainerName, join: String, cluster: Cluster) -> String {
        let founders = cluster.etcdNames.map { "\($0)=\(peerURL(of: $0))" }.joined(separator: ",")
        let isBootstrap = join == bootstrap
        let members = isBootstrap ? founders : String(join.dropFirst("existing ".count))
        return """
            initial-cluster-token: \(cluster.name)
            initial-cluster-state: \(isBootstrap ? "new" : "existing")
            initial-cluster: \(members)

            """
    }
}
