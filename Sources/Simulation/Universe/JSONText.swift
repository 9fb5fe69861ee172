internal import Model

/// Reads the JSON that the controller writes into files and keys; nil for anything malformed.
struct JSONText {
    private var rest: Substring

    /// The document in a text.
    static func value(of text: some StringProtocol) -> JSONValue? {
        var reader = JSONText(rest: Substring(text))
        guard let value = reader.value() else { return nil }
        reader.skipSpace()
        return reader.rest.isEmpty ? value : nil
    }

    private mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\n" || $0 == "\t" } }

    private mutating func take(_ text: String) -> Bool {
        skipSpace()
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    private mutating func value() -> JSONValue? {
        skipSpace()
        if take("null") { return .null }
        if take("true") { return .bool(true) }
        if take("false") { return .bool(false) }
        if rest.first == "\"" { return string().map { .string($0) } }
        if take("[") { return list() }
        if take("{") { return object() }
        let digits = rest.prefix { $0.isNumber || $0 == "-" || $0 == "." || $0 == "e" || $0 == "E" || $0 == "+" }
        rest = rest.dropFirst(digits.count)
        if let whole = Int64(digits) { return .integer(whole) }
        return Double(digits).map { .number($0) }
    }

    private mutating func list() -> JSONValue? {
        var values: [JSONValue] = []
        if take("]") { return .array(values) }
        while true {
            guard let value = value() else { return nil }
            values.append(value)
            if take("]") { return .array(values) }
            guard take(",") else { return nil }
        }
    }

    private mutating func object() -> JSONValue? {
        var pairs: [(String, JSONValue)] = []
        if take("}") { return .object(pairs) }
        while true {
            skipSpace()
            guard let name = string(), take(":"), let value = value() else { return nil }
            pairs.append((name, value))
            if take("}") { return .object(pairs) }
            guard take(",") else { return nil }
        }
    }

    private mutating func string() -> String? {
        guard rest.first == "\"" else { return nil }
        rest = rest.dropFirst()
        var result = ""
        while let next = rest.popFirst() {
            if next == "\"" { return result }
            guard next == "\\" else {
                result.append(next)
                continue
            }
            guard let escaped = rest.popFirst() else { return nil }
            guard escaped == "u" else {
                result.append(escaped)
                continue
            }
            guard let code = UInt32(rest.prefix(4), radix: 16), let scalar = Unicode.Scalar(code) else { return nil }
            result.unicodeScalars.append(scalar)
            rest = rest.dropFirst(4)
        }
        return nil
    }
}
