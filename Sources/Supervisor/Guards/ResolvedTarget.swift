import Model

/// What an effect strikes, found by the IDs in the effect itself and the labels that the engine shows. The subject that a
/// planner wrote beside the effect has no part in it: an effect under a wrong subject is judged by what it does.
enum ResolvedTarget: Hashable {
    /// No container and no node.
    case none
    /// A node of the cluster, wanted or not.
    case node(NodeName)
    /// An etcd member's container.
    case etcd(ContainerName)
    /// Another container of the cluster.
    case container(ContainerName)
    /// A container that the look does not show: nothing is known of what it is.
    case unknown(ContainerID)

    /// The target of an effect, as this look shows it.
    init(_ effect: Effect, _ input: PlanningInput) {
        switch effect {
        case .docker(let engine, let effect):
            guard let id = effect.container else {
                self = .none
                return
            }
            self = ResolvedTarget(id, at: engine, input)
        case .patroni(let node, let effect):
            switch effect {
            case .switchover(let from, _): self = .node(from)
            case .restart, .reload, .wake, .patchConfiguration: self = .node(node)
            }
        case .etcd(.releaseLeader(_, let key, _)): self = .node(key.node)
        case .etcd(.defragment(let name)): self = .etcd(name)
        case .sql(let node, _): self = .node(node)
        case .pooler(let name, _): self = .container(name)
        case .etcd, .identity, .configureLocally: self = .none
        }
    }

    private init(_ id: ContainerID, at engine: EngineID, _ input: PlanningInput) {
        guard let body = input.observation.engine(engine).value?.containers.first(where: { $0.id == id }) else {
            self = .unknown(id)
            return
        }
        let name = body.labels.value(of: Label.name) ?? body.name.text
        switch body.labels.value(of: Label.component).flatMap(Component.init(rawValue:)) {
        case .node: self = .node(NodeName(name))
        case .etcd: self = .etcd(ContainerName(name))
        case .network, .repository, .supervisor, .prometheus, .task, .reader, .pooler, .console, nil:
            self = .container(ContainerName(name))
        }
    }

    /// The node, where it is one.
    var node: NodeName? { if case .node(let name) = self { name } else { nil } }
    /// The etcd member, where it is one.
    var etcd: ContainerName? { if case .etcd(let name) = self { name } else { nil } }
}

extension DockerEffect {
    /// The container that it changes; nil where it changes none.
    fileprivate var container: ContainerID? {
        switch self {
        case .upload(let id, _), .start(let id), .stop(let id), .kill(let id), .shutdownPrimary(let id),
            .unpause(let id),
            .remove(let id), .rename(let id, _), .update(let id, _), .run(let id, _), .connect(_, let id, _),
            .disconnect(_, let id):
            id
        case .createNetwork, .removeNetwork, .createVolume, .removeVolume, .createContainer, .pull: nil
        }
    }
}
