internal import Model

/// A migration that was recorded when the controller looked last is not begun again, and none is begun beside another.
struct AppliedOnce: Checker {
    let invariant = "migrations are applied once"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .sql(let node, .migrate(_, let file, _)) = performed.effect,
            let place = performed.known.index(of: node)
        else { return nil }
        if performed.known.directory(of: place)?.catalog.migrations?.contains(where: { $0.name == file.name }) == true {
            return "migration \(file.name) was begun again though it is recorded"
        }
        if let running = performed.known.engine.containers[place].node?.migration {
            return "migration \(file.name) was begun while \(running.file.name) runs"
        }
        return nil
    }
}
