internal import Model

/// I13: there are never fewer backups because of us.
struct BackupsStay: Checker {
    let invariant = "I13 backups"

    func acted(_ performed: PerformedEffect) -> String? {
        count(performed.after) < count(performed.before) ? "\(performed.effect.line) took a backup away" : nil
    }

    private func count(_ universe: Universe) -> Int {
        var total = universe.bucket?.stanzas.reduce(0) { $0 + $1.backups.count } ?? 0
        for volume in universe.engine.volumes {
            guard case .repository(let repository) = volume.content else { continue }
            for stanza in repository.stanzas { total += stanza.backups.count }
        }
        return total
    }
}
