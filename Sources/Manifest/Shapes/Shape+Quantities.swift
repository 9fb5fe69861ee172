internal import Model

extension Shape<ByteCount> {
    /// An amount of memory or disk with its unit.
    /// - Parameter others: what else may stand in its place, for the message: `a share, or `.
    static func bytes(_ range: ClosedRange<ByteCount>, or others: String = "") -> Shape {
        let expected =
            "\(others)a whole number with KiB, MiB or GiB, from \(range.lowerBound) to \(range.upperBound)"
        return Shape(
            schema: .mapping(["type": .text("string"), "pattern": .text("^[1-9][0-9]*(KiB|MiB|GiB)$")]),
            read: { field, _ in
                guard let text = field.scalar(expected: expected) else { return nil }
                let shifts = ["KiB": 10, "MiB": 20, "GiB": 30]
                guard let amount = Amount(text), let shift = shifts[String(amount.unit)] else {
                    field.reject("is no amount of memory", expected: expected, suggestion: Self.meant(by: text))
                    return nil
                }
                let number = Int64(amount.number)
                guard number <= Int64.max >> Int64(shift), range.contains(ByteCount(bytes: number << shift)) else {
                    field.reject("is out of range", expected: expected)
                    return nil
                }
                return ByteCount(bytes: number << shift)
            },
            write: { .text($0.description) })
    }

    /// The right spelling of `512mb`, `1Gib` and their kin; nothing where the unit is a guess.
    private static func meant(by text: String) -> String? {
        guard let match = text.wholeMatch(of: /([1-9][0-9]*) ?([kKmMgG])(?:[iI]?[bB]?)/) else { return nil }
        return "\(match.1)\(match.2.uppercased())iB"
    }
}

extension Shape<Duration> {
    /// A span of whole seconds, minutes or hours.
    static func span(_ seconds: ClosedRange<Int>) -> Shape {
        let expected =
            "a whole number with s, m or h, from \(written(seconds.lowerBound)) to \(written(seconds.upperBound))"
        return Shape(
            schema: .mapping(["type": .text("string"), "pattern": .text("^[1-9][0-9]*(s|m|h)$")]),
            read: { field, _ in
                guard let text = field.scalar(expected: expected) else { return nil }
                guard let amount = Amount(text), let unit = ["s": 1, "m": 60, "h": 3600][String(amount.unit)] else {
                    field.reject("is no span of time", expected: expected, suggestion: Self.meant(by: text))
                    return nil
                }
                guard amount.number <= seconds.upperBound, seconds.contains(amount.number * unit) else {
                    field.reject("is out of range", expected: expected)
                    return nil
                }
                return .seconds(amount.number * unit)
            },
            write: { .text(written(Int($0.components.seconds))) })
    }

    private static func meant(by text: String) -> String? {
        guard let match = text.wholeMatch(of: /([1-9][0-9]*) ?(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)/)
        else { return nil }
        return "\(match.1)\(match.2.prefix(1))"
    }
}

/// Seconds in the largest unit that divides them, as the manifest writes them.
func written(_ seconds: Int) -> String {
    if seconds != 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
    if seconds != 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
    return "\(seconds)s"
}

extension Shape<Int?> {
    /// A number of processors with up to three decimals, kept in thousandths; absent means no limit.
    static let processors = Shape(
        schema: .mapping(["type": .text("number"), "exclusiveMinimum": .integer(0), "maximum": .integer(1024)]),
        read: { field, _ in
            let expected = "a number of processors with at most three decimals, from 0.01 to 1024, for example 1.5"
            guard let text = field.scalar(expected: expected) else { return nil }
            guard let match = text.wholeMatch(of: /(0|[1-9][0-9]{0,3})(?:\.([0-9]{1,3}))?/), let whole = Int(match.1)
            else {
                field.reject("is no number of processors", expected: expected)
                return nil
            }
            let fraction = String(match.2 ?? "")
            let padded = fraction + String(repeating: "0", count: 3 - fraction.count)
            let thousandths = whole * 1000 + (Int(padded) ?? 0)
            guard (10...1_024_000).contains(thousandths) else {
                field.reject("is out of range", expected: expected)
                return nil
            }
            return .some(thousandths)
        },
        write: { value in
            value.map { thousandths in
                var digits = String(thousandths % 1000 + 1000).dropFirst()
                while digits.hasSuffix("0") { digits.removeLast() }
                return .decimal(digits.isEmpty ? "\(thousandths / 1000)" : "\(thousandths / 1000).\(digits)")
            }
        })
}
