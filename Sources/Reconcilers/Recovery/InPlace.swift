import Model

/// A restore in place. The data is restored into a fresh volume while the cluster goes on; only when that is complete
/// do the nodes stop, and come back on fresh volumes: the first on the restored one, the others as its new replicas.
/// The volumes with the old data stay.
struct InPlace {
    let record: RestoreRecord
    let site: Site

    init(_ record: RestoreRecord, at site: Site) {
        self.record = record
        self.site = site
    }

    func propose() -> Proposal {
        switch record.stage {
        case .requested: restore()
        case .switching: change()
        case .done, .cancelled: Proposal()
        }
    }

    // MARK: - Beside the cluster

    private func restore() -> Proposal {
        guard let first = site.cluster.nodeNames.first else { return Proposal() }
        guard let volume = volume(of: first) else { return Proposal(actions: [create(for: first)]) }
        let recovery = Recovery(target: record.target, backup: record.backup)
        let task = RestoreTask.spec(recovery, into: volume.name, identity: "restore \(record.id)", at: site)
        switch TaskProgress(task, at: site) {
        case .underway(var proposal):
            proposal.waiting.append("the restore to \(record.target.text); the cluster goes on meanwhile")
            return proposal
        case .ended(let seen, let exit):
            guard exit.code == 0 else { return RestoreFailure.report(seen, exit, record.target, at: site) }
            guard case .present(.postgres) = seen.data else {
                return Proposal(waiting: ["a look into volume \(volume.name)"], lookAgain: .milliseconds(300))
            }
            return Proposal(
                actions: [write(.switching, because: .restored(record.target.text))],
                waiting: ["the change to the restored data"])
        }
    }

    // MARK: - The change

    private func change() -> Proposal {
        var proposal = Proposal(waiting: ["the change to the restored data"], lookAgain: .milliseconds(100))
        let alive = site.containers(of: .node).filter(\.state.isAlive)
        if let seen = alive.min(by: { rank($0) < rank($1) }) {
            let name = seen.ownName
            // a synchronous standby would wait for the primary to let it go; nobody needs what it has
            let isPrimary = seen.state.isRunning && rank(seen).0 == 1
            proposal.actions.append(
                Action(
                    .docker(site.engineID, isPrimary ? .stop(seen.id) : .kill(seen.id)), on: site.subject(name),
                    because: .restored(record.target.text)))
            return proposal
        }
        var isReady = true
        proposal.actions += retirements()
        for node in site.cluster.nodeNames {
            guard let volume = volume(of: node) else {
                isReady = false
                proposal.actions.append(create(for: node))
                continue
            }
            guard let seen = site.container(node.container), !seen.state.isAlive,
                seen.settings.mounts.contains(where: { $0.volume == volume.name })
            else {
                isReady = false
                continue
            }
        }
        guard isReady, let first = site.cluster.nodeNames.first,
            case .data(let identifier, _) = Holding(first, at: site)
        else { return proposal }
        proposal.actions.append(
            Action(
                .etcd(
                    .refound(
                        prefix: site.cluster.dcsPrefix, systemIdentifier: identifier, key: key,
                        value: record.value(at: .done), modRevision: record.modRevision)), on: .leadership,
                because: .restored(record.target.text)))
        return proposal
    }

    /// Replicas stop first, so that the primary waits for nobody and nobody elects.
    private func rank(_ seen: ContainerView) -> (Int, ContainerName) {
        let node = seen.ownName.node
        let leads = site.scene.observation.dcs.value?.leader?.node == node
        return (leads || site.scene.observation.member(node).value?.role == .primary ? 1 : 0, seen.name)
    }

    // MARK: - Pieces

    private var key: String { RestoreRecord.prefix(of: site.cluster.name) + record.id }

    /// The volume that this restore has for a node.
    private func volume(of node: NodeName) -> VolumeView? {
        site.allVolumes(of: node.text).first { $0.labels.value(of: Label.restore) == record.id }
    }

    private func create(for node: NodeName) -> Action {
        let next = site.nextVolume(of: node.text)
        var spec = Volumes.spec(next.name, .node, owner: node.text, generation: next.generation)
        spec.labels.append(LabelValue(Label.restore, record.id))
        return Action(
            .docker(site.engineID, .createVolume(spec)), on: .volume(site.engineID, next.name),
            because: .requested("restore to \(record.target.text)"))
    }

    /// Why the volumes with the old data stay.
    private func retirements() -> [Action] {
        let known = site.scene.observation.dcs.value?.retired.map(\.volume) ?? []
        return site.cluster.nodeNames.flatMap { site.allVolumes(of: $0.text) }
            .filter { $0.labels.value(of: Label.restore) != record.id && !known.contains($0.name) }
            .map { volume in
                Retirement.record(
                    volume.name, why: "it holds the data from before the restore to \(record.target.text)",
                    scene: site.scene)
            }
    }

    private func write(_ stage: RestoreRecord.Stage, because reason: Reason) -> Action {
        Action(
            .etcd(.replaceKey(key: key, value: record.value(at: stage), modRevision: record.modRevision)),
            on: .repository, because: reason)
    }
}
