import Model

/// I19: in a repository that held backups and is empty nothing is begun, unless a person has asked for a full backup
/// since that was seen. An empty one may be the wrong one. I1: a backup is deleted only by a person's request, and none on which
/// a restore may depend.
enum RepositoryGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        if let label = expired(by: action, input) { return deletion(of: label, input) }
        guard case .docker(_, .run(_, let arguments)) = action.effect, arguments.first == "pgbackrest",
            arguments.contains("stanza-create") || arguments.contains("backup")
        else { return nil }
        guard case .present(let keys) = input.observation.dcs else {
            return Violation(.unknownIsNotAbsent, "whether the repository held backups could not be read")
        }
        switch input.observation.repository {
        case .unknown: return Violation(.unknownIsNotAbsent, "the repository could not be looked into")
        case .present(let seen) where !seen.backups.isEmpty: return nil
        case .present, .absent: break
        }
        guard let known = keys.repository, arguments.contains("--stanza=\(known.stanza)") else { return nil }
        let isGivenUp = keys.requests.contains { request in
            guard request.kind == .backup, request.type == .full, let lost = known.lostAt else { return false }
            return request.at > lost
        }
        return isGivenUp
            ? nil
            : Violation(.noFreshRepository, "the repository held \(known.newest), and no person has given that up")
    }

    /// The backup that a container deletes which is to be made or started, by the label that says what it does.
    private static func expired(by action: Action, _ input: PlanningInput) -> String? {
        let labels: [LabelValue]
        switch action.effect {
        case .docker(_, .createContainer(let spec)) where spec.component == .task: labels = spec.labels
        case .docker(let engine, .start(let id)):
            labels = input.observation.engine(engine).value?.containers.first { $0.id == id }?.labels ?? []
        case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: return nil
        }
        guard let task = labels.value(of: Label.task), task.hasPrefix("expire ") else { return nil }
        return String(task.dropFirst("expire ".count))
    }

    private static func deletion(of label: String, _ input: PlanningInput) -> Violation? {
        guard case .present(let keys) = input.observation.dcs, case .present(let seen) = input.observation.repository
        else { return Violation(.unknownIsNotAbsent, "the request or the repository could not be read") }
        guard keys.requests.contains(where: { $0.kind == .expire && $0.label == label }) else {
            return Violation(.lastCopy, "no person asks for the deletion of \(label)")
        }
        let rest = seen.backups.filter { $0.label != label }
        if let child = rest.first(where: { $0.prior == label || $0.label.hasPrefix(label) }) {
            return Violation(.lastCopy, "\(child.label) is made from \(label)")
        }
        return rest.contains { $0.prior == nil && $0.type == "full" && !$0.hasError }
            ? nil : Violation(.lastCopy, "no other full backup would be left than \(label)")
    }
}
