internal import Model

/// What was acknowledged under synchronous commits is in every later primary, and never in fewer than one volume.
struct AcknowledgedWrites: Checker {
    let invariant = "I11 acknowledged writes"
    private var count = 0

    init() {}

    mutating func passed(_ universe: Universe) -> String? {
        guard universe.promotions.count > count else { return nil }
        defer { count = universe.promotions.count }
        for promotion in universe.promotions.dropFirst(count) where !promotion.missing.isEmpty {
            return "\(promotion.node) became primary without commits that were acknowledged"
        }
        return nil
    }
}
