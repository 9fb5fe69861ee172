/// An IPv4 block, such as `172.30.0.0/24`.
struct AddressBlock {
    private let addresses: ClosedRange<UInt32>

    /// Nil for what is no IPv4 block.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let bytes = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 2, let prefix = Int(parts[1]), (0...32).contains(prefix), bytes.count == 4 else {
            return nil
        }
        var address: UInt32 = 0
        for byte in bytes {
            guard let byte else { return nil }
            address = address << 8 | UInt32(byte)
        }
        // a shift by all 32 bits leaves nothing
        let hosts = UInt32.max >> UInt32(prefix)
        addresses = (address & ~hosts)...(address | hosts)
    }

    func overlaps(_ other: AddressBlock) -> Bool { addresses.overlaps(other.addresses) }
}
