internal import Model

/// I11: timelines only grow from one primary to the next.
struct MonotonePromotion: Checker {
    let invariant = "I11 monotone promotion"
    private var count = 0
    private var timeline: Int64 = 0

    init() {}

    mutating func passed(_ universe: Universe) -> String? {
        guard universe.promotions.count > count else { return nil }
        defer { count = universe.promotions.count }
        for promotion in universe.promotions.dropFirst(count) {
            // without synchronous commits Patroni takes a replica that missed a whole timeline, within the allowed lag
            guard promotion.timeline > timeline || !promotion.isSynchronous else {
                return "\(promotion.node) was promoted to timeline \(promotion.timeline) after \(timeline)"
            }
            timeline = max(timeline, promotion.timeline)
        }
        return nil
    }
}
