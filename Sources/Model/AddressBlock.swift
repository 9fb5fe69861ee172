/// A block of IPv4 addresses, such as `172.30.0.0/24`.
public struct AddressBlock: Sendable, Hashable {
    /// The address that was written, which may have bits behind the prefix.
    public let address: UInt32
    /// The length of the prefix, 0 to 32.
    public let length: Int

    /// Nil for what is no IPv4 block.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = AddressBlock.address(parts[0]), let length = Int(parts[1]),
            (0...32).contains(length), parts[1] == String(length)
        else { return nil }
        self.address = address
        self.length = length
    }

    /// The four bytes of an IPv4 address in its one usual spelling.
    public static func address(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.count <= 3, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let byte = UInt8(part),
                part.count == 1 || part.first != "0"
            else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    private var mask: UInt32 { length == 0 ? 0 : ~0 << UInt32(32 - length) }

    /// Whether there are no bits behind the prefix.
    public var isAligned: Bool { address & mask == address }

    /// The block without the bits behind its prefix, as text.
    public var aligned: String {
        let value = address & mask
        return "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)/\(length)"
    }

    /// Whether an address is in both.
    public func overlaps(_ other: AddressBlock) -> Bool {
        let common = mask & other.mask
        return address & common == other.address & common
    }

    /// Whether all of it is in the other.
    public func lies(in other: AddressBlock) -> Bool { length >= other.length && overlaps(other) }
}
