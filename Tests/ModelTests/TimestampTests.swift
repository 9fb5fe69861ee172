import Model
import TestSupport
import Testing

@Suite("A point on the wall clock")
struct TimestampTests {
    @Test(
        "is read with its zone, and written in UTC",
        arguments: [
            ("2026-11-23 10:00:00+01", "2026-11-23 09:00:00.000000+00"),
            ("2026-11-23T09:00:00.25Z", "2026-11-23 09:00:00.250000+00"),
            ("2026-11-23 09:00 UTC", "2026-11-23 09:00:00.000000+00"),
            ("2024-02-29 23:59:59.999999-05:30", "2024-03-01 05:29:59.999999+00"),
            ("1969-12-31 23:59:59.5Z", "1969-12-31 23:59:59.500000+00"),
            ("2026-11-23T10:12:46.613123456Z", "2026-11-23 10:12:46.613123+00"),
        ])
    func reads(text: String, written: String) { #expect(Timestamp(text)?.text == written) }

    @Test(
        "is refused without a zone, or where it is no date",
        arguments: ["2026-11-23 10:00:00", "2026-02-30 10:00:00Z", "2026-13-01 10:00Z", "yesterday", "", "10:00Z"])
    func refuses(text: String) { #expect(Timestamp(text) == nil) }

    @Test("survives being written and read", arguments: 1...100)
    func roundTrip(seed: Int) {
        var dice = Seeded(seed: UInt64(seed))
        let time = Timestamp(microseconds: Int64(dice.next() % 4_000_000_000_000_000))
        #expect(Timestamp(time.text) == time)
        #expect(
            CivilDate(daysSince1970: CivilDate(daysSince1970: Int64(seed * 997)).daysSince1970).daysSince1970
                == Int64(seed * 997))
    }
}
