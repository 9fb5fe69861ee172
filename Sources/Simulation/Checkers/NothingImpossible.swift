internal import Model

/// Nothing is done by a manifest that asks for what a cluster that was created cannot have.
struct NothingImpossible: Checker {
    let invariant = "I20 nothing impossible"

    func acted(_ performed: PerformedEffect) -> String? {
        guard performed.cluster.isImpossible, performed.look?.dcs.value?.bootstrapRecord != nil else { return nil }
        return "\(performed.effect.line) by a manifest that cannot be had"
    }
}
