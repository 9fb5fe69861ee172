import Model

/// Whether the repository held backups that are not there any more. Then nothing is begun in it by itself: who puts the
/// volume back finds it as it was, and only a person who asks for a full backup gives the old ones up.
struct RepositoryMemory {
    let scope: EngineScope

    private var keys: DCSView? { scope.input.observation.dcs.value }
    private var stanza: String { scope.cluster.backups.stanza }

    /// What is remembered of this stanza.
    var record: RepositoryRecord? { keys?.repository.flatMap { $0.stanza == stanza ? $0 : nil } }

    /// Whether it is known that there never was a backup, or that a person wants to begin again.
    var mayBegin: Bool {
        guard let keys else { return false }
        guard let record else { return true }
        guard let lostAt = record.lostAt else { return false }
        return keys.requests.contains { $0.kind == .backup && $0.type == .full && $0.at > lostAt }
    }

    /// Keeps what is in the repository, or since when nothing is.
    func keep(_ backups: [BackupView]) -> [Action] {
        guard let keys else { return [] }
        var wanted: RepositoryRecord
        if let newest = backups.last {
            wanted = RepositoryRecord(stanza: stanza, newest: newest.label)
        } else if let record {
            wanted = record
            wanted.lostAt = record.lostAt ?? Timestamp(scope.input.now)
        } else {
            return []
        }
        wanted.modRevision = keys.repository?.modRevision ?? 0
        guard wanted != keys.repository else { return [] }
        let key = RepositoryRecord.key(of: scope.cluster.name)
        let effect: EtcdEffect =
            keys.repository == nil
            ? .putIfAbsent(key: key, value: wanted.value)
            : .replaceKey(key: key, value: wanted.value, modRevision: wanted.modRevision)
        return [Action(.etcd(effect), on: .repository, because: .ended("a look into the repository"))]
    }

    /// What to say of a repository without a backup; nil when there never was one.
    var conditions: [Condition]? {
        guard let record else { return nil }
        let since = record.lostAt.map { " since \($0.brief)" } ?? ""
        return [
            Condition(
                .repositoryLost, .true, reason: "Empty",
                message: "the repository held backups of stanza \(record.stanza), the newest \(record.newest), and "
                    + "holds none\(since). Nothing is begun in it, and no WAL can be archived: put its volume back, or "
                    + "give the old backups up with `controller backup --type full`, which begins a new repository",
                subject: .repository),
            Condition(
                .backupAvailable, .false, reason: "RepositoryLost",
                message: "the repository has lost its backups, and nothing can be restored", subject: .repository),
        ]
    }
}
