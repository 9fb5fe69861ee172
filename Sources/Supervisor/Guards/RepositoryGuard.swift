import Model

/// I19: in a repository that held backups and is empty nothing is begun, unless a person has asked for a full backup
/// since that was seen. An empty one may be the wrong one.
enum RepositoryGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
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
}
