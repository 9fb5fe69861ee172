import Foundation
import Model

/// What both worlds have in common: the cluster, the prefix of its names, its ports and addresses.
struct ContractFixture: Sendable {
    let prefix: String
    let image: ImageReference
    let cluster: Cluster
    private let firstPort: Int
    private let firstSubnet: Int

    /// - Parameter hasStore: whether the cluster's etcd is to run.
    init(hasStore: Bool = false) {
        prefix = "mc-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
        image = ImageReference("\(prefix)-busybox:1")
        firstPort = Int.random(in: 20_000..<32_000)
        firstSubnet = Int.random(in: 0..<12_000)
        var cluster = Cluster(name: ClusterName(prefix))
        cluster.network.name = NetworkName("\(prefix)-net")
        cluster.etcd.namePrefix = "\(prefix)-etcd-"
        cluster.etcd.publish = false
        if !hasStore { cluster.etcd.image = image }
        cluster.nodes.image = image
        cluster.backups.enabled = false
        cluster.console.enabled = false
        self.cluster = cluster
    }

    func full(_ name: String) -> String { "\(prefix)-\(name)" }

    /// The effect that an action is, or nil where it is none of the controller's.
    func effect(_ action: ContractAction, _ ledger: Ledger) -> DockerEffect? {
        switch action {
        case .createNetwork(let name, let subnet):
            let place = firstSubnet + subnet
            return .createNetwork(
                NetworkSpec(
                    name: NetworkName(full(name)), driver: "bridge",
                    subnet: "10.\(200 + place / 250).\(place % 250).0/24"))
        case .removeNetwork(let name): return .removeNetwork(ledger.network(name))
        case .connect(let name, let network):
            return .connect(ledger.network(network), ledger.container(name), aliases: [ContainerName(full(name))])
        case .disconnect(let name, let network): return .disconnect(ledger.network(network), ledger.container(name))
        case .createVolume(let name, let note): return .createVolume(volume(name, note: note))
        case .removeVolume(let name): return .removeVolume(VolumeName(full(name)))
        case .createContainer(let name, let recipe): return .createContainer(container(name, recipe))
        case .upload(let name):
            let file = FileSpec(
                path: "\(FileSpec.directory)/note", content: Template(segments: [.text("for \(name)")]), owner: 0)
            return .upload(ledger.container(name), [file])
        case .start(let name): return .start(ledger.container(name))
        case .stop(let name): return .stop(ledger.container(name))
        case .kill(let name): return .kill(ledger.container(name))
        case .unpause(let name): return .unpause(ledger.container(name))
        case .remove(let name): return .remove(ledger.container(name))
        case .rename(let name, let other): return .rename(ledger.container(name), ContainerName(full(other)))
        case .update(let name, let megabytes, let policy):
            var settings = container(name, ContractAction.Recipe(policy: policy)).settings
            settings.memory = megabytes << 20
            return .update(ledger.container(name), settings)
        case .run(let name): return .run(ledger.container(name), arguments: ["true"])
        case .pause, .removeByForce, .restart, .exit: return nil
        }
    }

    private func volume(_ name: String, note: String) -> VolumeSpec {
        VolumeSpec(name: VolumeName(full(name)), component: .console, labels: [LabelValue("note", note)])
    }

    private func container(_ name: String, _ recipe: ContractAction.Recipe) -> ContainerSpec {
        var settings = ContainerSettings()
        settings.memory = 64 << 20
        settings.pidsLimit = 100
        // not the engine's own 10: a value that is lost on the way has to show
        settings.stopTimeoutSeconds = 7
        settings.restartPolicy = recipe.policy
        if let port = recipe.port {
            settings.ports = [
                PortBinding(containerPort: 80, hostAddress: "127.0.0.1", hostPort: firstPort + port)
            ]
        }
        if let name = recipe.volume {
            settings.mounts = [VolumeMount(volume: VolumeName(full(name)), destination: "/data")]
        }
        var spec = ContainerSpec(
            name: ContainerName(full(name)), component: .console,
            image: recipe.hasImage ? image : ImageReference("\(image)-missing"), settings: settings,
            networks: [NetworkName(full(recipe.network))])
        spec.labels = [LabelValue(Label.name, full(name))]
        spec.volumes = recipe.volume.map { [volume($0, note: "mounted")] } ?? []
        return spec
    }
}
