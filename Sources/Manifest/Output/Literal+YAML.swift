internal import Model

extension Literal {
    /// The value as YAML that our own reader reads back as the same value.
    var yaml: String {
        switch self {
        case .mapping, .list: block(indent: "")
        case .bool, .integer, .decimal, .text: inline + "\n"
        }
    }

    private func block(indent: String) -> String {
        switch self {
        case .mapping(let pairs):
            pairs.map { indent + Self.plainOrQuoted($0.key) + ":" + $0.value.afterIndicator(indent: indent) }.joined()
        case .list(let items): items.map { $0.item(indent: indent) }.joined()
        case .bool, .integer, .decimal, .text: indent + inline + "\n"
        }
    }

    private func afterIndicator(indent: String) -> String {
        switch self {
        case .mapping, .list:
            isEmptyCollection ? " " + inline + "\n" : "\n" + block(indent: indent + "  ")
        case .bool, .integer, .decimal, .text: " " + inline + "\n"
        }
    }

    private func item(indent: String) -> String {
        guard case .mapping = self, !isEmptyCollection else { return indent + "-" + afterIndicator(indent: indent) }
        return indent + "- " + block(indent: indent + "  ").dropFirst(indent.count + 2)
    }

    private var inline: String {
        switch self {
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .decimal(let text): text
        case .text(let text): Self.plainOrQuoted(text)
        case .list: "[]"
        case .mapping: "{}"
        }
    }

    /// Plain where no reader of YAML, old or new, would take the text for anything else.
    private static func plainOrQuoted(_ text: String) -> String {
        let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        let isPlain =
            !text.isEmpty && text.utf8.first.map(isLetterOrSlash) == true && text.utf8.allSatisfy(isPlainByte)
            && !text.hasSuffix(":") && !words.contains(text.lowercased())
        let isQuantity =
            Amount(text).map { ["KiB", "MiB", "GiB", "s", "m", "h"].contains($0.unit) } == true
        return isPlain || isQuantity ? text : JSONValue.quoted(text)
    }

    private static func isLetterOrSlash(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2F
    }

    private static func isPlainByte(_ byte: UInt8) -> Bool {
        isLetterOrSlash(byte) || (0x30...0x39).contains(byte) || Array("-_.:@".utf8).contains(byte)
    }
}
