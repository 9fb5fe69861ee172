import Model

@testable import Reconcilers

/// A healthy three-node cluster as a value, to be bent by each test.
struct PlanningFixture {
    var cluster: Cluster
    var engine: EngineView
    var observation: Observation
    static let system = "7300000000000000001"
    static let now = Moment(uptime: .seconds(1000), wallMilliseconds: 1_760_000_000_000)
    static let networkID: NetworkID = "net1"
    static let clientsID: NetworkID = "net2"
    /// Those of all poolers, on both networks.
    static let poolerAddresses = ["10.0.0.2", "10.1.0.2"]

    init(nodes: Int = 3, etcd: Int = 3, withBackups: Bool = true) {
        cluster = Cluster(name: "demo")
        cluster.backups.enabled = withBackups
        cluster.nodes.count = nodes
        cluster.etcd.members = etcd
        if nodes == 1 { cluster.postgres.synchronous.mode = .off }
        engine = EngineView(id: "engine-1", version: "20.10")
        observation = Observation()
        observation.secrets = ["patroni-rest", "pooler-verifier", "postgres-superuser"].map {
            SecretView(name: $0, version: "1")
        }
        observation.identity = PlanningFixture.identity(of: cluster)
        observation.localConfiguration = LocalConfiguration(
            of: cluster, poolers: cluster.poolers.isEmpty ? [] : PlanningFixture.poolerAddresses)
        engine.networks = zip([PlanningFixture.networkID, PlanningFixture.clientsID], cluster.network.specs).map {
            NetworkView(
                id: $0, name: $1.name, driver: "bridge", subnet: nil, labels: [LabelValue(Label.cluster, "demo")],
                endpoints: [])
        }
        engine.images = [cluster.etcd.image, cluster.nodes.image, cluster.pooler.image, cluster.console.image].map {
            var image = ImageSighting(reference: $0, id: .present("sha256:\($0)"))
            image.features = [.patroniTLS, .internalName]
            return image
        }
        let input = PlanningInput(cluster: cluster, observation: observed, now: PlanningFixture.now)
        guard let site = EngineScope(input) else { return }
        engine.volumes = Volumes.wanted(at: site).map {
            VolumeView(
                name: $0.name,
                labels: $0.labels + [
                    LabelValue(Label.cluster, "demo"), LabelValue(Label.component, $0.component.rawValue),
                ])
        }
        for name in cluster.etcdNames { add(EtcdSpec.container(name, join: EtcdSpec.bootstrap, at: site)) }
        for node in cluster.nodeNames { add(NodeSpec.container(node, at: site)) }
        add(ConsoleSpec.container(primary: "pg-node-1", at: site))
        observeStore()
        observeNodes()
        addPoolers()
    }

    /// The observation with the engine in it.
    var observed: Observation {
        var result = observation
        result.engines = [EngineSighting(id: .local, view: .present(engine))]
        return result
    }

    var input: PlanningInput { PlanningInput(cluster: cluster, observation: observed, now: PlanningFixture.now) }

    mutating func add(_ spec: ContainerSpec) {
        var view = ContainerView(
            id: ContainerID("id-\(spec.name)"), name: spec.name, image: spec.image,
            labels: spec.labels + [
                LabelValue(Label.cluster, "demo"), LabelValue(Label.component, spec.component.rawValue),
            ],
            state: .running(startedAt: "t0"))
        view.settings = spec.settings
        view.features = [.patroniTLS, .internalName]
        view.attachments = engine.networks.filter { spec.networks.contains($0.name) }.map {
            let isOwn = $0.id == PlanningFixture.networkID
            return Attachment(
                network: $0.id, networkName: $0.name, address: PlanningFixture.poolerAddresses[isOwn ? 0 : 1],
                aliases: spec.names(in: $0.name))
        }
        view.files = .present(
            spec.files.map {
                FileView(path: $0.path, content: .asWritten(template: $0.identity.digest(secrets: observation.secrets)))
            })
        engine.containers.append(view)
        for place in engine.networks.indices where view.isAttached(to: engine.networks[place]) {
            engine.networks[place].endpoints.append(view.id)
        }
    }

    mutating func change(_ name: ContainerName, _ change: (inout ContainerView) -> Void) {
        guard let index = engine.containers.firstIndex(where: { $0.name == name }) else { return }
        change(&engine.containers[index])
    }

