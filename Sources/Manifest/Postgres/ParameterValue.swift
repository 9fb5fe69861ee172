/// A parameter's value as PostgreSQL would read it.
struct ParameterValue {
    let text: String
    let entry: ParameterCatalogue.Entry

    private static let flags = ["on", "off", "true", "false", "yes", "no", "1", "0"]

    /// What is wrong with the value and what would be right, or nil.
    var problem: (problem: String, expected: String, suggestion: String?)? {
        let word = text.lowercased()
        switch entry.kind {
        case .text: return nil
        case .flag:
            return Self.flags.contains(word) ? nil : ("is no truth value", "on or off", nil)
        case .choice(let words):
            if words.contains(word) || (words.contains("on") && Self.flags.contains(word)) { return nil }
            return (
                "is none of the possible values", "one of \(words.joined(separator: ", "))",
                Suggestion.nearest(to: text, among: words)
            )
        case .number(let unit, let least, let most, let isWhole):
            let units = Self.units(for: unit)
            let names = units.map { $0.name }.joined(separator: ", ")
            let expected =
                "a \(isWhole ? "whole number" : "number") from \(Self.written(least)) to \(Self.written(most))"
                + (unit.isEmpty ? "" : " in \(unit), or with one of \(names)")
            guard let value = number else { return ("is no number PostgreSQL reads here", expected, nil) }
            return (least...most).contains(value) ? nil : ("is out of range", expected, nil)
        }
    }

    /// The number in the parameter's own unit.
    private var number: Double? {
        guard case .number(let unit, _, _, let isWhole) = entry.kind,
            let match = text.wholeMatch(of: /([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,3})?|[0-9]+\.)\s*([A-Za-z]*)/)
        else { return nil }
        let digits = String(match.1)
        let isOctal = isWhole && digits.count > 1 && digits.hasPrefix("0") && digits.allSatisfy(\.isNumber)
        guard let value = isOctal ? Int64(digits, radix: 8).map(Double.init) : Double(digits) else { return nil }
        if match.2.isEmpty { return isWhole ? value.rounded() : value }
        let units = Self.units(for: unit)
        guard let given = units.first(where: { $0.name == match.2 }), let own = units.first(where: { $0.name == unit })
        else {
            // 8kB is a page, which is not written as a unit.
            guard unit == "8kB", let given = units.first(where: { $0.name == match.2 }) else { return nil }
            return (value * given.factor / 8192).rounded()
        }
        let converted = value * given.factor / own.factor
        return isWhole ? converted.rounded() : converted
    }

    /// The value in bytes, for parameters that are amounts of memory.
    var bytes: Double? {
        guard case .number(let unit, _, _, _) = entry.kind, let value = number else { return nil }
        if unit == "8kB" { return value * 8192 }
        return Self.memory.first { $0.name == unit }.map { value * $0.factor }
    }

    private typealias Unit = (name: String, factor: Double)
    private static let memory: [Unit] = [
        ("B", 1), ("kB", 1024), ("MB", 1_048_576), ("GB", 1_073_741_824), ("TB", 1_099_511_627_776),
    ]
    private static let time: [Unit] = [
        ("us", 0.001), ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    private static func units(for unit: String) -> [Unit] {
        if unit == "8kB" || memory.contains(where: { $0.name == unit }) { return memory }
        return time.contains { $0.name == unit } ? time : []
    }

    private static func written(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
