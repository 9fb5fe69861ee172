internal import Model

/// A migration that was recorded when the controller looked last is not begun again, and none is begun beside another.
struct AppliedOnce: Checker {
    let invariant = "migrations are applied once"

    func acted(_ deed: Deed) -> String? {
        guard case .sql(let node, .migrate(_, let file, _)) = deed.effect, let place = deed.known.index(of: node)
        else { return nil }
        if deed.known.directory(of: place)?.catalog.migrations?.contains(where: { $0.name == file.name }) == true {
            return "migration \(file.name) was begun again though it is recorded"
        }
        if let running = deed.known.engine.containers[place].node?.migration {
            return "migration \(file.name) was begun while \(running.file.name) runs"
        }
        return nil
    }
}
