/// The one source of chance in a run: SplitMix64 (Steele, Lea and Flood), so that a seed replays it exactly.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the sequence that belongs to a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A whole number in a closed range; own arithmetic, so that a new standard library draws the same.
    package mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// True so many times in a thousand.
    package mutating func chance(permille: Int) -> Bool { number(0...999) < permille }

    /// A duration in whole milliseconds.
    package mutating func duration(milliseconds range: ClosedRange<Int>) -> Duration { .milliseconds(number(range)) }

    /// One element, or nil from an empty list.
    package mutating func pick<Element>(_ list: [Element]) -> Element? {
        list.isEmpty ? nil : list[number(0...(list.count - 1))]
    }
}
