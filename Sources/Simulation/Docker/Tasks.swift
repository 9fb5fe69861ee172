internal import Model

/// Tasks: containers that do one job on the repository and end.
extension Universe {
    mutating func startTask(_ index: Int) {
        let command = engine.containers[index].command
        let until = now + draw(command.contains("trial") ? 1000...4000 : 1000...20_000)
        engine.containers[index].commands = [SimulatedCommand(arguments: command, until: until)]
    }

    /// Ends a task whose time has come; what it made is there at once.
    mutating func finishTask(_ index: Int) {
        let command = engine.containers[index].command
        if command.contains("look") { return look(index, command) }
        if command.contains("trial") {
            die(index, exitCode: isRefused(index) ? 5 : 0)
        } else {
            let isDone = command.contains("backup") ? backUpFromOutside(command, index) : read(index)
            die(index, exitCode: isDone ? 0 : 56)
        }
        isStirred = true
    }

    /// Whether the files of a trial hold the value that PostgreSQL refuses.
    private func isRefused(_ index: Int) -> Bool {
        let refused = [PostgresSettings.Parameter.refused, .refusedLocally].map { "\($0.name) = '\($0.value)'" }
        return engine.containers[index].files.contains { file in
            let text = file.content.filled { $0.text }
            return refused.contains { text.contains($0) }
        }
    }

    /// Tells what is in the repository; storage that does not answer is a failure like any other.
    private mutating func look(_ index: Int, _ command: [String]) {
        let stanza = command.first { $0.hasPrefix("--stanza=") }?.dropFirst(9)
        let isSeen = draw(1...8) > .milliseconds(1)
        if isSeen, let stanza {
            engine.containers[index].seenRepository = repository(of: index)?.view(of: String(stanza))
        }
        die(index, exitCode: isSeen ? 0 : 1)
        isStirred = true
    }

    /// A drill or a verification needs a backup; one in eight is taken for damaged by a disk that stutters.
    private mutating func read(_ index: Int) -> Bool {
        guard let repository = repository(of: index) else { return false }
        return repository.stanzas.contains { !$0.backups.isEmpty } && draw(1...8) > .milliseconds(1)
    }

    /// pgBackRest finds the primary among the nodes by itself.
    private mutating func backUpFromOutside(_ arguments: [String], _ index: Int) -> Bool {
        guard let name = arguments.first(where: { $0.hasPrefix("--stanza=") })?.dropFirst(9),
            let primary = engine.containers.indices.first(where: { place in
                let other = engine.containers[place]
                return other.state.isRunning && other.owner == scope.text && other.node?.server == .primary
            }), let directory = directory(of: primary), var repository = repository(of: index),
            let stanza = repository.stanzas.firstIndex(where: { $0.name == String(name) }),
            repository.stanzas[stanza].systemIdentifier == directory.systemIdentifier
        else { return false }
        let type = arguments.first { $0.hasPrefix("--type=") }.map { String($0.dropFirst(7)) } ?? "incr"
        var backup = BackupView(
            label: "b\(nextSerial())", type: type, stoppedAt: moment.wallMilliseconds / 1000, size: directory.lsn)
        backup.startedAt = backup.stoppedAt - 1
        backup.firstSegment = directory.segment
        backup.lastSegment = directory.segment
        repository.stanzas[stanza].backups.append(backup)
        return keep(repository, of: index)
    }
}
