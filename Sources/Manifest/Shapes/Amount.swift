/// A whole number and the unit right behind it, as `512MiB` or `30s`.
struct Amount {
    let number: Int
    let unit: Substring

    /// Reads digits without a leading zero and what follows; nil for anything else. Numbers beyond `Int` become its largest.
    init?(_ text: String) {
        let digits = text.utf8.prefix { Self.isDigit($0) }
        unit = text[digits.endIndex...]
        guard digits.first.map({ $0 != 0x30 }) == true else { return nil }
        number = Int(Substring(digits)) ?? .max
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether a text is a whole number in its one usual spelling.
    static func isWhole(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.utf8.dropFirst() : text.utf8[...]
        return digits.allSatisfy(isDigit) && (digits.count == 1 || digits.first.map { $0 != 0x30 } == true)
    }
}
