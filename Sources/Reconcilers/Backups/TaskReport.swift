import Model

/// What the containers of ended tasks say: whether the backups were proven, and what keeps the next one from being
/// taken.
enum TaskReport {
    /// What `task` ends with when something in the repository is damaged.
    static let damaged = 4

    static func add(_ scope: EngineScope, to proposal: inout Proposal) {
        for kind in TaskKind.allCases {
            let seen = scope.container(kind.container(of: scope.cluster.name))
            let end = seen.flatMap { seen in if case .exited(let exit) = seen.state { (seen, exit) } else { nil } }
            switch kind {
            case .backup: if let end { backup(end.0, end.1, into: &proposal) }
            case .drill: check(.restoreProven, .drill, end, scope, into: &proposal)
            case .verify: check(.repositoryVerified, .verify, end, scope, into: &proposal)
            case .restore, .expire, .trial, .look: break
            }
        }
    }

    /// What the container says that has ended; while the next one is at work, what is known of the one before.
    private static func check(
        _ type: ConditionType, _ kind: TaskRequest.Kind, _ end: (ContainerView, Exit)?, _ scope: EngineScope,
        into proposal: inout Proposal
    ) {
        if let (seen, exit) = end { return check(type, seen, exit, into: &proposal) }
        guard let record = scope.input.observation.dcs.value?.checks.last(where: { $0.kind == kind }) else { return }
        let story =
            record.passed ? passed(type, record.result) : record.result["error"]?.string ?? "it failed"
        proposal.conditions.append(
            Condition(
                type, record.passed ? .true : .false, reason: record.passed ? "Passed" : "Failed",
                message: "\(story), at \(record.endedAt.brief)", subject: .repository))
    }

    private static func backup(_ seen: ContainerView, _ exit: Exit, into proposal: inout Proposal) {
        guard exit.code != 0 else { return }
        let error = seen.result.value?["error"]?.string ?? "exit code \(exit.code)"
        let failure = BackupFailure(error)
        proposal.conditions.append(
            Condition(
                .backupFailed, .true, reason: failure.reason,
                message: "the backup \(seen.labels.value(of: Label.task) ?? "?") failed at "
                    + "\(Timestamp(exit.finishedAt)?.brief ?? exit.finishedAt): \(error) (`docker logs \(seen.name)`). "
                    + failure.advice + "It is tried again, every minute in the end", subject: .repository))
    }

    private static func check(
        _ type: ConditionType, _ seen: ContainerView, _ exit: Exit, into proposal: inout Proposal
    ) {
        let result = seen.result.value
        let at = Timestamp(exit.finishedAt)?.brief ?? exit.finishedAt
        let isGood = exit.code == 0
        let error = result?["error"]?.string ?? "exit code \(exit.code)"
        proposal.conditions.append(
            Condition(
                type, isGood ? .true : .false,
                reason: isGood ? "Passed" : exit.code == damaged ? "Damaged" : "Failed",
                message: isGood
                    ? "\(passed(type, result)), at \(at)"
                    : "at \(at): \(error) (`docker logs \(seen.name)`). Take a new full backup (`controller backup "
                        + "--type full`), and look at the disk", subject: .repository))
    }

    private static func passed(_ type: ConditionType, _ result: JSONValue?) -> String {
        guard type == .restoreProven, let result else { return "every file in the repository is as it was written" }
        let number = { (name: String) in result[name]?.integer.map(String.init) ?? "?" }
        return "the newest backup was restored in \(result["seconds"]?.text ?? "?") s and checked: \(number("tables")) "
            + "tables, \(number("rows")) rows, \(number("vectorSearches")) vector searches"
    }
}
