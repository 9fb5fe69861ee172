/// A condition that did not come true in time.
public struct NeverTrue: Error, CustomStringConvertible {
    /// What was waited for and what stood in the way last.
    public let description: String
}

/// Tries until the body neither throws nor returns nil, and returns its value; gives up after `limit`. Between two tries it
/// leaves the machine to what it waits for, twice as long as a try takes.
public func eventually<Value>(
    _ what: String, within limit: Duration = .patience, _ body: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + limit
    var obstacle = "the condition is false"
    while true {
        let start = ContinuousClock.now
        do {
            if let value = try await body() { return value }
        } catch {
            obstacle = "\(error)"
        }
        guard ContinuousClock.now < end else { throw NeverTrue(description: "\(what), \(limit): \(obstacle)") }
        // a dear question is asked less often: what is waited for needs the processors, too
        try await Task.sleep(for: min(max((ContinuousClock.now - start) * 3, .milliseconds(25)), .seconds(1)))
    }
}

extension Duration {
    /// Tells working from hanging, on a machine that has much else to do.
    public static var patience: Duration { .seconds(180) }
}
