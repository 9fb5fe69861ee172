public import Model

/// Keeps one data volume for each etcd member and node, and the backup repository. It never removes one (I8).
public struct Volumes: Reconciler {
    /// Its name in plans and events.
    public let name = "volumes"
    /// Creates the planner.
    public init() {}

    /// Creates what is missing; a foreign volume of a wanted name is a condition, never adopted (fault V08).
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        var proposal = Proposal()
        for spec in Volumes.wanted(at: scope) {
            let subject = Subject.volume(scope.engineID, spec.name)
            switch scope.engine.volume(spec.name) {
            case nil:
                proposal.actions.append(
                    Action(.docker(scope.engineID, .createVolume(spec)), on: subject, because: .missing))
            case let seen? where !scope.owns(seen.labels):
                proposal.conditions.append(
                    Condition(
                        .notOwned, .true, reason: "NameTaken",
                        message: "volume \(spec.name) is not ours and is left alone, with all that is in it; "
                            + "rename what the manifest asks for, or remove the volume yourself", subject: subject))
                proposal.waiting.append("the name \(spec.name), which a volume that is not ours has")
            case .some: break
            }
        }
        proposal.conditions += VolumeRetirement.conditions(at: scope)
        return proposal
    }

    /// The volumes that the manifest asks for; an object that has a volume of any generation keeps it.
    static func wanted(at scope: EngineScope) -> [VolumeSpec] {
        var specs: [VolumeSpec] = []
        for name in scope.cluster.etcdNames {
            specs.append(EtcdSpec.volume(of: name, at: scope))
        }
        for node in scope.cluster.nodeNames {
            specs.append(spec(scope.volumeName(of: node.text), .node, owner: node.text))
        }
        if scope.cluster.backups.enabled, let name = scope.cluster.backups.repositoryVolume {
            specs.append(spec(name, .repository, owner: name.text))
        }
        let prometheus = scope.cluster.monitoring.prometheus
        if prometheus.enabled {
            specs.append(spec(scope.volumeName(of: prometheus.name.text), .prometheus, owner: prometheus.name.text))
        }
        return specs
    }

    static func spec(_ name: VolumeName, _ component: Component, owner: String, generation: Int = 1) -> VolumeSpec {
        var labels = [LabelValue(Label.name, owner)]
        if generation > 1 { labels.append(LabelValue(Label.generation, String(generation))) }
        return VolumeSpec(name: name, component: component, labels: labels)
    }

    /// An object's volume as it is, or as it would be made.
    static func spec(of owner: String, _ component: Component, at scope: EngineScope) -> VolumeSpec {
        let known = scope.volumes(of: owner).first
        var result = spec(
            scope.volumeName(of: owner), component, owner: owner,
            generation: known.map { scope.generation(of: $0) } ?? 1)
        if let restore = known?.labels.value(of: Label.restore) {
            result.labels.append(LabelValue(Label.restore, restore))
        }
        return result
    }
}
