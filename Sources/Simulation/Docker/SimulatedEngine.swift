package import Model

/// A Docker Engine as a value.
package struct SimulatedEngine: Sendable {
    /// Its name in the manifest.
    package var name: EngineID = .local
    /// Its own ID.
    package var id = "engine-1"
    /// What the programs of the images know.
    package var features: Set<ImageFeature> = [.internalName]
    /// Networks in order of creation.
    package var networks: [SimulatedNetwork] = []
    /// Volumes in order of creation.
    package var volumes: [SimulatedVolume] = []
    /// Containers in order of creation.
    package var containers: [SimulatedContainer] = []
    /// Images that are there.
    package var images: [ImageReference] = []
    /// Images on their way.
    package var pulls: [Pull] = []
    /// The file system that holds its volumes; nil for one that nobody has looked at.
    package var disk: DiskView?
    /// Host ports that somebody outside Docker listens on.
    package var foreignPorts: [Int] = []
    /// Until when the API does not answer.
    package var unreachableUntil: Duration = .zero
    /// Until when the API answers slowly.
    package var slowUntil: Duration = .zero
    /// Until when its events are lost.
    package var deafUntil: Duration = .zero

    /// An image on its way.
    package struct Pull: Sendable {
        /// Which.
        package var image: ImageReference
        /// When it will be there.
        package var until: Duration
    }

    /// A container's place by ID.
    package func index(of id: ContainerID) -> Int? { containers.firstIndex { $0.id == id } }
    /// A container's place by its name now.
    package func index(named name: ContainerName) -> Int? { containers.firstIndex { $0.name == name } }
    /// A volume's place.
    package func index(of volume: VolumeName) -> Int? { volumes.firstIndex { $0.name == volume } }
    /// A network's place by ID.
    package func index(of network: NetworkID) -> Int? { networks.firstIndex { $0.id == network } }
    /// The place of the running container that was created as a node or an etcd member under a name.
    package func living(_ name: String, _ component: Component) -> Int? {
        containers.firstIndex { $0.hasProcess && $0.home == name && $0.component == component }
    }
    /// What is in a volume.
    package func content(of volume: VolumeName?) -> VolumeContent? {
        guard let volume, let index = index(of: volume) else { return nil }
        return volumes[index].content
    }
}

/// A network as a value.
package struct SimulatedNetwork: Sendable {
    /// Its ID.
    package var id: NetworkID
    /// Its name.
    package var name: NetworkName
    /// Its driver.
    package var driver: String
    /// Its subnet.
    package var subnet: String
    /// Its labels, sorted by key.
    package var labels: [LabelValue]
    /// When it was made.
    package var createdAt = ""
    /// The last address that was given away.
    package var lastAddress = 1
}

/// A volume as a value.
package struct SimulatedVolume: Sendable {
    /// Its name.
    package var name: VolumeName
    /// Its labels, sorted by key.
    package var labels: [LabelValue]
    /// When it was created.
    package var createdAt: String
    /// What is in it.
    package var content: VolumeContent = .empty
    /// Whether it is on the engine's own disk.
    package var isOnEngineDisk = true
}

/// What is in a volume.
package enum VolumeContent: Sendable {
    /// Nothing.
    case empty
    /// An etcd member's data directory.
    case etcd(EtcdData)
    /// A PostgreSQL data directory.
    case postgres(DataDirectory)
    /// Part of one: a clone or an `initdb` that was cut off.
    case incomplete
    /// A pgBackRest repository.
    case repository(SimulatedRepository)

    /// The PostgreSQL data directory, when it is one.
    package var directory: DataDirectory? {
        if case .postgres(let directory) = self { directory } else { nil }
    }
    /// Whether there is nothing in it.
    package var isEmpty: Bool {
        if case .empty = self { true } else { false }
    }
}
