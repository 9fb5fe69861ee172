/// A point in time on both clocks: the monotonic one decides, the wall clock is only written down (fault K12).
public struct Moment: Sendable, Hashable {
    /// Time since an arbitrary start; never goes back.
    public var uptime: Duration
    /// Milliseconds since 1970 in UTC; may jump.
    public var wallMilliseconds: Int64

    /// Joins both readings.
    public init(uptime: Duration, wallMilliseconds: Int64) {
        self.uptime = uptime
        self.wallMilliseconds = wallMilliseconds
    }

    /// This moment and so much later, by both clocks.
    public func after(_ duration: Duration) -> Moment {
        Moment(
            uptime: uptime + duration, wallMilliseconds: wallMilliseconds + Int64(duration / .milliseconds(1)))
    }

    /// The wall clock as RFC 3339 with milliseconds, in UTC.
    public var text: String { Moment.text(wallMilliseconds: wallMilliseconds) }

    /// Formats milliseconds since 1970 as RFC 3339 in UTC.
    public static func text(wallMilliseconds: Int64) -> String {
        let (days, milliseconds) = wallMilliseconds.quotientAndRemainderFloored(by: 86_400_000)
        let civil = CivilDate(daysSince1970: days)
        let seconds = milliseconds / 1000
        let date = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
        let time = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(date)T\(time).\(padded(milliseconds % 1000, 3))Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

extension Int64 {
    fileprivate func quotientAndRemainderFloored(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
