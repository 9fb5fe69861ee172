internal import Model

extension Cluster {
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
        case .console(let isEnabled): cluster.console.enabled = isEnabled
        case .maintenance(let isOn): cluster.maintenance = isOn
        }
        return cluster
    }
}
