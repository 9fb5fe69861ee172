import Model

/// What is visible of a script's objects, one line each, in names instead of IDs, so that two worlds can be compared.
/// Left out is what no world promises: IDs, times, addresses' digits, and words of errors.
struct Sketch: Equatable, CustomStringConvertible {
    let lines: [String]

    init(_ view: EngineView, _ ledger: Ledger) {
        let containers = view.containers.compactMap { seen in
            ledger.short(seen.name.text).map { "container \($0): \(Sketch.line(seen, ledger))" }
        }
        let networks = view.networks.compactMap { seen -> String? in
            guard let name = ledger.short(seen.name.text) else { return nil }
            let endpoints = name == "net" ? seen.endpoints.map { ledger.name(of: $0) }.sorted() : []
            return "network \(name): \(seen.driver) \(seen.subnet ?? "-") \(labels(seen.labels)) endpoints \(endpoints)"
        }
        let volumes = view.volumes.compactMap { seen in
            ledger.short(seen.name.text).map { "volume \($0): \(labels(seen.labels))" }
        }
        lines = (containers + networks + volumes).sorted()
    }

    var description: String { lines.joined(separator: "\n") }

    private static func line(_ seen: ContainerView, _ ledger: Ledger) -> String {
        var failed = false
        if case .exited(let exit) = seen.state { failed = !exit.error.isEmpty }
        let attachments = seen.attachments.map { attachment -> String in
            // a stopped container connected to a network that is gone has its ID for a name
            let named = attachment.networkName.text
            let name = ledger.short(named) ?? "once \(ledger.name(of: NetworkID(named)))"
            // a start that fails at one of several networks has found the others or not: Docker takes them in any order
            let isResolved = !attachment.network.text.isEmpty && !(failed && seen.attachments.count > 1)
            return "\(name)\(isResolved ? " by ID" : "")\(attachment.address == nil ? "" : " with address")"
        }.sorted()
        let settings = seen.settings
        let mounts = settings.mounts.map { "\(ledger.short($0.volume.text) ?? "?") at \($0.destination)" }
        let ports = settings.ports.map { "\($0.hostAddress):\($0.hostPort)" }
        return "\(state(seen.state)), created as \(ledger.name(of: seen.id)), on \(attachments), mounts \(mounts), "
            + "ports \(ports), memory \(settings.memory >> 20) MiB, restart \(settings.restartPolicy), "
            + "restarted \(seen.restartCount) times, \(labels(seen.labels))"
    }

    private static func state(_ state: ContainerState) -> String {
        switch state {
        case .created: "created"
        case .running: "running"
        case .paused: "paused"
        case .restarting: "restarting"
        case .exited(let exit): "exited \(exit.code)\(exit.error.isEmpty ? "" : " with an error")"
        case .removing: "removing"
        case .dead: "dead"
        }
    }
}

private func labels(_ labels: [LabelValue]) -> String {
    "[\(labels.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " "))]"
}

extension Outcome {
    /// What of an outcome two worlds must agree on.
    var kind: String {
        switch self {
        case .done: "done"
        case .refused(let refusal): "refused, \(refusal.kind)"
        case .uncertain: "uncertain"
        }
    }
}
