internal import Model

/// Nothing is done by a manifest that asks for what a cluster that was founded cannot have.
struct NothingImpossible: Checker {
    let invariant = "I20 nothing impossible"

    func acted(_ deed: Deed) -> String? {
        guard deed.cluster.isImpossible, deed.look?.dcs.value?.founding != nil else { return nil }
        return "\(deed.effect.line) by a manifest that cannot be had"
    }
}
