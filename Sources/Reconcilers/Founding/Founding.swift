public import Model

/// Compares the manifest with what the cluster was founded with. An edit that cannot be had is refused, also when it was
/// made while no controller ran: nothing at all is changed by such a manifest.
public struct Founding: Reconciler {
    /// Its name in plans and events.
    public let name = "founding"
    /// Creates the planner.
    public init() {}

    /// The refusals, or the record of what was founded as soon as there is a primary that can be asked.
    public func propose(_ scene: Scene) -> Proposal {
        guard let site = Site(scene) else { return Proposal() }
        let refused = Lasting.changes(from: Facts(site).all, to: scene.cluster)
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
        return Proposal(chores: record(site))
    }

    private func record(_ site: Site) -> [Action] {
        guard case .present(let dcs) = site.scene.observation.dcs, dcs.founding == nil,
            case .present(let database) = site.scene.observation.database, !database.isInRecovery
        else { return [] }
        let record = FoundingRecord(values: Lasting.values(of: site.cluster))
        return [
            Action(
                .etcd(.putIfAbsent(key: FoundingRecord.key(of: site.cluster.name), value: record.value)), on: .cluster,
                because: .ended("founding"))
        ]
    }
}

/// What is known of what the cluster was founded with: its own word first, then the record, then what its parts are
/// called.
struct Facts {
    private let site: Site

    init(_ site: Site) { self.site = site }

    /// By the fields' paths in the manifest.
    var all: [LabelValue] {
        var facts = said
        let observation = site.scene.observation
        let record = observation.dcs.value.map(\.founding) ?? observation.rememberedFounding
        for known in (record?.values ?? []) + labelled
        where facts.value(of: known.key) == nil {
            facts.append(known)
        }
        return facts
    }

    /// What PostgreSQL says of its own data.
    private var said: [LabelValue] {
        guard case .present(let database) = site.scene.observation.database else { return [] }
        return [
            database.locale.map { LabelValue(Lasting.locale, $0) },
            database.checksums.map { LabelValue(Lasting.checksums, String($0)) },
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
        note(Lasting.nodePrefix, .node, wanted: site.cluster.nodes.namePrefix)
        note(Lasting.etcdPrefix, .etcd, wanted: site.cluster.etcd.namePrefix)
        let repositories = site.engine.volumes.filter {
            site.owns($0.labels) && $0.labels.value(of: Label.component) == Component.repository.rawValue
        }
        if site.cluster.backups.enabled, let wanted = site.cluster.backups.repositoryVolume,
            let known = repositories.first,
            !repositories.contains(where: { $0.name == wanted })
        {
            facts.append(LabelValue(Lasting.volume, known.name.text))
        }
        if let other = formerName { facts.append(LabelValue(Lasting.name, other)) }
        return facts
    }

    private func labels(of component: Component) -> [[LabelValue]] {
        (site.engine.containers.map(\.labels) + site.engine.volumes.map(\.labels)).filter {
            site.owns($0) && $0.value(of: Label.component) == component.rawValue
        }
    }

    /// The name of the cluster that has all the data volumes this one would have, where this one has nothing yet.
    private var formerName: String? {
        guard labels(of: .node).isEmpty, labels(of: .etcd).isEmpty else { return nil }
        let owners = site.cluster.nodeNames.map { node in
            site.engine.volume(VolumeName("\(node)-data"))?.labels.value(of: Label.cluster)
        }
        guard let first = owners.first, let owner = first, owners.allSatisfy({ $0 == owner }) else { return nil }
        return owner
    }
}
