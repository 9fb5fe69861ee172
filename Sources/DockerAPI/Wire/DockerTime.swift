/// A moment as the engine's clock tells it, to the nanosecond (RFC 3339).
public struct DockerTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public let nanosecondsSince1970: Int64

    /// Makes a moment from nanoseconds since 1970.
    public init(nanosecondsSince1970: Int64) { self.nanosecondsSince1970 = nanosecondsSince1970 }

    /// Parses `2026-11-23T01:07:28.715750923Z` and offsets like `+02:00`; `nil` for anything else and for Go's zero
    /// time `0001-01-01T00:00:00Z`, which Docker writes for "never".
    public init?(_ text: String) {
        var scanner = FieldScanner(text)
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.skip("T"), let hour = scanner.number(2), scanner.skip(":"),
            let minute = scanner.number(2), scanner.skip(":"), let second = scanner.number(2),
            year >= 1678, year <= 2261, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second <= 60, let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd
        else { return nil }
        let seconds = Self.days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        nanosecondsSince1970 = Int64(seconds) * 1_000_000_000 + Int64(fraction)
    }

    /// RFC 3339 in UTC, always with nine decimals: sorts as text, too.
    public var description: String {
        let (seconds, nanoseconds) = Self.floored(nanosecondsSince1970, by: 1_000_000_000)
        let (days, ofDay) = Self.floored(seconds, by: 86_400)
        let (year, month, day) = Self.date(Int(days))
        let time = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { Self.padded(Int($0), 2) }.joined(separator: ":")
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T\(time)"
            + ".\(Self.padded(Int(nanoseconds), 9))Z"
    }

    /// Earlier is less.
    public static func < (one: Self, other: Self) -> Bool { one.nanosecondsSince1970 < other.nanosecondsSince1970 }

    private static func floored(_ value: Int64, by unit: Int64) -> (Int64, Int64) {
        let rest = (value % unit + unit) % unit
        return ((value - rest) / unit, rest)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Days since 1970 of a date (Hinnant, "chrono-compatible low-level date algorithms", days_from_civil).
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    /// The inverse (civil_from_days), for years after 0.
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let index = (5 * ofYear + 2) / 153
        let month = index < 10 ? index + 3 : index - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * index + 2) / 5 + 1)
    }
}

/// Reads fixed fields from the front of a text.
private struct FieldScanner {
    private var rest: Substring.UTF8View
    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number(_ width: Int) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        rest = rest.dropFirst(width)
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Nanoseconds of `.715750923`; zero where there is no fraction.
    mutating func fraction() -> Int? {
        guard skip(".") else { return 0 }
        let digits = rest.prefix { (48...57).contains($0) }
        guard (1...9).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        let padding = repeatElement(UInt8(48), count: 9 - digits.count)
        return (Array(digits) + padding).reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if skip("Z") { return 0 }
        let sign = skip("+") ? 1 : -1
        if sign < 0, !skip("-") { return nil }
        guard let hours = number(2), skip(":"), let minutes = number(2) else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
