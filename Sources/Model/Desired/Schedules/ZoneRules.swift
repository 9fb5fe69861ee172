/// A time zone as a value: its offsets from UTC, and when they change. Made once when the manifest is read, so that
/// computations with it stay pure.
public struct ZoneRules: Sendable, Hashable {
    /// A change of the offset.
    public struct Transition: Sendable, Hashable {
        /// Seconds since 1970 from which it holds.
        public var at: Int64
        /// Seconds east of UTC.
        public var offset: Int64
        /// A change of the offset.
        public init(at: Int64, offset: Int64) {
            self.at = at
            self.offset = offset
        }
    }

    /// The zone's name in the manifest.
    public var name: String
    /// Seconds east of UTC before the first transition.
    public var offset: Int64
    /// The changes, in order.
    public var transitions: [Transition]

    /// Universal time.
    public static let utc = ZoneRules(name: "UTC", offset: 0)

    /// A zone.
    public init(name: String, offset: Int64, transitions: [Transition] = []) {
        self.name = name
        self.offset = offset
        self.transitions = transitions
    }

    /// Seconds east of UTC at a moment, in seconds since 1970.
    public func offset(at seconds: Int64) -> Int64 {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? offset : transitions[low - 1].offset
    }

    /// The moment of a local time (seconds since 1970 as the local clock shows them): the first where the clock shows it
    /// twice; the first after the gap where it is skipped.
    public func moment(ofLocal local: Int64) -> Int64 {
        let day: Int64 = 86_400
        let offsets = [offset(at: local - day), offset(at: local + day)]
        let found = offsets.map { local - $0 }.filter { offset(at: $0) == local - $0 }
        if let first = found.min() { return first }
        let range = (local - (offsets.max() ?? 0))...(local - (offsets.min() ?? 0))
        return transitions.first { range.contains($0.at) }?.at ?? range.upperBound
    }
}
