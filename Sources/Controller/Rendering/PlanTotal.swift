import Model

/// What all steps of a plan together interrupt.
struct PlanTotal: Encodable, Equatable {
    /// How often a replica's connections are cut.
    var replicaInterruptions = 0
    /// How often writes pause.
    var writePauses = 0
    /// For how many seconds in all, by what was measured on this cluster; nil where a part of it was never measured.
    var writePauseSeconds: Double?

    init(_ steps: [(action: Action, input: PlanningInput)], _ measured: MeasuredHistory) {
        var pauses: [Measurement.Kind] = []
        for (action, input) in steps {
            let leader = input.observation.dcs.value?.leader?.node
            switch action.effect {
            case .patroni(_, .switchover): pauses.append(.switchover)
            case .docker(_, .shutdownPrimary): pauses.append(.clientPause)
            case .patroni(let node, .restart) where node == leader: pauses.append(.primaryRestart)
            case .patroni(_, .restart): replicaInterruptions += 1
            case .docker(_, .stop):
                guard case .container(_, let name) = action.subject, input.cluster.index(of: NodeName(name.text)) != nil
                else { break }
                switch action.reason {
                case .settingsDiffer, .requested: replicaInterruptions += 1
                default: break
                }
            case .docker, .etcd, .patroni, .sql, .pooler, .identity, .configureLocally: break
            }
        }
        writePauses = pauses.count
        let known = pauses.compactMap { measured.median(of: $0) }
        if !pauses.isEmpty, known.count == pauses.count { writePauseSeconds = known.reduce(0, +) }
    }

    /// In words: `2 interruptions of a replica; writes pause once, about 1.2 s in all`.
    var words: String {
        guard replicaInterruptions > 0 || writePauses > 0 else { return "nothing is interrupted" }
        let replicas = "\(replicaInterruptions) interruption\(replicaInterruptions == 1 ? "" : "s") of a replica; "
        guard writePauses > 0 else { return replicas + "writes are never paused" }
        return replicas + "writes pause \(writePauses == 1 ? "once" : "\(writePauses) times"), "
            + (writePauseSeconds.map { "about \(MeasuredHistory.text($0)) in all" }
                ?? "for a time not measured here yet")
    }
}
