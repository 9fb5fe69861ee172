import Model

/// What the containers of ended tasks say: whether the backups were proven, and what keeps the next one from being
/// taken.
enum TaskReport {
    /// What `task` ends with when something in the repository is damaged.
    static let damaged = 4

    static func add(_ site: Site, to proposal: inout Proposal) {
        for kind in TaskKind.allCases where kind != .restore {
            guard let seen = site.container(kind.container(of: site.cluster.name)), case .exited(let exit) = seen.state
            else { continue }
            switch kind {
            case .backup: backup(seen, exit, into: &proposal)
            case .drill: check(.restoreProven, seen, exit, into: &proposal)
            case .verify: check(.repositoryVerified, seen, exit, into: &proposal)
            case .restore: break
            }
        }
    }

    private static func backup(_ seen: ContainerView, _ exit: Exit, into proposal: inout Proposal) {
        guard exit.code != 0 else { return }
        proposal.conditions.append(
            Condition(
                .backupFailed, .true, reason: "Failed",
                message: "the backup \(seen.labels.value(of: Label.task) ?? "?") ended with exit code \(exit.code) at "
                    + "\(exit.finishedAt); it is tried again every minute (`docker logs \(seen.name)` says why)",
                subject: .repository))
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
