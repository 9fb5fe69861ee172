internal import Model

/// I17: no role and no database goes by the controller's hand but those that the manifest names absent; a database only
/// while it has no sessions and a backup of its cluster's own timeline is kept.
struct OnlyTheAbsentGo: Checker {
    let invariant = "I17 only the absent go"

    func acted(_ performed: PerformedEffect) -> String? {
        guard case .sql(let node, _) = performed.effect, let place = performed.before.index(of: node),
            let before = performed.before.directory(of: place), let later = performed.after.index(of: node),
            let after = performed.after.directory(of: later)
        else { return nil }
        for role in before.catalog.roles where !after.catalog.roles.contains(where: { $0.name == role.name }) {
            guard performed.cluster.roles.contains(where: { $0.name == role.name && $0.ensure == .absent }) else {
                return "role \(role.name) was dropped, and the manifest does not say so"
            }
        }
        for database in before.catalog.contents where !after.catalog.databases.contains(database.name) {
            guard performed.cluster.databases.contains(where: { $0.name == database.name && $0.ensure == .absent })
            else {
                return "database \(database.name) was dropped, and the manifest does not say so"
            }
            if !database.sessions.isEmpty { return "database \(database.name) was dropped under its sessions" }
            if !performed.before.isSaved(before, at: place) {
                return "database \(database.name) was dropped without a backup"
            }
        }
        return nil
    }
}
