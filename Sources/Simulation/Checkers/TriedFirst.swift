internal import Model

/// I23: what each node's own file is to hold changes only to what PostgreSQL was seen to start with, once there is a cluster.
struct TriedFirst: Checker {
    let invariant = "I23 tried first"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .configureLocally(let local) = performed.effect, performed.isDone,
            !local.startsLike(performed.before.localConfiguration),
            performed.known.lookAtKeys().value?.configuration != nil
        else { return nil }
        let wanted = local.parameters.map { "\($0.name) = '\($0.value)'" } + local.clientRules
        let isTried = performed.known.engine.containers.contains { container in
            guard container.command.contains("trial"), case .exited(let exit) = container.state, exit.code == 0 else {
                return false
            }
            let lines = container.files.flatMap {
                $0.content.filled { $0.text }.split(separator: "\n").map(String.init)
            }
            return wanted.allSatisfy(lines.contains)
        }
        return isTried ? nil : "\(wanted) are in force, and no PostgreSQL has started with them"
    }
}
