/// When which job on the repository is due.
public struct Schedules: Sendable, Hashable {
    /// The zone in which the times are meant.
    public var zone = ZoneRules.utc
    /// Full backups.
    public var full = try? CronSchedule("0 1 * * 0")
    /// Differential backups.
    public var differential: CronSchedule?
    /// Incremental backups.
    public var incremental = try? CronSchedule("0 1 * * 1-6")
    /// Verification of every file in the repository.
    public var verification = try? CronSchedule("0 3 * * 6")
    /// A restore into a scratch container.
    public var drill = try? CronSchedule("0 4 * * 0")
    /// Weekly full backups and drills, daily incremental ones, and a weekly verification.
    public init() {}

    /// The newest time at which a backup of a type was due.
    public func latest(_ type: BackupType, at now: Timestamp) -> Timestamp? {
        schedule(type)?.latest(atOrBefore: now, in: zone)
    }

    /// The newest time at which a check was due.
    public func latest(_ check: KeyPath<Schedules, CronSchedule?>, at now: Timestamp) -> Timestamp? {
        self[keyPath: check]?.latest(atOrBefore: now, in: zone)
    }

    /// When anything is due next.
    public func next(after now: Timestamp) -> Timestamp? {
        [full, differential, incremental, verification, drill].compactMap { $0?.next(after: now, in: zone) }.min()
    }

    /// The schedule of a type of backup.
    public func schedule(_ type: BackupType) -> CronSchedule? {
        switch type {
        case .full: full
        case .differential: differential
        case .incremental: incremental
        }
    }
}
