/// Values by key, each with the moment at which it was kept. A value is good for the cache's lifetime; of more than the
/// capacity the oldest goes first.
struct Cache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var keptAt: ContinuousClock.Instant
        var number: Int
    }

    private let lifetime: Duration?
    private let capacity: Int?
    private let now: @Sendable () -> ContinuousClock.Instant
    private var entries: [Key: Entry] = [:]
    private var count = 0

    /// - Parameters:
    ///   - lifetime: how long a value is good; nil for ever.
    ///   - capacity: how many are kept; nil for all.
    init(
        lifetime: Duration? = nil, capacity: Int? = nil,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.lifetime = lifetime
        self.capacity = capacity
        self.now = now
    }

    /// The value while it is good.
    subscript(key: Key) -> Value? {
        guard let entry = entries[key], isGood(entry) else { return nil }
        return entry.value
    }

    /// The values that are good.
    var all: [(key: Key, value: Value)] { entries.filter { isGood($0.value) }.map { ($0.key, $0.value.value) } }

    /// How long ago a value that is good was kept.
    func age(of key: Key) -> Duration? {
        guard let entry = entries[key], isGood(entry) else { return nil }
        return now() - entry.keptAt
    }

    /// Keeps a value in the place of the one before, and forgets what is no longer good.
    mutating func keep(_ value: Value, for key: Key) {
        entries = entries.filter { isGood($0.value) }
        entries[key] = Entry(value: value, keptAt: now(), number: count)
        count += 1
        guard let capacity, entries.count > capacity else { return }
        if let oldest = entries.min(by: { $0.value.number < $1.value.number }) { entries[oldest.key] = nil }
    }

    mutating func forget(_ key: Key) { entries[key] = nil }

    mutating func forgetAll() { entries = [:] }

    mutating func forgetAll(where isWorthless: (Value) -> Bool) {
        entries = entries.filter { !isWorthless($0.value.value) }
    }

    private func isGood(_ entry: Entry) -> Bool {
        guard let lifetime else { return true }
        return now() - entry.keptAt < lifetime
    }
}

extension Cache where Value == Void {
    /// Whether a key was noted lately.
    func contains(_ key: Key) -> Bool { self[key] != nil }

    mutating func note(_ key: Key) { keep((), for: key) }
}
