public import Model

/// The moments a restore can bring back: from the end of the oldest backup to the newest WAL in the archive.
public struct RecoverableWindow: Sendable, Hashable {
    /// The end of the oldest backup.
    public var from: Timestamp
    /// When the newest WAL was archived; nil, which is unknown, while no primary says so.
    public var to: Timestamp?

    /// The window of what was observed; nil without a usable backup.
    public init?(_ observation: Observation) {
        guard let backups = observation.repository.value?.backups, let oldest = backups.map(\.stoppedAt).min() else {
            return nil
        }
        from = Timestamp(seconds: oldest)
        to = observation.database.value?.archiver.lastArchivedAt
    }

    /// Why a target cannot be reached; nil where it can, or where only PostgreSQL can say.
    public func problem(with recovery: Recovery, backups: [BackupView]) -> String? {
        if let problem = lastingProblem(with: recovery, backups: backups) { return problem }
        guard case .time(let time) = recovery.target, let to, time > to else { return nil }
        return "\(time.text) lies after the newest archived WAL; \(range)"
    }

    /// The same, without what more archived WAL would change.
    public func lastingProblem(with recovery: Recovery, backups: [BackupView]) -> String? {
        if let label = recovery.backup, !backups.contains(where: { $0.label == label }) {
            return "there is no backup \(label); there are \(backups.map(\.label).joined(separator: ", "))"
        }
        guard case .time(let time) = recovery.target, time < from else { return nil }
        return "\(time.text) lies before the oldest backup's end; \(range)"
    }

    private var range: String { "backups reach from \(from.text) to \(to?.text ?? "an unknown end")" }
}
