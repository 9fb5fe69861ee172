/// What a pooler's admin console shows.
public struct PoolerView: Sendable, Hashable {
    /// Which version of its files it has read; nil where it does not say.
    public var version: String?
    /// The nodes its connections go to, as they are written in its file.
    public var hosts: [NodeName]
    /// Whether clients are paused.
    public var isPaused: Bool
    /// Server connections of all databases; a paused pooler has none once the last transaction has ended.
    public var servers: Int
    /// A pooler as seen.
    public init(version: String?, hosts: [NodeName], isPaused: Bool = false, servers: Int = 0) {
        self.version = version
        self.hosts = hosts
        self.isPaused = isPaused
        self.servers = servers
    }
}

/// One pooler's sighting; absent means that its container is known not to run.
public struct PoolerSighting: Sendable, Hashable {
    /// Its container.
    public var name: ContainerName
    /// What its console said.
    public var view: Sighting<PoolerView>
    /// Joins name and sighting.
    public init(name: ContainerName, view: Sighting<PoolerView>) {
        self.name = name
        self.view = view
    }
}
