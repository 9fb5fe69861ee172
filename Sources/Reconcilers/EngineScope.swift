import Model

/// The input narrowed to its one engine, with the lookups that every planner needs. Nil where the engine was not seen.
///
/// A class, because planners pass it on at every step, and a copy of a value of this size costs more than the step.
final class EngineScope: Sendable {
    let input: PlanningInput
    let engineID: EngineID
    let engine: EngineView

    init?(_ input: PlanningInput) {
        guard let settings = input.cluster.engines.first,
            case .present(let view) = input.observation.engine(settings.name)
        else { return nil }
        self.input = input
        engineID = settings.name
        engine = view
    }

    var cluster: Cluster { input.cluster }

    /// The internal network, on which the cluster's own parts reach each other.
    var network: NetworkView? { network(cluster.network.name) }

    /// Our network of a name: the one that carries our label; of several the busiest.
    func network(_ name: NetworkName) -> NetworkView? {
        engine.networks(named: name).filter { owns($0.labels) }
            .max { ($0.endpoints.count, $1.id) < ($1.endpoints.count, $0.id) }
    }

    /// The networks of ours that are there, the internal one first.
    var networks: [NetworkView] { cluster.network.specs.compactMap { network($0.name) } }

    /// The major version in the nodes' image, where it is known to be another one than the manifest's.
    var strangeMajor: Int? {
        let known = engine.images.first { $0.reference == cluster.nodes.image }?.postgresMajor
        return known == cluster.postgres.version ? nil : known
    }

    /// Whether the programs of a node know this: by its container's image, or by the one that it is to get.
    func knows(_ feature: ImageFeature, _ node: NodeName) -> Bool {
        if let seen = container(node.container) { return seen.features.contains(feature) }
        return engine.images.first { $0.reference == cluster.nodes.image }?.features.contains(feature) == true
    }

    /// The name that a node's container has on the internal network alone, or will have with its next endpoint; `nil` for the
    /// container of a build that knew none.
    func internalName(of node: NodeName) -> ContainerName? {
        // of one for which Docker does not answer the names are not known
        let container = container(node.container).flatMap { $0.state == .restarting ? nil : $0 }
        let endpoint = container?.attachments.first { $0.networkName == cluster.network.name }
        guard let endpoint else { return knows(.internalName, node) ? node.internalName : nil }
        return node.internalNames.first { endpoint.aliases.contains($0) }
    }

    /// Whether labels say that an object is this cluster's.
    func owns(_ labels: [LabelValue]) -> Bool { labels.value(of: Label.cluster) == cluster.name.text }

    /// Our container that was created under this name, whatever it is called now.
    func container(_ name: ContainerName) -> ContainerView? {
        let ours = places { $0.value(of: Label.name) == name.text }
        return (ours.first { engine.containers[$0].name == name } ?? ours.first).map { engine.containers[$0] }
    }

    /// Our containers of one component.
    func containers(of component: Component) -> [ContainerView] {
        places { $0.value(of: Label.component) == component.rawValue }.map { engine.containers[$0] }
    }

    /// Where our containers with such labels are in the engine's list. By place, because planners ask this all the time, and to
    /// copy a view costs more than to read its labels.
    private func places(_ isWanted: ([LabelValue]) -> Bool) -> [Int] {
        engine.containers.indices.filter { place in
            owns(engine.containers[place].labels) && isWanted(engine.containers[place].labels)
        }
    }

    /// Our volumes that were created for this object and are in force, newest generation first.
    func volumes(of name: String) -> [VolumeView] { allVolumes(of: name).filter { isInForce($0, for: name) } }

    /// All our volumes that were created for this object, newest generation first.
    func allVolumes(of name: String) -> [VolumeView] {
        engine.volumes.filter { owns($0.labels) && $0.labels.value(of: Label.name) == name }
            .sorted { generation(of: $0) > generation(of: $1) }
    }

    /// A volume that a restore fills is not used before the restore is complete. Where its record is lost with etcd,
    /// what the object's container mounts says which one is.
    private func isInForce(_ volume: VolumeView, for name: String) -> Bool {
        guard let id = volume.labels.value(of: Label.restore) else { return true }
        if case .present(let dcs) = input.observation.dcs, let record = dcs.restores.first(where: { $0.id == id }) {
            return record.stage == .switching || record.stage == .done
        }
        guard let user = container(ContainerName(name)) else { return true }
        return user.settings.mounts.contains { $0.volume == volume.name }
    }

    /// The volume an object uses: the newest generation, or the first one's name where there is none yet.
    func volumeName(of name: String) -> VolumeName { volumes(of: name).first?.name ?? VolumeName("\(name)-data") }

    /// The name for a new generation of an object's volume.
    func nextVolume(of name: String) -> (name: VolumeName, generation: Int) {
        let next = (allVolumes(of: name).first.map { generation(of: $0) } ?? 0) + 1
        return (VolumeName(next == 1 ? "\(name)-data" : "\(name)-data-\(next)"), next)
    }

    func generation(of volume: VolumeView) -> Int {
        volume.labels.value(of: Label.generation).flatMap { Int($0) } ?? 1
    }

    /// The certificates' names that may read a node's data directory for a backup. In a cluster of an older build a backup
    /// that began before has the certificate that all parties shared.
    var backupClients: [String] {
        let own = Principal.backup.commonName(in: cluster.name)
        let isShared = input.observation.identity.authorities.contains { !$0.statesItsUse }
        return [own] + (isShared ? [cluster.name.text] : [])
    }

    func subject(_ name: ContainerName) -> Subject { .container(engineID, name) }
}

extension NodeName {
    /// The node's container has the same name.
    var container: ContainerName { ContainerName(text) }
}

extension ContainerView {
    /// The name that it was created under, whatever it is called now.
    var ownName: ContainerName { labels.value(of: Label.name).map { ContainerName($0) } ?? name }
}

extension ContainerName {
    /// The node of a node's container.
    var node: NodeName { NodeName(text) }
}
