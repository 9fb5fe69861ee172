import Foundation
import Model
import TestSupport
import Testing

@Suite("A cron schedule")
struct CronScheduleTests {
    /// Central Europe's rules in 2026: an hour forward on 29 March at 1:00 UTC, back on 25 October at 1:00 UTC.
    private static let berlin = ZoneRules(
        name: "Europe/Berlin", offset: 3600,
        transitions: [.init(at: 1_774_746_000, offset: 7200), .init(at: 1_792_890_000, offset: 3600)])

    private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test(
        "fires when it says",
        arguments: [
            ("0 1 * * 0", "2026-11-23 10:00:00Z", "2026-11-22 01:00:00Z", "2026-11-29 01:00:00Z"),
            ("*/15 * * * *", "2026-11-23 10:07:00Z", "2026-11-23 10:00:00Z", "2026-11-23 10:15:00Z"),
            ("@monthly", "2026-11-23 10:00:00Z", "2026-11-01 00:00:00Z", "2026-12-01 00:00:00Z"),
            ("30 4 1,15 * 5", "2026-11-23 10:00:00Z", "2026-11-20 04:30:00Z", "2026-11-27 04:30:00Z"),
            ("0 0 29 2 *", "2026-11-23 10:00:00Z", "2024-02-29 00:00:00Z", "2028-02-29 00:00:00Z"),
            ("0 22 * JAN-MAR MON", "2026-11-23 10:00:00Z", "2026-03-30 22:00:00Z", "2027-01-04 22:00:00Z"),
            ("0 6 * * 7", "2026-11-22 06:00:00Z", "2026-11-22 06:00:00Z", "2026-11-29 06:00:00Z"),
        ])
    func fires(text: String, now: String, latest: String, next: String) throws {
        let schedule = try CronSchedule(text)
        #expect(schedule.latest(atOrBefore: try time(now), in: .utc) == (try time(latest)))
        #expect(schedule.next(after: try time(now), in: .utc) == (try time(next)))
    }

    @Test("a local time that is skipped fires after the gap, one that comes twice fires once")
    func daylightSaving() throws {
        let schedule = try CronSchedule("30 2 * * *")
        let spring = schedule.next(after: try time("2026-03-28 12:00:00Z"), in: Self.berlin)
        #expect(spring == (try time("2026-03-29 01:00:00Z")))
        let autumn = try #require(schedule.next(after: try time("2026-10-24 12:00:00Z"), in: Self.berlin))
        #expect(autumn == (try time("2026-10-25 00:30:00Z")))
        #expect(schedule.next(after: autumn, in: Self.berlin) == (try time("2026-10-26 01:30:00Z")))
    }

    @Test(
        "says what is wrong with a text",
        arguments: [
            ("", "0 fields"), ("0 1 * *", "4 fields"), ("60 1 * * *", "minute"), ("0 24 * * *", "hour"),
            ("0 0 30 2 *", "no month"), ("0 0 0 * *", "day of the month"), ("0 0 * 13 *", "month"),
            ("0 0 * * 8", "day of the week"), ("5-1 * * * *", "backwards"), ("*/0 * * * *", "step"),
            ("1,,2 * * * *", "empty"), ("@sometimes", "none of"), ("a b c d e", "minute"),
        ])
    func refuses(text: String, why: String) {
        let error = #expect(throws: CronSchedule.Problem.self) { try CronSchedule(text) }
        #expect(error?.description.contains(why) == true, "\(error?.description ?? "")")
    }

    @Test("agrees with a walk minute by minute", arguments: 1...40)
    func agreesWithAWalk(seed: Int) throws {
        var dice = Seeded(seed: UInt64(seed))
        func pick(_ low: Int, _ high: Int) -> String {
            switch dice.next() % 4 {
            case 0: return "*"
            case 1: return "*/\(1 + dice.next() % 20)"
            case _:
                let from = low + Int(dice.next() % UInt64(high - low + 1))
                return dice.next() % 2 == 0 ? "\(from)" : "\(low)-\(from)"
            }
        }
        let fields = [pick(0, 59), pick(0, 23), pick(1, 28), "*", pick(0, 6)]
        let schedule = try CronSchedule(fields.joined(separator: " "))
        let start = 1_790_000_000 / 60 * 60 + Int64(dice.next() % 10_000) * 60
        let next = schedule.next(after: Timestamp(seconds: start), in: .utc)
        let walked = (1...60 * 24 * 40).lazy.map { start + Int64($0) * 60 }.first {
            CronScheduleTests.matches($0, fields)
        }
        if let walked { #expect(next == Timestamp(seconds: walked), "\(schedule.text) after \(start)") }
        if let next {
            #expect(schedule.latest(atOrBefore: next, in: .utc) == next)
            #expect(CronScheduleTests.matches(next.microseconds / 1_000_000, fields))
        }
    }

    /// Another reading of the same five fields, by Foundation's calendar.
    private static func matches(_ seconds: Int64, _ fields: [String]) -> Bool {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents(
            [.minute, .hour, .day, .weekday], from: Date(timeIntervalSince1970: TimeInterval(seconds)))
        func holds(_ field: String, _ value: Int?, from low: Int) -> Bool {
            guard let value, field != "*" else { return true }
            if field.hasPrefix("*/"), let step = Int(field.dropFirst(2)) { return (value - low) % step == 0 }
            let ends = field.split(separator: "-").compactMap { Int($0) }
            return value >= ends[0] && value <= ends[ends.count - 1]
        }
        guard holds(fields[0], parts.minute, from: 0), holds(fields[1], parts.hour, from: 0) else { return false }
        let day = holds(fields[2], parts.day, from: 1)
        let weekday = holds(fields[4], parts.weekday.map { $0 - 1 }, from: 0)
        return fields[2].hasPrefix("*") || fields[4].hasPrefix("*") ? day && weekday : day || weekday
    }

    @Test("reads no rubbish and never hangs", arguments: 1...200)
    func survivesRubbish(seed: Int) {
        var dice = Seeded(seed: UInt64(seed))
        let letters = Array("0123456789*/-, @SUNa#")
        let text = String((0..<Int(dice.next() % 24)).map { _ in letters[Int(dice.next() % UInt64(letters.count))] })
        guard let schedule = try? CronSchedule(text) else { return }
        let now = Timestamp(seconds: 1_790_000_000)
        if let next = schedule.next(after: now, in: .utc) { #expect(next > now) }
        if let latest = schedule.latest(atOrBefore: now, in: .utc) { #expect(latest <= now) }
    }
}
