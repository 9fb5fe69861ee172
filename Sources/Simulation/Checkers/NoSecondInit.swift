internal import Model

/// I3: a cluster is initialised once; its system identifier never changes.
struct NoSecondInit: Checker {
    let invariant = "I3 no second init"

    func passed(_ universe: Universe) -> String? {
        universe.systems.count > 1
            ? "initdb ran again: system identifiers \(universe.systems.joined(separator: ", "))" : nil
    }
}
