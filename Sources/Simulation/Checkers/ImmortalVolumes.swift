internal import Model

/// I8: the controller's loop never removes a volume.
struct ImmortalVolumes: Checker {
    let invariant = "I8 immortal volumes"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .docker(_, .removeVolume(let name)) = performed.effect, performed.isDone else { return nil }
        return "volume \(name) was removed"
    }
}
