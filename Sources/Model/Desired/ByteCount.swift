/// An amount of memory or disk, in bytes.
public struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number of bytes.
    public var bytes: Int64
    /// So many bytes.
    public init(bytes: Int64) { self.bytes = bytes }
    /// So many times 1,048,576 bytes.
    public static func mebibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 20) }
    /// So many times 1,073,741,824 bytes.
    public static func gibibytes(_ count: Int64) -> ByteCount { ByteCount(bytes: count << 30) }
    /// Orders by size.
    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
    /// The size in the largest unit that it reaches, with one decimal, for people: `1.5 GiB`.
    public var brief: String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes >= 1 << shift {
            let (whole, rest) = bytes.quotientAndRemainder(dividingBy: 1 << shift)
            return "\(whole).\((rest * 10) >> shift) \(unit)"
        }
        return "\(bytes) B"
    }
    /// The size in the largest unit that divides it, as the manifest writes it.
    public var description: String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes != 0 && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)B"
    }
}
