package import Model

/// What an inspection of the engine shows.
extension Universe {
    /// The engine now; of strangers' containers only the names.
    package func look(images: [ImageReference]) -> EngineView {
        var view = EngineView(id: engine.id, version: "simulated")
        view.networks = engine.networks.map { network in
            var seen = NetworkView(
                id: network.id, name: network.name, driver: network.driver, subnet: network.subnet,
                labels: network.labels,
                endpoints: engine.containers.filter { $0.hasProcess && $0.isAttached(to: network.id) }.map(\.id)
                    .sorted())
            seen.createdAt = network.createdAt
            return seen
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        view.volumes = engine.volumes.map { volume in
            var seen = VolumeView(name: volume.name, labels: volume.labels, createdAt: volume.createdAt)
            seen.isOnEngineDisk = volume.isOnEngineDisk
            return seen
        }.sorted { $0.name < $1.name }
        view.disk = engine.disk.map { .present($0) } ?? .unknown(.notLooked)
        view.containers = engine.containers.map { look(at: $0) }.sorted { $0.name < $1.name }
        view.images = images.map { reference in
            var image = ImageSighting(
                reference: reference, id: engine.images.contains(reference) ? .present("sha256:\(reference)") : .absent,
                pulling: engine.pulls.contains { $0.image == reference } ? "pulling" : nil)
            image.features = engine.features
            return image
        }
        return view
    }

    func look(at container: SimulatedContainer) -> ContainerView {
        var view = ContainerView(
            id: container.id, name: container.name, image: container.image, labels: container.labels,
            state: container.state)
        guard container.owner == scope.text else {
            view.settings.mounts = container.settings.mounts
            return view
        }
        view.imageID = "sha256:\(container.image)"
        view.features = container.features
        view.createdAt = container.createdAt
        view.attachments = container.attachments
        view.settings = container.settings
        view.files = .present(
            container.files.map { file in
                FileView(path: file.path, content: file.isEdited ? .edited : .asWritten(template: file.digest))
            })
        view.data = container.hasProcess ? .unknown(.notLooked) : dataView(of: container)
        view.commands = container.commands.map { CommandView(arguments: $0.arguments, exitCode: $0.exitCode) }
        view.restartCount = container.restartCount
        if container.command.contains("trial"), !container.hasProcess { view.result = .absent }
        return view
    }

    /// Whether no node of the cluster has a process, or may have one.
    private var areNodesAtRest: Bool {
        engine.containers.allSatisfy { container in
            guard container.component == .node, container.owner == scope.text else { return true }
            switch container.state {
            case .created, .exited: return true
            case .running, .paused, .restarting, .removing, .dead: return false
            }
        }
    }

    private func dataView(of container: SimulatedContainer) -> Sighting<DataView> {
        switch engine.content(of: container.dataVolume) {
        case nil: .absent
        case .empty: .present(.empty)
        case .etcd: .present(.etcd)
        case .postgres(let directory): .present(directory.view(isMeasured: areNodesAtRest))
        case .incomplete, .repository: .present(.incomplete)
        }
    }
}
