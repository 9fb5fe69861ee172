internal import Model

/// I1: nothing the controller does takes the last copy of anything that was acknowledged.
struct LastCopy: Checker {
    let invariant = "I1 last copy"

    func acted(_ performed: PerformedEffect) -> String? {
        guard performed.before.engine.volumes.count > performed.after.engine.volumes.count else { return nil }
        return Self.hasCopy(performed.before) && !Self.hasCopy(performed.after)
            ? "\(performed.effect.line) took the last volume with every acknowledged commit" : nil
    }

    /// Whether one volume holds everything that was acknowledged.
    static func hasCopy(_ universe: Universe) -> Bool {
        universe.engine.volumes.contains { volume in
            guard let directory = volume.content.directory else { return false }
            return universe.client.acknowledged.allSatisfy { directory.contains($0) }
        }
    }
}
