/// One snapshot of the real world. Every part says whether it was seen; every list is sorted.
public struct Observation: Sendable, Hashable {
    /// The Docker Engines, sorted by name.
    public var engines: [EngineSighting]
    /// etcd's members as etcd itself tells them.
    public var etcd: Sighting<EtcdView>
    /// Patroni's keys, read linearizably.
    public var dcs: Sighting<DCSView>
    /// Each node's Patroni over REST, sorted by name.
    public var members: [MemberSighting]
    /// The nodes whose PostgreSQL is being restarted because this controller asked for it, sorted. Until its checkpoint
    /// is over PostgreSQL runs as before, and Patroni does not say that it will stop.
    public var restarts: [NodeName] = []
    /// The primary's database over SQL.
    public var database: Sighting<DatabaseView>
    /// Each pooler's admin console, sorted by name.
    public var poolers: [PoolerSighting]
    /// The pgBackRest repository.
    public var repository: Sighting<RepositoryView>
    /// The secrets that exist.
    public var secrets: [SecretView]
    /// The cluster's authorities and certificates.
    public var identity = IdentityView()
    /// The record of what the nodes' own files are to hold; absent under an older build.
    public var localRecord: Sighting<LocalConfiguration> = .absent
    /// The controller's own container, when it runs in one.
    public var supervisor: ContainerID?
    /// The pauses that etcd told of when it could last be read; they stay in force while it cannot.
    public var rememberedPauses: [PauseRecord] = []
    /// What the cluster was created with, as etcd told it when it could last be read.
    public var rememberedBootstrap: BootstrapRecord?

    /// Nothing seen yet.
    public init() {
        engines = []
        etcd = .unknown(.notLooked)
        dcs = .unknown(.notLooked)
        members = []
        poolers = []
        database = .unknown(.notLooked)
        repository = .unknown(.notLooked)
        secrets = []
    }

    /// What the nodes' own files are to hold; nil while nothing is on record, and where the record cannot be read.
    public var localConfiguration: LocalConfiguration? {
        get { localRecord.value }
        set { localRecord = newValue.map { .present($0) } ?? .absent }
    }

    /// An engine by name; unknown when it was not looked at.
    public func engine(_ id: EngineID) -> Sighting<EngineView> {
        engines.first { $0.id == id }?.view ?? .unknown(.notLooked)
    }
    /// The primary's database, for who goes by one part of it; unknown where that part could not be seen.
    public func database(seeing part: DatabasePart) -> Sighting<DatabaseView> {
        guard let unknownReason = database.value?.unknownReason(of: part) else { return database }
        return .unknown(unknownReason)
    }
    /// A pooler's admin console; unknown when it was not asked.
    public func pooler(_ name: ContainerName) -> Sighting<PoolerView> {
        poolers.first { $0.name == name }?.view ?? .unknown(.notLooked)
    }
    /// A node's Patroni; unknown when it was not asked.
    public func member(_ node: NodeName) -> Sighting<MemberView> {
        members.first { $0.node == node }?.view ?? .unknown(.notLooked)
    }
}

/// One engine's sighting.
public struct EngineSighting: Sendable, Hashable {
    /// Which engine.
    public var id: EngineID
    /// What was seen there.
    public var view: Sighting<EngineView>
    /// Joins name and sighting.
    public init(id: EngineID, view: Sighting<EngineView>) {
        self.id = id
        self.view = view
    }
}

/// One node's Patroni sighting; absent means that its container is known not to run.
public struct MemberSighting: Sendable, Hashable {
    /// Which node.
    public var node: NodeName
    /// What Patroni said.
    public var view: Sighting<MemberView>
    /// Joins name and sighting.
    public init(node: NodeName, view: Sighting<MemberView>) {
        self.node = node
        self.view = view
    }
}
