package import Model

/// A container as a value, with the processes that live in it.
package struct SimulatedContainer: Sendable {
    /// Its ID.
    package var id: ContainerID
    /// Its name now.
    package var name: ContainerName
    /// The image reference it was created with.
    package var image: ImageReference
    /// Its labels, sorted by key.
    package internal(set) var labels: [LabelValue]
    /// What it is for, by its label.
    package let component: Component?
    /// The cluster it belongs to, by its label.
    package let owner: String?
    /// The name it was created under, which Patroni and etcd in it use.
    package let home: String
    /// Its settings.
    package var settings: ContainerSettings
    /// The command after the entry point.
    package var command: [String] = []
    /// What a task that looks into the repository has seen at its end.
    package var seenRepository: RepositoryView?
    /// Whether it lives.
    package var state: ContainerState = .created
    /// When it was created.
    package var createdAt = ""
    /// Its endpoints, by network name, as Docker keeps them; an address only while it runs.
    package var attachments: [Attachment] = []
    /// The network that it was made with. The simulation has others reach it there alone.
    package var ownNetwork: NetworkName?
    /// What the programs of its image know.
    package var features: Set<ImageFeature> = []
    /// The files placed in it.
    package var files: [PlacedFile] = []
    /// What its processes have read of them about certificates.
    package var identity = LoadedIdentity([])
    /// Commands started in it.
    package var commands: [SimulatedCommand] = []
    /// An orderly stop that has begun.
    package var stop: Stop?
    /// A start by Docker's restart policy that is to come.
    package var restart: Restart?
    /// Whether a person or the controller stopped it, which the policy `unless-stopped` respects.
    package var wasStopped = false
    /// How often Docker restarted it.
    package var restartCount = 0
    /// The volume that holds its data: the first that is not the backup repository.
    package let dataVolume: VolumeName?
    /// The volume that holds the backup repository.
    package let repositoryVolume: VolumeName?
    /// The etcd that runs in it.
    package var etcd: EtcdProcess?
    /// The Patroni that runs in it.
    package var node: NodeProcess?
    /// The PgBouncer that runs in it.
    package var pooler: PoolerProcess?

    /// An orderly stop.
    package struct Stop: Sendable {
        /// When the process ends.
        package var until: Duration
        /// With which exit code.
        package var exitCode: Int
    }

    /// A start by Docker's restart policy.
    package struct Restart: Sendable {
        /// When.
        package var at: Duration
        /// How the life before it ended.
        package var exit: Exit
    }

    /// A new container.
    package init(
        id: ContainerID, name: ContainerName, image: ImageReference, labels: [LabelValue], settings: ContainerSettings
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.labels = labels
        self.settings = settings
        dataVolume = settings.mounts.first { !$0.destination.hasSuffix("/pgbackrest") }?.volume
        repositoryVolume = settings.mounts.first { $0.destination.hasSuffix("/pgbackrest") }?.volume
        component = labels.value(of: Label.component).flatMap { Component(rawValue: $0) }
        owner = labels.value(of: Label.cluster)
        home = labels.value(of: Label.name) ?? name.text
    }

    /// Whether its first process lives, frozen or not.
    package var hasProcess: Bool {
        switch state {
        case .running, .paused: true
        case .created, .restarting, .exited, .removing, .dead: false
        }
    }

    /// When this incarnation started.
    package var startedAt: String {
        switch state {
        case .running(let text), .paused(let text): text
        case .exited(let exit): exit.startedAt
        case .created, .restarting, .removing, .dead: ""
        }
    }
}

/// A file placed in a container.
package struct PlacedFile: Sendable, Hashable {
    /// Where.
    package var path: String
    /// The text with its holes.
    package var content: Template
    /// The digest the controller would compare.
    package var digest: Digest
    /// The authorities that it names: of a party's own certificate the signer, else those that it trusts.
    package var authorities: [String] = []
    /// Of a node's file: which version of its secret is its password for etcd.
    package var storePassword = ""
    /// Whether somebody edited it since.
    package var isEdited = false
}

/// A command that was started in a container.
package struct SimulatedCommand: Sendable, Hashable {
    /// Its arguments.
    package var arguments: [String]
    /// When it ends.
    package var until: Duration
    /// Its exit code, once it has ended.
    package var exitCode: Int?
}
