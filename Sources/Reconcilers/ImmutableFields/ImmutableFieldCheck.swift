public import Model

/// Compares the manifest with what the cluster was created with. An edit that cannot be had is refused, also when it was
/// made while no controller ran: nothing at all is changed by such a manifest.
public struct ImmutableFieldCheck: Reconciler {
    /// Its name in plans and events.
    public let name = "immutable-fields"
    /// Creates the planner.
    public init() {}

    /// The refusals, or the record of what was created as soon as there is a primary that can be asked.
    public func propose(_ input: PlanningInput) -> Proposal {
        guard let scope = EngineScope(input) else { return Proposal() }
        let refused = ImmutableFields.changes(from: Facts(scope).all, to: input.cluster)
        if !refused.isEmpty {
            var proposal = Proposal(waiting: ["a manifest that this cluster can have"])
            proposal.conditions = [
                Condition(
                    .unsupportedChange, .true, reason: "CannotChange",
                    message: refused.map(\.description).joined(separator: ". ") + ". Nothing is changed meanwhile")
            ]
            proposal.refusesManifest = true
            return proposal
        }
        return Proposal(backgroundActions: record(scope))
    }

    private func record(_ scope: EngineScope) -> [Action] {
        guard case .present(let dcs) = scope.input.observation.dcs, dcs.bootstrapRecord == nil,
            case .present(let database) = scope.input.observation.database, !database.isInRecovery
        else { return [] }
        let record = BootstrapRecord(values: ImmutableFields.values(of: scope.cluster))
        return [
            Action(
                .etcd(.putIfAbsent(key: BootstrapRecord.key(of: scope.cluster.name), value: record.value)),
                on: .cluster,
                because: .ended("bootstrap"))
        ]
    }
}

/// What is known of what the cluster was created with: its own word first, then the record, then what its parts are
/// called.
struct Facts {
    private let scope: EngineScope

    init(_ scope: EngineScope) { self.scope = scope }

    /// By the fields' paths in the manifest.
    var all: [LabelValue] {
        var facts = said
        let observation = scope.input.observation
        let record = observation.dcs.value.map(\.bootstrapRecord) ?? observation.rememberedBootstrap
        for known in (record?.values ?? []) + labelled
        where facts.value(of: known.key) == nil {
            facts.append(known)
        }
        return facts
    }

    /// What PostgreSQL says of its own data.
    private var said: [LabelValue] {
        guard case .present(let database) = scope.input.observation.database else { return [] }
        return [
            database.locale.map { LabelValue(ImmutableFields.locale, $0) },
            database.checksums.map { LabelValue(ImmutableFields.checksums, String($0)) },
        ].compactMap(\.self)
    }

    /// What the labels on containers and volumes tell.
    private var labelled: [LabelValue] {
        var facts: [LabelValue] = []
        func note(_ path: String, _ component: Component, wanted: String) {
            let names = labels(of: component).compactMap { $0.value(of: Label.name) }
            let prefixes = names.map { name in String(name.reversed().drop { $0.isNumber }.reversed()) }
            // one of the wanted name is proof enough that this is what they are called
            guard !prefixes.contains(wanted), let other = prefixes.first else { return }
            facts.append(LabelValue(path, other))
        }
        note(ImmutableFields.nodePrefix, .node, wanted: scope.cluster.nodes.namePrefix)
        note(ImmutableFields.etcdPrefix, .etcd, wanted: scope.cluster.etcd.namePrefix)
        let repositories = scope.engine.volumes.filter {
            scope.owns($0.labels) && $0.labels.value(of: Label.component) == Component.repository.rawValue
        }
        if scope.cluster.backups.enabled, let wanted = scope.cluster.backups.repositoryVolume,
            let known = repositories.first,
            !repositories.contains(where: { $0.name == wanted })
        {
            facts.append(LabelValue(ImmutableFields.volume, known.name.text))
        }
        if let other = formerName { facts.append(LabelValue(ImmutableFields.name, other)) }
        return facts
    }

    private func labels(of component: Component) -> [[LabelValue]] {
        (scope.engine.containers.map(\.labels) + scope.engine.volumes.map(\.labels)).filter {
            scope.owns($0) && $0.value(of: Label.component) == component.rawValue
        }
    }

    /// The name of the cluster that has all the data volumes this one would have, where this one has nothing yet.
    private var formerName: String? {
        guard labels(of: .node).isEmpty, labels(of: .etcd).isEmpty else { return nil }
        let owners = scope.cluster.nodeNames.map { node in
            scope.engine.volume(VolumeName("\(node)-data"))?.labels.value(of: Label.cluster)
        }
        guard let first = owners.first, let owner = first, owners.allSatisfy({ $0 == owner }) else { return nil }
        return owner
    }
}
