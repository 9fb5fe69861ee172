import Model

/// How an etcd member's container is made.
enum EtcdSpec {
    /// The uid of `etcd` in the image.
    static let owner = 998

    /// Where a member's peers reach it. The two ports are two, so that a member can take both while a cluster changes over.
    static func peerURL(of name: ContainerName, tls: Bool) -> String {
        tls ? "https://\(name):2381" : "http://\(name):2380"
    }

    /// Both addresses that a member's peers may know.
    static func peerURLs(of name: ContainerName) -> [String] { [true, false].map { peerURL(of: name, tls: $0) } }

    /// The value of `Label.etcdJoin` for a member of a new etcd cluster.
    static let bootstrap = "new"

    /// The container of a member that joins as the label says.
    static func container(_ name: ContainerName, join: String, at scope: EngineScope) -> ContainerSpec {
        let etcd = scope.cluster.etcd
        var settings = ContainerSettings()
        settings.memory = etcd.memory.bytes
        settings.user = String(owner)
        settings.pidsLimit = 512
        settings.mounts = [VolumeMount(volume: scope.volumeName(of: name.text), destination: "/var/lib/etcd")]
        if etcd.publish, let index = scope.cluster.etcdNames.firstIndex(of: name) {
            settings.ports = [
                PortBinding(containerPort: 2379, hostAddress: etcd.bindAddress, hostPort: etcd.clientPort + index)
            ]
        }
        var spec = ContainerSpec(
            name: name, component: .etcd, image: etcd.image, settings: settings, networks: [scope.cluster.network.name])
        spec.labels = [LabelValue(Label.name, name.text), LabelValue(Label.etcdJoin, join)]
        spec.volumes = [volume(of: name, at: scope)]
        let listening = EtcdTransport(scope).listening
        let constant = configuration(of: name, etcd: etcd, listening)
        let members = membership(of: name, join: join, cluster: scope.cluster, listening)
        spec.files = [
            FileSpec(
                path: "\(FileSpec.directory)/etcd.yaml", content: Template(segments: [.text(constant + members)]),
                identity: Template(segments: [.text(constant)]), owner: owner)
        ]
        if let listening {
            spec.labels.append(LabelValue(Label.etcdTLS, listening.rawValue))
            spec.files += [superuserIdentity] + controllersAccess
            spec.files += ClusterIdentity.files(of: .etcdMember(name), owner: owner)
        }
        return spec
    }

    /// A member's volume as it is, or as it would be made.
    static func volume(of name: ContainerName, at scope: EngineScope) -> VolumeSpec {
        labelled(Volumes.spec(of: name.text, .etcd, at: scope), at: scope)
    }

    /// The next volume of a member whose present one holds data of a former membership.
    static func nextVolume(of name: ContainerName, at scope: EngineScope) -> VolumeSpec {
        let next = scope.nextVolume(of: name.text)
        return labelled(Volumes.spec(next.name, .etcd, owner: name.text, generation: next.generation), at: scope)
    }

    /// A volume tells what its data knows of peers, also when no container is left that could.
    private static func labelled(_ spec: VolumeSpec, at scope: EngineScope) -> VolumeSpec {
        guard let listening = EtcdTransport(scope).listening, listening == .required else { return spec }
        var spec = spec
        spec.labels.append(LabelValue(Label.etcdTLS, listening.rawValue))
        return spec
    }

    /// What `etcdctl` shows in a member's container.
    static let superuserIdentity = FileSpec(
        path: ClusterIdentity.superuserOfEtcd, content: "\(secret: Principal.etcdSuperuser.secret)", owner: owner)

    /// Copies of the password and the certificate with which the controller asks, from which lost ones are read back: without them
    /// it would see nothing, and could make no others. Nothing in the container reads them.
    private static let controllersAccess = [
        FileSpec(path: "\(FileSpec.directory)/root.password", content: "\(secret: .etcdRoot)", owner: owner),
        FileSpec(
            path: "\(FileSpec.directory)/controller.pem", content: "\(secret: Principal.etcdController.secret)",
            owner: owner),
    ]

