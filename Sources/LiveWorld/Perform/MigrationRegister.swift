import Model
import PostgresClient

/// The migrations that this controller applies now, and how the latest try of each ended.
actor MigrationRegister {
    private var underWay: [String: (migration: Migration, since: Timestamp)] = [:]
    private var failures: [(migration: Migration, outcome: Outcome, words: String, times: Int, at: Duration)] = []

    /// Notes that a migration begins in a database; false where this controller applies one there already.
    func begin(_ migration: Migration, at place: String, since: Timestamp) -> Bool {
        guard underWay[place] == nil else { return false }
        underWay[place] = (migration, since)
        return true
    }

    func isMigrating(at place: String) -> Bool { underWay[place] != nil }

    /// The migration that this controller applies there now.
    func migration(at place: String) -> MigrationTry? {
        underWay[place].map { .running(name: $0.migration.name, since: $0.since) }
    }

    /// Notes how it ended: nil for well.
    func finish(_ migration: Migration, at place: String, failure: PostgresError?, uptime: Duration) {
        underWay[place] = nil
        let before = failures.first { $0.migration == migration }?.times ?? 0
        failures.removeAll { $0.migration.name == migration.name }
        guard let failure else { return }
        failures.append((migration, failure.outcome, failure.description, before + 1, uptime))
    }

    /// How the latest try of this very file ended.
    func outcome(of migration: Migration) -> Outcome {
        failures.first { $0.migration == migration }?.outcome ?? .done("")
    }

    /// The first of these that failed when it was last tried.
    func failedMigration(of wanted: [Migration]) -> MigrationTry? {
        wanted.lazy.compactMap { file in self.failures.first { $0.migration == file } }.first.map {
            .failed(name: $0.migration.name, words: $0.words, times: $0.times, at: $0.at)
        }
    }
}
