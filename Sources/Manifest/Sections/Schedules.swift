internal import Foundation
internal import Model

extension Shape<Schedules> {
    /// `spec.backups.schedules`.
    static let schedules = section(
        [
            Rule("timeZone", \.zone, .zone, "The zone in which the times are meant, \"Europe/Berlin\"."),
            Rule("full", \.full, .cron, "When a full backup is due; \"none\" for never."),
            Rule("differential", \.differential, .cron, "When a differential backup is due."),
            Rule("incremental", \.incremental, .cron, "When an incremental backup is due."),
            Rule("verification", \.verification, .cron, "When every file of the repository is verified."),
            Rule("drill", \.drill, .cron, "When the newest backup is restored into a scratch container, and checked."),
        ], defaults: Schedules())
}

extension Shape<CronSchedule?> {
    fileprivate static let cron = Shape(
        schema: .mapping(["type": .text("string")]),
        read: { field, _ in
            let expected = "minute hour day month weekday, \"0 1 * * 0\", or none"
            guard let text = field.text(expected: expected) else { return nil }
            if text == "none" { return .some(nil) }
            do throws(CronSchedule.Problem) {
                return .some(try CronSchedule(text))
            } catch {
                field.reject(error.description, expected: expected)
                return nil
            }
        },
        write: { .text($0?.text ?? "none") })
}

extension Shape<ZoneRules> {
    /// Only Foundation knows the world's zones; what it knows becomes a value here.
    fileprivate static let zone = Shape(
        schema: .mapping(["type": .text("string")]),
        read: { field, _ in
            let expected = "a zone of the IANA database, \"Europe/Berlin\", or UTC"
            guard let text = field.text(expected: expected) else { return nil }
            guard let rules = ZoneRules.named(text) else {
                field.reject("is no time zone that this machine knows", expected: expected)
                return nil
            }
            return rules
        },
        write: { .text($0.name) })
}

extension ZoneRules {
    /// The zone's rules from 2020 to 2060; nil for an unknown name.
    fileprivate static func named(_ name: String) -> ZoneRules? {
        if name == "UTC" { return .utc }
        guard name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        let start = Date(timeIntervalSince1970: 1_577_836_800)
        let end = Date(timeIntervalSince1970: 2_840_140_800)
        var rules = ZoneRules(name: name, offset: Int64(zone.secondsFromGMT(for: start)))
        var date = start
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date, next < end {
            rules.transitions.append(
                Transition(
                    at: Int64(next.timeIntervalSince1970.rounded()),
                    offset: Int64(zone.secondsFromGMT(for: next.addingTimeInterval(1)))))
            date = next
        }
        return rules
    }
}
