/// A point on the wall clock, to the microsecond, as PostgreSQL knows it: the target of a restore, the time of a backup.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 1970 in UTC.
    public var microseconds: Int64

    /// Microseconds since 1970 in UTC.
    public init(microseconds: Int64) { self.microseconds = microseconds }
    /// Whole seconds since 1970 in UTC.
    public init(seconds: Int64) { microseconds = seconds * 1_000_000 }
    /// The wall clock's reading of a moment.
    public init(_ moment: Moment) { microseconds = moment.wallMilliseconds * 1000 }

    /// Reads `2026-11-23 10:00:00.5+01:00` or `2026-11-23T09:00:00.5Z`: a date, a time, a zone. Without a zone, two
    /// readers would mean two moments, so it must be there. Nil where the text is no such time.
    public init?(_ text: String) {
        let pattern =
            /([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)? ?(?:(Z|UTC)|([+-])([0-9]{2})(?::?([0-9]{2}))?)/
        guard let match = text.wholeMatch(of: pattern) else { return nil }
        func number(_ text: Substring?) -> Int64 { text.flatMap { Int64($0) } ?? 0 }
        let (year, month, day) = (number(match.1), number(match.2), number(match.3))
        let (hour, minute, second) = (number(match.4), number(match.5), number(match.6))
        let (zoneHours, zoneMinutes) = (number(match.10), number(match.11))
        guard (1...12).contains(month), day >= 1, day <= CivilDate.days(in: month, of: year), hour < 24, minute < 60,
            second < 60, zoneHours < 16, zoneMinutes < 60
        else { return nil }
        let fraction = number(((match.7 ?? "") + "000000").prefix(6))
        let offset = (zoneHours * 60 + zoneMinutes) * 60 * (match.9 == "-" ? -1 : 1)
        let seconds =
            CivilDate(year: year, month: month, day: day).daysSince1970 * 86_400 + (hour * 60 + minute) * 60 + second
            - offset
        microseconds = seconds * 1_000_000 + fraction
    }

    /// As PostgreSQL and pgBackRest take it: `2026-11-23 09:00:00.500000+00`.
    public var text: String {
        let whole = Moment.text(wallMilliseconds: floored(by: 1000))
        let fraction = String(microseconds - floored(by: 1_000_000) * 1_000_000)
        return whole.prefix(10) + " " + whole.dropFirst(11).prefix(8) + "."
            + String(repeating: "0", count: 6 - fraction.count) + fraction + "+00"
    }

    /// For people, to the second: `2026-11-23 09:00:00Z`.
    public var brief: String {
        let whole = Moment.text(wallMilliseconds: floored(by: 1000))
        return whole.prefix(10) + " " + whole.dropFirst(11).prefix(8) + "Z"
    }

    /// The earlier comes first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }
    /// How long after another it is.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }

    private func floored(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