    /// The container dies, and its endpoint goes with it.
    mutating func stop(_ name: ContainerName, exitCode: Int = 137, data: DataView? = nil) {
        change(name) { view in
            view.state = .exited(Exit(code: exitCode, startedAt: "t0", finishedAt: "t1"))
            view.data = .present(data ?? PlanningFixture.data())
        }
        for place in engine.networks.indices {
            engine.networks[place].endpoints.removeAll { $0 == ContainerID("id-\(name)") }
        }
        if let index = observation.members.firstIndex(where: { $0.node.text == name.text }) {
            observation.members[index].view = .absent
        }
    }

    /// One authority, and a fresh certificate of each party.
    static func identity(of cluster: Cluster) -> IdentityView {
        IdentityView(
            authorities: [AuthorityView(place: .current, fingerprint: "first", notAfter: later(days: 3000))],
            certificates: cluster.principals.map {
                CertificateView(
                    principal: $0, hosts: $0.hosts(in: cluster), authority: "first", notBefore: later(days: -10),
                    notAfter: later(days: 80))
            })
    }

    /// So many days from now.
    static func later(days: Int64) -> Timestamp {
        Timestamp(microseconds: Timestamp(now).microseconds + days * 86_400_000_000)
    }

    static func data(_ system: String = system, wasPrimary: Bool = false, timeline: Int64 = 1) -> DataView {
        .postgres(PostgresData(systemIdentifier: system, majorVersion: 18, timeline: timeline, wasPrimary: wasPrimary))
    }

    mutating func remove(_ name: ContainerName) {
        stop(name)
        engine.containers.removeAll { $0.name == name }
    }

    private mutating func observeStore() {
        let members = cluster.etcdNames.enumerated().map {
            EtcdMemberView(
                id: UInt64($0.offset + 1), name: $0.element.text,
                peerURLs: [EtcdSpec.peerURL(of: $0.element, tls: true)])
        }
        let endpoints = cluster.etcdNames.enumerated().map {
            EtcdEndpointView(
                container: $0.element,
                status: .present(EtcdStatus(memberID: UInt64($0.offset + 1), leaderID: 1, raftTerm: 2, revision: 50)))
        }
        var view = EtcdView(clusterID: 1, members: members, endpoints: endpoints)
        view.access = .present(
            EtcdAccess(
                isEnabled: true,
                users: EtcdUsers.wanted(cluster).map {
                    EtcdUser(name: $0.user, roles: [$0.role], passwordMatches: true)
                },
                roles: [EtcdAuthentication.role(in: cluster), EtcdRole(name: EtcdUsers.root, grants: [])]))
        observation.etcd = .present(view)
    }

