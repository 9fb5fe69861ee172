/// The lines of one run and their digest; two runs of a seed must have the same.
package struct Trace: Sendable {
    /// The newest lines.
    package private(set) var lines: [String] = []
    /// FNV-1a over every line; not `Hasher`, whose seed differs in every process.
    package private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Whether lines are kept; the digest always is.
    package var keepsLines = false
    /// Every line ever.
    package private(set) var count = 0

    /// Nothing yet.
    package init() {}

    /// Adds a line.
    package mutating func add(_ line: String, at time: Duration) {
        count += 1
        for byte in line.utf8 { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        digest = (digest ^ UInt64(bitPattern: time.milliseconds)) &* 0x0000_0100_0000_01B3
        guard keepsLines else { return }
        if lines.count >= 4000 { lines.removeFirst(1000) }
        let milliseconds = time.milliseconds
        let fraction = String(milliseconds % 1000)
        lines.append("\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction) \(line)")
    }
}
