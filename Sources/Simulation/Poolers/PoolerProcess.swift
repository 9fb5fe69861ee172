package import Model

/// A PgBouncer as it lives in its container.
package struct PoolerProcess: Sendable, Hashable {
    /// The version of the files that it has read.
    package var version: String?
    /// The nodes its connections go to.
    package var hosts: [NodeName]
    /// Since when it pauses clients.
    package var pausedAt: Duration?
    /// Whether it pauses clients.
    package var isPaused: Bool { pausedAt != nil }
    /// When the watch in its image lets them go on.
    var resumesAt: Duration? { pausedAt.map { $0 + .seconds(30) } }

    /// One that has read this file.
    init(reading file: PlacedFile?) {
        (version, hosts) = PoolerProcess.read(file)
    }

    /// A given state.
    package init(_ view: PoolerView, at now: Duration) {
        version = view.version
        hosts = view.hosts
        pausedAt = view.isPaused ? now : nil
    }

    /// What the marker's line in the file says.
    static func read(_ file: PlacedFile?) -> (version: String?, hosts: [NodeName]) {
        let text = file?.content.filled { $0.text } ?? ""
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("pg-controller = host=") }) else {
            return (nil, [])
        }
        let words = line.split(separator: " ")
        let hosts = words.first { $0.hasPrefix("host=") }?.dropFirst(5).split(separator: ",") ?? []
        return (
            words.first { $0.hasPrefix("dbname=") }.map { String($0.dropFirst(7)) }, hosts.map { NodeName(String($0)) }
        )
    }
}

extension Universe {
    mutating func startPooler(_ index: Int) {
        guard let file = engine.containers[index].files.first(where: { $0.path.hasSuffix("pgbouncer.ini") }) else {
            return die(index, exitCode: 1)
        }
        engine.containers[index].pooler = PoolerProcess(reading: file)
        readIdentity(index)
    }

    private func poolerIndex(_ name: ContainerName) -> Int? {
        engine.containers.firstIndex {
            $0.home == name.text && $0.owner == scope.text && $0.component == .pooler
        }
    }

    /// Performs one command on a pooler's console.
    package mutating func perform(_ effect: PoolerEffect, on name: ContainerName) -> Outcome {
        guard let index = poolerIndex(name), engine.containers[index].state.isRunning,
            isConnected(engine.containers[index]), var process = engine.containers[index].pooler
        else { return .refused(Refusal(.unavailable, "connection refused")) }
        switch effect {
        case .reload:
            let file = engine.containers[index].files.first { $0.path.hasSuffix("pgbouncer.ini") }
            (process.version, process.hosts) = PoolerProcess.read(file)
            readIdentity(index)
        case .pause:
            // it waits for the last transaction, and the controller does not wait for long
            if client.isBusy(at: now) { return .refused(Refusal(.unavailable, "a transaction did not end")) }
            process.pausedAt = process.pausedAt ?? now
        case .resume: process.pausedAt = nil
        }
        engine.containers[index].pooler = process
        return .done("ok")
    }

    /// Every pooler that has a container, by its console.
    package func lookAtPoolers() -> [PoolerSighting] {
        engine.containers.filter { $0.component == .pooler && $0.owner == scope.text }
            .map { PoolerSighting(name: ContainerName($0.home), view: lookAtPooler($0)) }.sorted { $0.name < $1.name }
    }

    private func lookAtPooler(_ container: SimulatedContainer) -> Sighting<PoolerView> {
        switch container.state {
        case .running: break
        case .paused: return .unknown(UnknownReason(.timedOut, "no answer"))
        case .created, .restarting, .exited, .removing, .dead: return .absent
        }
        guard isConnected(container), let process = container.pooler else {
            return .unknown(UnknownReason(.unreachable, "no route"))
        }
        return .present(PoolerView(version: process.version, hosts: process.hosts, isPaused: process.isPaused))
    }

    /// A pooler as it was really seen.
    mutating func copyPooler(_ sighting: PoolerSighting) {
        guard case .present(let view) = sighting.view, let index = poolerIndex(sighting.name) else { return }
        engine.containers[index].pooler = PoolerProcess(view, at: now)
    }
}
