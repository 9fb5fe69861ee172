import Model

/// I17: what is dropped is named absent by the manifest, and is no part of what the cluster lives with; a database goes
/// only while all of it can be brought back, and neither goes from under anybody.
enum DropGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        guard case .sql(let node, let effect) = action.effect else { return nil }
        switch effect {
        case .script, .migrate, .setPassword, .checkpoint, .advanceWAL: return nil
        case .dropRole(let name):
            return primary(node, input) { view in
                isNamed(name, input) ? rest(of: name, view) : refusal("role \(name) is not to be absent")
            }
        case .dropDatabase(let name):
            return primary(node, input) { view in
                isNamed(name, input) ? rest(of: name, view, input) : refusal("database \(name) is not to be absent")
            }
        }
    }

    private static func refusal(_ words: String) -> Violation { Violation(.onlyTheAbsentGo, words) }

    /// The node that is asked is the primary, by etcd's word and by its own.
    private static func primary(_ node: NodeName, _ input: PlanningInput, _ judge: (DatabaseView) -> Violation?)
        -> Violation?
    {
        guard case .present(let view) = input.observation.database(seeing: .accounts),
            case .present(let keys) = input.observation.dcs
        else { return Violation(.unknownIsNotAbsent, "the primary could not be asked again") }
        guard view.node == node, !view.isInRecovery, keys.leader?.node == node, keys.handover == nil,
            !RestoreGuard.isSwitching(keys, input)
        else { return refusal("\(node) does not lead, or not for long") }
        return judge(view)
    }

    private static func isNamed(_ name: RoleName, _ input: PlanningInput) -> Bool {
        let accounts = input.cluster.accounts
        let own = [
            accounts.admin.role, accounts.replication.role, accounts.rewind.role, input.cluster.console.account.role,
            PoolerSettings.role, MonitorSettings.role, "postgres",
        ]
        return !own.contains(name)
            && input.cluster.roles.filter { $0.name == name }.map(\.ensure) == [.absent]
    }

    private static func isNamed(_ name: DatabaseName, _ input: PlanningInput) -> Bool {
        ![input.cluster.accounts.database, "postgres", "template0", "template1"].contains(name)
            && input.cluster.databases.filter { $0.name == name }.map(\.ensure) == [.absent]
    }

    private static func rest(of name: RoleName, _ view: DatabaseView) -> Violation? {
        guard let seen = view.roles.first(where: { $0.name == name }) else { return nil }
        return seen.holds.first.map { refusal("role \(name) has \($0)") }
    }

    private static func rest(of name: DatabaseName, _ view: DatabaseView, _ input: PlanningInput) -> Violation? {
        guard let seen = view.databases.first(where: { $0.name == name }) else { return nil }
        if let session = seen.sessions.first { return refusal("database \(name) is in use by \(session)") }
        guard input.cluster.backups.enabled, case .present(let repository) = input.observation.repository else {
            return refusal("no backup of database \(name) is in sight")
        }
        let prefix = hexadecimal(view.timeline)
        let isKept = repository.backups.contains {
            $0.firstSegment.hasPrefix(prefix) && $0.lastSegment.hasPrefix(prefix) && isSound($0.label, repository)
        }
        guard isKept else { return refusal("no error-free backup is of timeline \(view.timeline)") }
        guard view.archiver.lastArchived?.hasPrefix(prefix) == true, !view.archiver.isFailing else {
            return refusal("WAL of timeline \(view.timeline) is not being archived")
        }
        return nil
    }

    /// Whether a backup and those below it are there and without an error. A label begins with that of the full backup.
    private static func isSound(_ label: String, _ repository: RepositoryView) -> Bool {
        guard let backup = repository.backups.first(where: { $0.label == label }), !backup.hasError else {
            return false
        }
        return backup.prior.map { $0 != label && isSound($0, repository) } ?? true
    }

    /// As segments' names begin.
    private static func hexadecimal(_ timeline: Int64) -> String {
        let digits = String(timeline, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}
