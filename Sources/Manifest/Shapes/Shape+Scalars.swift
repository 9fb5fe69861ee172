extension Shape<Bool> {
    /// `true` or `false`, and none of YAML's other spellings.
    static let flag = Shape(
        schema: .mapping(["type": .text("boolean")]),
        read: { field, _ in
            switch field.tree.content {
            case .scalar("true", isPlain: true): return true
            case .scalar("false", isPlain: true): return false
            case .scalar(let text, _):
                let word = text.lowercased()
                let meant = ["yes", "on", "y", "true"].contains(word) ? "true" : "false"
                let isKnown = ["yes", "on", "y", "true", "no", "off", "n", "false"].contains(word)
                field.reject(
                    "has to be a truth value", expected: "true or false without quotes",
                    suggestion: isKnown ? meant : nil)
                return nil
            case .list, .mapping:
                field.reject("has to be a truth value", expected: "true or false")
                return nil
            }
        },
        write: { .bool($0) })
}

extension Shape<Int> {
    /// A whole number in a range; `note` explains the range where it is not obvious.
    static func whole(_ range: ClosedRange<Int>, note: String = "") -> Shape {
        let expected =
            "a whole number from \(range.lowerBound) to \(range.upperBound)" + (note.isEmpty ? "" : ", \(note)")
        return Shape(
            schema: .mapping([
                "type": .text("integer"), "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
            ]),
            read: { field, _ in
                guard let text = field.wholeDigits(expected: expected) else { return nil }
                guard let number = Int(text), range.contains(number) else {
                    field.reject("is out of range", expected: expected)
                    return nil
                }
                return number
            },
            write: { .integer($0) })
    }

    /// A TCP port.
    static let port = whole(1...65535, note: "a TCP port")
}

extension Field {
    /// The digits of a whole number written plainly, or nil after saying what is wrong with it.
    func wholeDigits(expected: String) -> String? {
        guard case .scalar(let text, let isPlain) = tree.content, !tree.isNull else {
            reject(tree.isNull ? "has no value" : "has to be a number", expected: expected)
            return nil
        }
        let isNumber = Amount.isWhole(text)
        guard isPlain else {
            let hint = isNumber ? "; write it without quotes" : ""
            reject("has to be a number, not text", expected: expected + hint)
            return nil
        }
        if isNumber { return text }
        let isOctal = text.wholeMatch(of: /-?0[0-9]+/) != nil
        reject(
            isOctal ? "has a leading zero, which some readers take for octal" : "has to be a whole number",
            expected: expected)
        return nil
    }
}

extension Shape where Value: RawRepresentable & CaseIterable, Value.RawValue == String, Value: Sendable {
    /// One of a few words; YAML's `on` and `off` are words here.
    static func choice(_ names: [String: String] = [:]) -> Shape {
        let words = Value.allCases.map { names[$0.rawValue] ?? $0.rawValue }
        return Shape(
            schema: .mapping(["enum": .list(words.map { .text($0) })]),
            read: { field, _ in
                let expected = "one of \(words.joined(separator: ", "))"
                guard let text = field.scalar(expected: expected) else { return nil }
                guard let value = Value.allCases.first(where: { (names[$0.rawValue] ?? $0.rawValue) == text }) else {
                    field.reject(
                        "is none of the possible values", expected: expected,
                        suggestion: Suggestion.nearest(to: text, among: words))
                    return nil
                }
                return value
            },
            write: { .text(names[$0.rawValue] ?? $0.rawValue) })
    }
}

extension Shape<String> {
    /// One of a few texts.
    static func oneOf(_ words: [String], because reason: String? = nil) -> Shape {
        Shape(
            schema: .mapping(["enum": .list(words.map { .text($0) })]),
            read: { field, _ in
                let expected = (words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))")
                guard let text = field.scalar(expected: expected) else { return nil }
                guard words.contains(text) else {
                    field.reject(
                        reason ?? "is none of the possible values", expected: expected,
                        suggestion: Suggestion.nearest(to: text, among: words))
                    return nil
                }
                return text
            },
            write: { .text($0) })
    }
}
