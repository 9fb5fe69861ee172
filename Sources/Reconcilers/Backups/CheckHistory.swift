import Model

/// Keeps how the drills and verifications of late ended, in etcd: a container is the record of the newest one only.
struct CheckHistory {
    /// How many of each kind are kept; the newest that passed stays in any case.
    static let length = 20
    let scope: EngineScope

    private var records: [CheckRecord] { scope.input.observation.dcs.value?.checks ?? [] }

    func propose() -> Proposal {
        guard scope.input.observation.dcs.value != nil else { return Proposal() }
        return Proposal(backgroundActions: [.drill, .verify].flatMap { newest($0) + expired($0) })
    }

    private func newest(_ kind: TaskRequest.Kind) -> [Action] {
        let name = ContainerName("\(scope.cluster.name)-\(kind.rawValue)")
        guard let seen = scope.container(name), case .exited(let exit) = seen.state,
            let end = Timestamp(exit.finishedAt), !seen.result.isUnknown
        else { return [] }
        let result = seen.result.value ?? .object([("error", .string("exit code \(exit.code)"))])
        let record = CheckRecord(kind, endedAt: end, passed: exit.code == 0, result: result)
        guard !records.contains(where: { $0.id == record.id }) else { return [] }
        return [
            Action(
                .etcd(.putIfAbsent(key: CheckRecord.prefix(of: scope.cluster.name) + record.id, value: record.value)),
                on: .repository, because: .ended(kind.rawValue))
        ]
    }

    private func expired(_ kind: TaskRequest.Kind) -> [Action] {
        let known = records.filter { $0.kind == kind }.sorted { $0.endedAt > $1.endedAt }
        let proof = known.first(where: \.passed)
        return known.dropFirst(CheckHistory.length).filter { $0.id != proof?.id }.map { record in
            Action(
                .etcd(
                    .deleteKey(
                        key: CheckRecord.prefix(of: scope.cluster.name) + record.id, modRevision: record.modRevision)),
                on: .repository, because: .surplus)
        }
    }
}
