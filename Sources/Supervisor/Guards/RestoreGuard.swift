import Model

/// I3 and I12 for restores: Patroni is turned to restored data only while every node is at rest and the data it is
/// turned to lies there, complete.
enum RestoreGuard {
    static func judge(_ action: Action, _ input: PlanningInput) -> Violation? {
        guard case .etcd(.refound(_, let identifier, let key, _, _)) = action.effect else { return nil }
        guard case .present(let dcs) = input.observation.dcs, isSwitching(dcs, key: key, input) else {
            return Violation(.noSecondInit, "no restore is at the point of changing over")
        }
        guard let engine = input.cluster.engines.first?.name, case .present(let view) = input.observation.engine(engine)
        else { return Violation(.unknownIsNotAbsent, "the nodes could not be seen") }
        let nodes = view.containers.filter {
            $0.labels.value(of: Label.cluster) == input.cluster.name.text
                && $0.labels.value(of: Label.component) == Component.node.rawValue
        }
        for body in nodes {
            switch body.state {
            case .created, .exited: continue
            case .running, .paused, .restarting, .removing, .dead:
                return Violation(.onePlace, "\(body.name) is not at rest")
            }
        }
        let holds = nodes.contains { body in
            if case .present(.postgres(let data)) = body.data { data.systemIdentifier == identifier } else { false }
        }
        return holds ? nil : Violation(.noSecondInit, "no node holds data of \(identifier)")
    }

    /// Whether a restore, complete in its volume, changes the cluster over: then its nodes are stopped on purpose.
    static func isSwitching(_ dcs: DCSView, key: String? = nil, _ input: PlanningInput) -> Bool {
        dcs.restores.contains { record in
            record.stage == .switching
                && (key == nil || key == RestoreRecord.prefix(of: input.cluster.name) + record.id)
        }
    }
}
