/// Times in the form that cron has had since 1979: minute, hour, day of the month, month, day of the week. Where both
/// days are restricted, either is enough.
public struct CronSchedule: Sendable, Hashable {
    /// What is wrong with a text.
    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        /// In words.
        public var description: String
    }

    /// The text it was read from.
    public let text: String
    private let minutes: [Int]
    private let hours: [Int]
    private let days: [Int]
    private let months: [Int]
    private let weekdays: [Int]
    private let hasAnyDay: Bool
    private let hasAnyWeekday: Bool

    private static let macros = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
    ]
    private static let monthNames = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let dayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    /// A 29th of February comes at the latest after so many days.
    private static let horizon = 366 * 8

    /// Reads five fields, or one of `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`.
    public init(_ text: String) throws(Problem) {
        let fields = (CronSchedule.macros[text] ?? text).split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count == 5 else {
            throw Problem(
                description: text.hasPrefix("@")
                    ? "is none of @hourly, @daily, @weekly, @monthly, @yearly"
                    : "has \(fields.count) fields instead of five: minute hour day month weekday")
        }
        self.text = text
        minutes = try CronSchedule.read(fields[0], "minute", 0...59)
        hours = try CronSchedule.read(fields[1], "hour", 0...23)
        days = try CronSchedule.read(fields[2], "day of the month", 1...31)
        months = try CronSchedule.read(fields[3], "month", 1...12, names: CronSchedule.monthNames, first: 1)
        let listed = try CronSchedule.read(fields[4], "day of the week", 0...7, names: CronSchedule.dayNames, first: 0)
        weekdays = Array(Set(listed.map { $0 % 7 })).sorted()
        hasAnyDay = fields[2].hasPrefix("*")
        hasAnyWeekday = fields[4].hasPrefix("*")
        let isPossible = months.contains { month in
            days.contains { Int64($0) <= CivilDate.days(in: Int64(month), of: 2024) }
        }
        guard isPossible || !hasAnyWeekday else { throw Problem(description: "names a day that no month has") }
    }

    /// The newest time that is not later than a moment; nil where there is none within eight years.
    public func latest(atOrBefore moment: Timestamp, in zone: ZoneRules) -> Timestamp? {
        let seconds = floored(moment.microseconds, 1_000_000)
        let today = floored(seconds + zone.offset(at: seconds), 86_400)
        for back in -1...CronSchedule.horizon {
            let times = moments(on: today - Int64(back), in: zone)
            if let time = times.filter({ $0 <= seconds }).max() { return Timestamp(seconds: time) }
        }
        return nil
    }

    /// The first time after a moment; nil where there is none within eight years.
    public func next(after moment: Timestamp, in zone: ZoneRules) -> Timestamp? {
        let seconds = floored(moment.microseconds, 1_000_000)
        let today = floored(seconds + zone.offset(at: seconds), 86_400)
        for ahead in -1...CronSchedule.horizon {
            let times = moments(on: today + Int64(ahead), in: zone)
            if let time = times.filter({ $0 > seconds }).min() { return Timestamp(seconds: time) }
        }
        return nil
    }

    /// The times of one local day.
    private func moments(on day: Int64, in zone: ZoneRules) -> [Int64] {
        let date = CivilDate(daysSince1970: day)
        guard months.contains(Int(date.month)) else { return [] }
        let isDay = days.contains(Int(date.day))
        let isWeekday = weekdays.contains(date.weekday)
        guard hasAnyDay || hasAnyWeekday ? isDay && isWeekday : isDay || isWeekday else { return [] }
        return hours.flatMap { hour in
            minutes.map { zone.moment(ofLocal: day * 86_400 + Int64(hour * 3600 + $0 * 60)) }
        }
    }

    private func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// One field: `*`, `a`, `a-b`, `*/n`, `a-b/n`, and lists of them.
    private static func read(
        _ field: Substring, _ what: String, _ range: ClosedRange<Int>, names: [String] = [], first: Int = 0
    ) throws(Problem) -> [Int] {
        func number(_ text: Substring) throws(Problem) -> Int {
            if let place = names.firstIndex(of: text.uppercased()) { return place + first }
            guard text.count <= 2, let value = Int(text), range.contains(value), text.allSatisfy(\.isNumber) else {
                throw Problem(
                    description: "has \(text) as \(what), which goes from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        var found: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let ends = (pieces.first ?? "").split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let from = ends.first, !from.isEmpty else { throw Problem(description: "has an empty \(what)") }
            let bounds: ClosedRange<Int>
            if from == "*", ends.count == 1 {
                bounds = range
            } else {
                let low = try number(from)
                let high = ends.count == 2 ? try number(ends[1]) : pieces.count == 2 ? range.upperBound : low
                guard low <= high else { throw Problem(description: "has \(part) as \(what), which goes backwards") }
                bounds = low...high
            }
            var step = 1
            if pieces.count == 2 {
                guard pieces[1].count <= 2, let given = Int(pieces[1]), given > 0 else {
                    throw Problem(description: "has a step of \(pieces[1]) in \(what)")
                }
                step = given
            }
            found.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return found.sorted()
    }
}
