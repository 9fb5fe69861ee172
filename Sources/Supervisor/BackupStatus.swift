import Model
import Reconcilers

extension StatusReport {
    /// The repository in short, and how backups and their proofs went of late. Times are RFC 3339 or `YYYY-MM-DD
    /// HH:MM:SSZ`, sizes bytes, ages and durations seconds.
    public struct Backups: Sendable, Hashable, Codable {
        /// How many there are.
        public var count: Int
        /// The newest one's label.
        public var newest: String?
        /// When it ended, and how long ago that is.
        public var newestAt: String?, newestAgeSeconds: Int64?
        /// How long it took.
        public var newestSeconds: Int64?
        /// Bytes of the database it covers, and bytes it added to the repository.
        public var newestDatabaseBytes: Int64?, newestRepositoryBytes: Int64?
        /// The newest WAL segment in the archive, when it came there, and how long ago that is.
        public var newestArchived: String?, newestArchivedAt: String?, newestArchivedAgeSeconds: Int64?
        /// When the newest drill that passed ended, and how long ago that is.
        public var provenAt: String?, provenAgeSeconds: Int64?
        /// The moments that can be restored.
        public var recoverableFrom: String?, recoverableTo: String?
        /// When which job is due next: `full`, `diff`, `incr`, `verify`, `drill`.
        public var next: [String: String]
        /// The newest drill and verification.
        public var drill: Check?, verification: Check?
        /// The backups that are kept, at most the newest 100, oldest first.
        public var history: [Backup]
        /// The drills and verifications of late, oldest first.
        public var drills: [Check], verifications: [Check]
    }
}

extension StatusReport.Backups {
    /// What one backup took.
    public struct Backup: Sendable, Hashable, Codable {
        /// Its label and type.
        public var label: String, type: String
        /// When it ended.
        public var endedAt: String
        /// How long it took.
        public var seconds: Int64
        /// Bytes of the database it covers, and bytes it added to the repository.
        public var databaseBytes: Int64, repositoryBytes: Int64
    }

    /// A check of the repository.
    public struct Check: Sendable, Hashable, Codable {
        /// When it ended, RFC 3339.
        public var endedAt: String
        /// Whether nothing was wrong.
        public var passed: Bool
        /// What `task` measured: seconds, rows, …
        public var measured: [String: String]
    }

    init(_ input: PlanningInput) {
        let list = input.observation.repository.value?.backups ?? []
        let archiver = input.observation.database.value?.archiver
        let window = RecoverableWindow(input.observation)
        let now = Timestamp(input.now)
        let age = { (time: Timestamp?) in time.map { (now.microseconds - $0.microseconds) / 1_000_000 } }
        count = list.count
        newest = list.last?.label
        newestAt = list.last.map { Moment.text(wallMilliseconds: $0.stoppedAt * 1000) }
        newestAgeSeconds = age(list.last.map { Timestamp(seconds: $0.stoppedAt) })
        newestSeconds = list.last.map { $0.stoppedAt - $0.startedAt }
        newestDatabaseBytes = list.last?.size
        newestRepositoryBytes = list.last?.repositorySize
        newestArchived = archiver?.lastArchived
        newestArchivedAt = archiver?.lastArchivedAt?.brief
        newestArchivedAgeSeconds = age(archiver?.lastArchivedAt)
        recoverableFrom = window?.from.brief
        recoverableTo = window?.to?.brief
        history = list.suffix(100).map(Backup.init)
        let checks = input.observation.dcs.value?.checks ?? []
        drills = checks.filter { $0.kind == .drill }.map(Check.init)
        verifications = checks.filter { $0.kind == .verify }.map(Check.init)
        drill = Check(of: .drill, input) ?? drills.last
        verification = Check(of: .verify, input) ?? verifications.last
        let times = checks.filter { $0.kind == .drill && $0.passed }.map(\.endedAt)
        let proof = (times + [drill].compactMap { $0?.passed == true ? Timestamp($0?.endedAt ?? "") : nil }).max()
        provenAt = proof?.brief
        provenAgeSeconds = age(proof)
        next = [:]
        guard input.cluster.backups.enabled else { return }
        let schedules = input.cluster.backups.schedules
        for type in BackupType.allCases {
            next[type.rawValue] = schedules.schedule(type)?.next(after: now, in: schedules.zone)?.brief
        }
        next["verify"] = schedules.verification?.next(after: now, in: schedules.zone)?.brief
        next["drill"] = schedules.drill?.next(after: now, in: schedules.zone)?.brief
    }
}

extension StatusReport.Backups.Backup {
    fileprivate init(_ view: BackupView) {
        label = view.label
        type = view.type
        endedAt = Moment.text(wallMilliseconds: view.stoppedAt * 1000)
        seconds = view.stoppedAt - view.startedAt
        databaseBytes = view.size
        repositoryBytes = view.repositorySize
    }
}

extension StatusReport.Backups.Check {
    fileprivate init(_ record: CheckRecord) {
        endedAt = Moment.text(wallMilliseconds: record.endedAt.microseconds / 1000)
        passed = record.passed
        measured = Self.texts(record.result)
    }

    /// Of the container that has just ended, and may not be recorded yet.
    fileprivate init?(of kind: TaskRequest.Kind, _ input: PlanningInput) {
        guard let id = input.cluster.engines.first?.name,
            let seen = input.observation.engine(id).value?.container(
                ContainerName("\(input.cluster.name)-\(kind.rawValue)")),
            case .exited(let exit) = seen.state
        else { return nil }
        endedAt = exit.finishedAt
        passed = exit.code == 0
        measured = seen.result.value.map(Self.texts) ?? [:]
    }

    private static func texts(_ result: JSONValue) -> [String: String] {
        guard case .members(let members) = result else { return [:] }
        let pairs = members.filter { $0.name != "verb" }.map { ($0.name, $0.value.string ?? $0.value.text) }
        return Dictionary(pairs) { first, _ in first }
    }
}