    private mutating func observeNodes() {
        var dcs = DCSView(revision: 50)
        dcs.initialize = PlanningFixture.system
        dcs.leader = LeaderKey(node: "pg-node-1", lease: 7, createRevision: 10, modRevision: 10)
        dcs.configuration = PatroniConfiguration(DynamicConfiguration.desired(for: cluster))
        dcs.repository = RepositoryRecord(
            stanza: cluster.backups.stanza, newest: "20251009-084500F", modRevision: 3)
        dcs.bootstrapRecord = BootstrapRecord(values: ImmutableFields.values(of: cluster))
        if cluster.nodes.count > 1 { dcs.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-2"]) }
        for node in cluster.nodeNames {
            let isLeader = node == "pg-node-1"
            var key = DCSMember(name: node, state: "running", role: isLeader ? "primary" : "replica")
            let version = PatroniFile.version(for: node, input)
            key.tags = [LabelValue(PatroniFile.versionTag, version)]
            dcs.members.append(key)
            var member = MemberView(state: .running, role: isLeader ? .primary : .replica)
            member.isStreaming = !isLeader
            member.timeline = 1
            member.systemIdentifier = PlanningFixture.system
            observation.members.append(MemberSighting(node: node, view: .present(member)))
        }
        observation.dcs = .present(dcs)
        var database = DatabaseView(
            node: "pg-node-1", isInRecovery: false, systemIdentifier: PlanningFixture.system, timeline: 1)
        database.roles = Accounts.wanted(cluster).map {
            RoleView(name: $0.name, attributes: $0.marks.sorted(), passwordMatches: true)
        }
        database.application.extensions = [ExtensionView(name: "vector", installed: "0.8.1", available: "0.8.1")]
        database.application.migrations = .present([])
        database.hasPoolerLogin = true
        database.hasMonitorFunction = true
        database.standbys = cluster.nodeNames.dropFirst().map {
            StandbyView(node: $0, state: "streaming", isSynchronous: true, lagBytes: 0)
        }
        observation.database = .present(database)
        observation.repository = .present(
            RepositoryView(
                stanza: .ok(systemIdentifier: PlanningFixture.system),
                backups: [BackupView(label: "20251009-084500F", type: "full", stoppedAt: 1_760_000_000, size: 1)]))
    }

    /// Poolers that lead to where they should.
    private mutating func addPoolers() {
        guard let site = EngineScope(input) else { return }
        for pooler in cluster.poolers {
            let hosts =
                pooler.access == .readWrite || cluster.nodes.count == 1
                ? ["pg-node-1"] : cluster.nodeNames.filter { $0 != "pg-node-1" }
            add(PoolerSpec.container(pooler, hosts: hosts, at: site))
            let view = PoolerView(version: PoolerSpec.version(hosts: hosts, at: site), hosts: hosts)
            observation.poolers.append(PoolerSighting(name: pooler.name, view: .present(view)))
        }
    }

    /// Every node has its file as it is to be now, and has read it.
    mutating func readFiles() {
        guard let site = EngineScope(input) else { return }
        let secrets = observation.secrets
        for node in cluster.nodeNames {
            let views = NodeSpec.container(node, at: site).files.map { file in
                FileView(path: file.path, content: .asWritten(template: file.identity.digest(secrets: secrets)))
            }
            change(node.container) { $0.files = .present(views) }
            let tag = LabelValue(PatroniFile.versionTag, PatroniFile.version(for: node, input))
            dcs { view in
                for place in view.members.indices where view.members[place].name == node {
                    view.members[place].tags.removeAll { $0.key == PatroniFile.versionTag }
                    view.members[place].tags.append(tag)
                }
            }
        }
    }

    /// Every etcd member has the files that it is to have now.
    mutating func readEtcdFiles() {
        guard let site = EngineScope(input) else { return }
        let secrets = observation.secrets
        for name in cluster.etcdNames {
            let views = EtcdSpec.container(name, join: EtcdSpec.bootstrap, at: site).files.map { file in
                FileView(path: file.path, content: .asWritten(template: file.identity.digest(secrets: secrets)))
            }
            change(name) { $0.files = .present(views) }
        }
    }

    /// The store's members differ.
    mutating func etcd(_ change: (inout EtcdView) -> Void) {
        guard case .present(var view) = observation.etcd else { return }
        change(&view)
        observation.etcd = .present(view)
    }

    mutating func database(_ change: (inout DatabaseView) -> Void) {
        guard case .present(var view) = observation.database else { return }
        change(&view)
        observation.database = .present(view)
    }

    mutating func pooler(_ name: ContainerName, _ change: (inout PoolerView) -> Void) {
        guard let index = observation.poolers.firstIndex(where: { $0.name == name }),
            case .present(var view) = observation.poolers[index].view
        else { return }
        change(&view)
        observation.poolers[index].view = .present(view)
    }

    mutating func dcs(_ change: (inout DCSView) -> Void) {
        guard case .present(var view) = observation.dcs else { return }
        change(&view)
        observation.dcs = .present(view)
    }

    mutating func member(_ node: NodeName, _ change: (inout MemberView) -> Void) {
        guard let index = observation.members.firstIndex(where: { $0.node == node }),
            case .present(var view) = observation.members[index].view
        else { return }
        change(&view)
        observation.members[index].view = .present(view)
    }

    /// Everything every planner wants, in order.
    var actions: [Action] { Reconcilers.all.flatMap { $0.propose(input).actions } }
    var conditions: [Condition] { Reconcilers.all.flatMap { $0.propose(input).conditions } }
    var waiting: [String] { Reconcilers.all.flatMap { $0.propose(input).waiting } }
    func effects(_ reconciler: any Reconciler) -> [Effect] { reconciler.propose(input).actions.map(\.effect) }
}
