internal import Model

/// I10: nothing is interrupted, removed or fenced on the strength of a look that saw nothing.
struct UnknownIsNotAbsent: Checker {
    let invariant = "I10 unknown is not absent"

    func acted(_ performed: PerformedEffect) -> String? {
        guard performed.effect.isDisruptive, let look = performed.look else { return nil }
        switch performed.effect {
        case .docker(let engine, _):
            return look.engine(engine).isUnknown ? "\(performed.effect.line) on an engine that was not seen" : nil
        case .etcd(.releaseLeader):
            let engines = look.engines.contains { $0.view.isUnknown }
            return look.dcs.isUnknown || engines ? "\(performed.effect.line) without sight of Docker and etcd" : nil
        case .etcd:
            return look.etcd.isUnknown ? "\(performed.effect.line) without sight of etcd" : nil
        case .patroni:
            return look.dcs.isUnknown ? "\(performed.effect.line) without sight of etcd" : nil
        case .sql, .pooler, .identity, .configureLocally: return nil
        }
    }
}
