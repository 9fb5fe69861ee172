internal import Model

/// I12: one data directory, one container.
struct OnePlace: Checker {
    let invariant = "I12 one place"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .docker(_, .start) = performed.effect, performed.isDone, let volume = performed.container?.dataVolume
        else {
            return nil
        }
        let users = performed.after.engine.containers.filter { $0.hasProcess && $0.dataVolume == volume }
        return users.count > 1
            ? "\(users.map(\.name.text).joined(separator: " and ")) run on volume \(volume)" : nil
    }
}