    /// The files that etcd does not read at its start, or reads for each connection: a new one may be put into a member that runs.
    static let readAlways = [ClusterIdentity.own, superuserIdentity.path] + controllersAccess.map(\.path)

    private static func configuration(
        of name: ContainerName, etcd: EtcdSettings, _ listening: EtcdTransport.Listening?
    ) -> String {
        """
        # written by the controller; edits are undone
        # (a configuration file does not take over the defaults of the flags, hence the plain trues)
        name: \(name)
        data-dir: /var/lib/etcd
        \(transport(of: name, listening))
        enable-grpc-gateway: true
        strict-reconfig-check: true
        pre-vote: true
        initial-election-tick-advance: true
        heartbeat-interval: 100
        election-timeout: 1000
        auto-compaction-mode: periodic
        auto-compaction-retention: \(etcd.autoCompaction.components.seconds)s
        quota-backend-bytes: \(etcd.quota.bytes)
        log-level: \(listening == nil ? "warn" : "error")
        \(listening == nil ? "" : tokens)
        """
    }

    /// A password here is 190 bits of chance, which need no slow hash; a token lives as long as a client may do without one.
    private static let tokens = """
        auth-token: simple
        auth-token-ttl: 3600
        bcrypt-cost: 4

        """

    /// Where a member listens. Its clients' two protocols share a port. Patroni takes the members' addresses from etcd's own
    /// list, and the protocol with them, whatever its file says: a node without certificates must find its protocol there.
    /// `PeerTLSInfo` is the part of etcd's configuration that the flag `--peer-cert-allowed-hostname` sets and that has no name
    /// of its own in the file (server/embed/config.go, 3.5); for clients its like would shut out etcd's own JSON gateway. At
    /// `log-level: warn` etcd writes a line for each request whose certificate has no common name, and with one the gateway
    /// will refuse it once authentication is on.
    private static func transport(of name: ContainerName, _ listening: EtcdTransport.Listening?) -> String {
        guard let listening else {
            return """
                listen-client-urls: http://0.0.0.0:2379
                advertise-client-urls: http://\(name):2379
                listen-peer-urls: http://0.0.0.0:2380
                initial-advertise-peer-urls: \(peerURL(of: name, tls: false))
                """
        }
        let identity = """
              cert-file: \(ClusterIdentity.own)
              key-file: \(ClusterIdentity.own)
              trusted-ca-file: \(ClusterIdentity.authorities)
              client-cert-auth: true
            """
        let both = listening == .accepted
        return """
            listen-client-urls: \(both ? "http://0.0.0.0:2379," : "")https://0.0.0.0:2379
            advertise-client-urls: \(both ? "http://\(name):2379," : "")https://\(name):2379
            listen-peer-urls: \(both ? "http://0.0.0.0:2380," : "")https://0.0.0.0:2381
            client-transport-security:
            \(identity)
            peer-transport-security:
            \(identity)
            PeerTLSInfo:
              AllowedHostname: \(Principal.etcdMembers)
            """
    }

    /// What counts only while the member's data directory is empty.
    private static func membership(
        of name: ContainerName, join: String, cluster: Cluster, _ listening: EtcdTransport.Listening?
    ) -> String {
        let isTLS = listening != nil
        let founders = cluster.etcdNames.map { "\($0)=\(peerURL(of: $0, tls: isTLS))" }.joined(separator: ",")
        let isBootstrap = join == bootstrap
        let members = isBootstrap ? founders : String(join.dropFirst("existing ".count))
        // one that joins has the address by which it was added
        let own = peerURLs(of: name).first { members.contains("\(name)=\($0)") } ?? peerURL(of: name, tls: isTLS)
        return """
            \(isTLS ? "initial-advertise-peer-urls: \(own)\n" : "")initial-cluster-token: \(cluster.name)
            initial-cluster-state: \(isBootstrap ? "new" : "existing")
            initial-cluster: \(members)

            """
    }
}
