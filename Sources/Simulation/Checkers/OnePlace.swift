internal import Model

/// I12: one data directory, one container.
struct OnePlace: Checker {
    let invariant = "I12 one place"

    func acted(_ deed: Deed) -> String? {
        guard case .docker(_, .start) = deed.effect, deed.isDone, let volume = deed.container?.dataVolume else {
            return nil
        }
        let users = deed.after.engine.containers.filter { $0.hasProcess && $0.dataVolume == volume }
        return users.count > 1
            ? "\(users.map(\.name.text).joined(separator: " and ")) run on volume \(volume)" : nil
    }
}
