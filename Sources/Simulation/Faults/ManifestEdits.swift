internal import Model

extension ImageReference {
    /// An image whose nodes end right after their start.
    static let broken: ImageReference = "broken/postgres:18"
}

extension PostgresSettings.Parameter {
    /// A parameter with a value that PostgreSQL does not start with.
    static let refused = PostgresSettings.Parameter("timezone", "Nowhere")
    /// The same, of those that are in each node's own file.
    static let refusedLocally = PostgresSettings.Parameter("shared_preload_libraries", "absent")
}

extension Cluster {
    /// Whether a person has written into the manifest what no cluster that exists can have.
    var isImpossible: Bool {
        postgres.locale != PostgresSettings().locale || nodes.namePrefix != NodeSettings().namePrefix
    }

    /// The manifest once a person has taken out of it what cannot work.
    var mended: Cluster {
        var cluster = self
        cluster.postgres.parameters.removeAll { $0 == .refused || $0 == .refusedLocally }
        if cluster.nodes.image == .broken { cluster.nodes.image = NodeSettings().image }
        cluster.maintenance = false
        cluster.postgres.locale = PostgresSettings().locale
        cluster.nodes.namePrefix = NodeSettings().namePrefix
        // a primary that lost every standby and may not lead any more waits until that is taken back
        for index in cluster.nodes.tags.indices { cluster.nodes.tags[index].nofailover = false }
        return cluster
    }

    /// Roles and databases as an application has them.
    mutating func declare() {
        roles = ["readers", "app", "temporary"].map { DeclaredRole(name: $0) }
        roles[1].login = true
        roles[1].memberOf = ["readers"]
        roles[1].connectionLimit = 20
        roles[2].login = true
        databases = ["appdb", "scratch"].map { DeclaredDatabase(name: $0) }
        databases[0].owner = "app"
        databases[0].extensions = [ExtensionSettings(name: "vector")]
        databases[1].owner = "temporary"
    }

    /// The manifest after an edit.
    func edited(by edit: ManifestEdit) -> Cluster {
        var cluster = self
        switch edit {
        case .nodes(let count): cluster.nodes.count = count
        case .storeMembers(let count): cluster.etcd.members = count
        case .parameter(let name, let value):
            cluster.postgres.parameters.removeAll { $0.name == name }
            cluster.postgres.parameters.append(.init(name, value))
        case .memory(let memory): cluster.nodes.memory = memory
        case .sharedMemory(let memory): cluster.nodes.sharedMemory = memory
        case .image(let image): cluster.nodes.image = image
        case .poolerImage(let image): cluster.pooler.image = image
        case .console(let isEnabled): cluster.console.enabled = isEnabled
        case .maintenance(let isOn): cluster.maintenance = isOn
        case .locale(let locale): cluster.postgres.locale = locale
        case .nodePrefix(let prefix): cluster.nodes.namePrefix = prefix
        case .tags(let number, let nofailover, let nosync, let noloadbalance):
            var tags = NodeTags(cluster.nodeNames[number % cluster.nodeNames.count])
            (tags.nofailover, tags.nosync, tags.noloadbalance) = (nofailover, nosync, noloadbalance)
            cluster.nodes.tags = [tags]
        case .declare: cluster.declare()
        case .dismiss:
            for place in cluster.roles.indices where cluster.roles[place].name == "temporary" {
                cluster.roles[place].ensure = .absent
            }
            for place in cluster.databases.indices where cluster.databases[place].name == "scratch" {
                cluster.databases[place].ensure = .absent
            }
        case .undeclare:
            cluster.roles = []
            cluster.databases = []
        }
        // no manifest is accepted that asks for more than its nodes may do
        let names = cluster.nodeNames
        cluster.nodes.tags.removeAll { !names.contains($0.node) }
        let needed = cluster.postgres.synchronous.mode == .off ? 0 : cluster.postgres.synchronous.number
        if cluster.nodeNames.allSatisfy({ cluster.tags(of: $0).nofailover }) || cluster.fewestStandbys < needed {
            cluster.nodes.tags = []
        }
        return cluster
    }
}
