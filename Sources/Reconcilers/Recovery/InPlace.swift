import Model

/// A restore in place. The data is restored into a fresh volume while the cluster goes on; only when that is complete
/// do the nodes stop, and come back on fresh volumes: the first on the restored one, the others as its new replicas.
/// The volumes with the old data stay.
struct InPlace {
    let record: RestoreRecord
    let scope: EngineScope

    init(_ record: RestoreRecord, at scope: EngineScope) {
        self.record = record
        self.scope = scope
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
        guard let first = scope.cluster.nodeNames.first else { return Proposal() }
        guard let volume = volume(of: first) else {
            // without room the restore, or the copies after it, would fill the disk that the cluster writes to
            return DiskRoom.shortage(forRestoreTo: record.target, at: scope)
                ?? Proposal(actions: [create(for: first)])
        }
        let recovery = Recovery(target: record.target, backup: record.backup)
        let task = RestoreTask.spec(recovery, into: volume.name, identity: "restore \(record.id)", at: scope)
        switch TaskProgress(task, at: scope) {
        case .underway(var proposal):
            proposal.waiting.append("the restore to \(record.target.text); the cluster goes on meanwhile")
            return proposal
        case .ended(let seen, let exit):
            guard exit.code == 0 else { return RestoreFailure.report(seen, exit, record.target, at: scope) }
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
        let alive = scope.containers(of: .node).filter(\.state.isAlive)
        if let seen = alive.min(by: { rank($0) < rank($1) }) {
            let name = seen.ownName
            // a synchronous standby would wait for the primary to let it go; what it has is not needed
            let isPrimary = seen.state.isRunning && rank(seen).0 == 1
            proposal.actions.append(
                Action(
                    .docker(scope.engineID, isPrimary ? .stop(seen.id) : .kill(seen.id)), on: scope.subject(name),
                    because: .restored(record.target.text)))
            return proposal
        }
        var isReady = true
        proposal.actions += retirements()
        for node in scope.cluster.nodeNames {
            guard let volume = volume(of: node) else {
                isReady = false
                proposal.actions.append(create(for: node))
                continue
            }
            guard let seen = scope.container(node.container), !seen.state.isAlive,
                seen.settings.mounts.contains(where: { $0.volume == volume.name })
            else {
                isReady = false
                continue
            }
        }
        guard isReady, let first = scope.cluster.nodeNames.first,
            case .data(let identifier, _) = DataContent(first, at: scope)
        else { return proposal }
        proposal.actions.append(
            Action(
                .etcd(
                    .refound(
                        prefix: scope.cluster.dcsPrefix, systemIdentifier: identifier, key: key,
                        value: record.value(at: .done), modRevision: record.modRevision)), on: .leadership,
                because: .restored(record.target.text)))
        return proposal
    }

    /// Replicas stop first: then the primary waits for no standby, and there is no election.
    private func rank(_ seen: ContainerView) -> (Int, ContainerName) {
        let node = seen.ownName.node
        let leads = scope.input.observation.dcs.value?.leader?.node == node
        return (leads || scope.input.observation.member(node).value?.role == .primary ? 1 : 0, seen.name)
    }

    // MARK: - Pieces

    private var key: String { RestoreRecord.prefix(of: scope.cluster.name) + record.id }

    /// The volume that this restore has for a node.
    private func volume(of node: NodeName) -> VolumeView? {
        scope.allVolumes(of: node.text).first { $0.labels.value(of: Label.restore) == record.id }
    }

    private func create(for node: NodeName) -> Action {
        let next = scope.nextVolume(of: node.text)
        var spec = Volumes.spec(next.name, .node, owner: node.text, generation: next.generation)
        spec.labels.append(LabelValue(Label.restore, record.id))
        return Action(
            .docker(scope.engineID, .createVolume(spec)), on: .volume(scope.engineID, next.name),
            because: .requested("restore to \(record.target.text)"))
    }

    /// Why the volumes with the old data stay.
    private func retirements() -> [Action] {
        let known = scope.input.observation.dcs.value?.retired.map(\.volume) ?? []
        return scope.cluster.nodeNames.flatMap { scope.allVolumes(of: $0.text) }
            .filter { $0.labels.value(of: Label.restore) != record.id && !known.contains($0.name) }
            .map { volume in
                VolumeRetirement.record(
                    volume.name, why: "it holds the data from before the restore to \(record.target.text)",
                    input: scope.input)
            }
    }

    private func write(_ stage: RestoreRecord.Stage, because reason: Reason) -> Action {
        Action(
            .etcd(.replaceKey(key: key, value: record.value(at: stage), modRevision: record.modRevision)),
            on: .repository, because: reason)
    }
}
