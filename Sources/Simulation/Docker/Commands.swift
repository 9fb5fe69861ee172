package import Model

/// A pgBackRest repository as a value.
package struct SimulatedRepository: Sendable, Hashable {
    /// Stanzas.
    package var stanzas: [Stanza] = []
    /// A stanza.
    package struct Stanza: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// The cluster it belongs to.
        package var systemIdentifier: String
        /// Its backups, oldest first.
        package var backups: [BackupView] = []
    }

    /// What there is of a stanza.
    package func view(of name: String) -> RepositoryView {
        guard let stanza = stanzas.first(where: { $0.name == name }) else { return RepositoryView(stanza: .missing) }
        return RepositoryView(stanza: .ok(systemIdentifier: stanza.systemIdentifier), backups: stanza.backups)
    }
}

/// Commands inside containers, of which the model knows pgBackRest's.
extension Universe {
    package mutating func run(_ arguments: [String], in id: ContainerID) -> Outcome {
        guard let index = engine.index(of: id) else { return .refused(Refusal(.gone, "404 no such container")) }
        guard engine.containers[index].state.isRunning else {
            return .refused(Refusal(.conflict, "409 container is not running"))
        }
        let time = draw(arguments.last == "backup" ? 3000...12_000 : 500...2000)
        engine.containers[index].commands.append(SimulatedCommand(arguments: arguments, until: now + time))
        return .done("200")
    }

    /// Ends commands whose time has come.
    mutating func finishCommands(_ index: Int) {
        if engine.containers[index].component == .task { return finishTask(index) }
        for place in engine.containers[index].commands.indices {
            let command = engine.containers[index].commands[place]
            guard command.exitCode == nil, command.until <= now else { continue }
            let isDone = engine.containers[index].state.isRunning && backUp(command.arguments, index)
            engine.containers[index].commands[place].exitCode = isDone ? 0 : 56
            isStirred = true
        }
        engine.containers[index].commands.removeAll { $0.exitCode != nil && now - $0.until > .seconds(300) }
    }

    private mutating func backUp(_ arguments: [String], _ index: Int) -> Bool {
        guard let name = arguments.first(where: { $0.hasPrefix("--stanza=") })?.dropFirst(9),
            engine.containers[index].node?.server == .primary, let directory = directory(of: index),
            var repository = repository(of: index)
        else { return false }
        let place = repository.stanzas.firstIndex { $0.name == String(name) }
        if arguments.last == "stanza-create" {
            if let place { return repository.stanzas[place].systemIdentifier == directory.systemIdentifier }
            repository.stanzas.append(.init(name: String(name), systemIdentifier: directory.systemIdentifier))
        } else if arguments.last == "backup" {
            guard let place, repository.stanzas[place].systemIdentifier == directory.systemIdentifier else {
                return false
            }
            let type = arguments.first { $0.hasPrefix("--type=") }.map { String($0.dropFirst(7)) } ?? "incr"
            var backup = BackupView(
                label: "b\(nextSerial())", type: type, stoppedAt: moment.wallMilliseconds / 1000, size: directory.lsn)
            backup.firstSegment = directory.segment
            backup.lastSegment = directory.segment
            repository.stanzas[place].backups.append(backup)
        } else {
            return false
        }
        return keep(repository, of: index)
    }

    /// Writes what a container's pgBackRest has changed; false where its volume is gone.
    mutating func keep(_ repository: SimulatedRepository, of index: Int) -> Bool {
        if bucket != nil {
            bucket = repository
            return true
        }
        guard let volume = engine.containers[index].repositoryVolume, let spot = engine.index(of: volume) else {
            return false
        }
        engine.volumes[spot].content = .repository(repository)
        return true
    }

    /// The repository a container reaches; nil when it mounts none or its volume is gone.
    package func repository(of index: Int) -> SimulatedRepository? {
        if let bucket { return bucket }
        return switch engine.content(of: engine.containers[index].repositoryVolume) {
        case .repository(let repository): repository
        case .empty: SimulatedRepository()
        case .etcd, .postgres, .incomplete, nil: nil
        }
    }

    /// What `pgbackrest info` says in a node, or the archive endpoint in one that does not run.
    package func lookAtRepository(_ cluster: Cluster) -> Sighting<RepositoryView> {
        guard cluster.backups.isPlain else { return askRepository(cluster) }
        guard
            let index = engine.containers.firstIndex(where: { container in
                container.component == .node && container.owner == scope.text && container.repositoryVolume != nil
            }), let repository = repository(of: index)
        else {
            // without a container there is no look into the volume; without the volume there is nothing
            return engine.index(of: cluster.backups.volume) == nil
                ? .absent : .unknown(UnknownReason(.unreachable, "no node runs"))
        }
        return .present(repository.view(of: cluster.backups.stanza))
    }

    /// By a node that runs, else by what the last look of a container has seen, unless a node has lived since.
    private func askRepository(_ cluster: Cluster) -> Sighting<RepositoryView> {
        let nodes = engine.containers.filter { $0.component == .node && $0.owner == scope.text }
        if let node = nodes.first(where: \.state.isRunning), let index = engine.index(of: node.id) {
            return repository(of: index).map { .present($0.view(of: cluster.backups.stanza)) }
                ?? .unknown(UnknownReason(.unreachable, "the volume is gone"))
        }
        let look = engine.containers.first { $0.seenRepository != nil && $0.owner == scope.text }
        guard let view = look?.seenRepository, case .exited(let exit)? = look?.state,
            let end = Timestamp(exit.finishedAt),
            Timestamp(moment) - end < .seconds(300),
            nodes.allSatisfy({ node in
                switch node.state {
                case .created: true
                case .exited(let exit): Timestamp(exit.finishedAt).map { $0 < end } ?? false
                case .running, .paused, .restarting, .removing, .dead: false
                }
            })
        else { return .unknown(UnknownReason(.unreachable, "no node runs that could look into the repository")) }
        return .present(view)
    }
}
