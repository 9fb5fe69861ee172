/// How long the parts of an exchange may take; `nil` means for ever.
struct ExchangeTimes: Sendable {
    /// From the request to the blank line after the header fields.
    var head: Duration?
    /// Between two arrivals.
    var idle: Duration?
    /// From the request to the last byte.
    var total: Duration?
    private let began = ContinuousClock.now

    init(head: Duration? = nil, idle: Duration? = nil, total: Duration? = nil) {
        self.head = head
        self.idle = idle
        self.total = total
    }

    /// The next moment at which the exchange is late, and in which words.
    /// - Parameters:
    ///   - isHeadComplete: whether the head's time no longer counts.
    ///   - lastArrival: when something last arrived; `nil` while the reader is the one who is waited for.
    func expiry(
        isHeadComplete: Bool, lastArrival: ContinuousClock.Instant?
    ) -> (at: ContinuousClock.Instant, reason: String)? {
        var candidates: [(at: ContinuousClock.Instant, reason: String)] = []
        if let total { candidates.append((began + total, "no complete answer within \(total)")) }
        if let head, !isHeadComplete { candidates.append((began + head, "no answer within \(head)")) }
        if let idle, let lastArrival, isHeadComplete {
            candidates.append((lastArrival + idle, "nothing arrived for \(idle)"))
        }
        return candidates.min { $0.at < $1.at }
    }
}
