import Foundation
import Model
import Reconcilers
import Testing

@testable import PlanningFixtures
@testable import Supervisor

@Suite("What people are told, and how often")
struct IncidentLogTests {
    /// A report of a pass at this second, with these conditions.
    private func report(_ second: Int, _ conditions: [Condition] = [], ready: Bool? = nil, paused: Bool = false)
        -> PassReport
    {
        var fixture = PlanningFixture()
        fixture.cluster.maintenance = paused
        let now = Moment(uptime: .seconds(second), wallMilliseconds: 1_760_000_000_000 + Int64(second) * 1000)
        let input = PlanningInput(cluster: fixture.cluster, observation: fixture.observed, now: now)
        var report = PassReport(input: input, plan: Plan(input, reconcilers: []))
        let isReady = ready ?? !conditions.contains(where: \.isBad)
        report.conditions =
            conditions + [Condition(.ready, isReady ? .true : .false, reason: "", message: "")]
        return report
    }

    private let noPrimary = Condition(
        .primaryAvailable, .false, reason: "NoPrimary", message: "no node leads", subject: .leadership)
    private let drill = Condition(.restoreProven, .false, reason: "Failed", message: "the drill failed")

    /// What was told at each second.
    private func told(
        _ log: inout IncidentLog, _ seconds: ClosedRange<Int>, _ conditions: (Int) -> [Condition], paused: Bool = false
    ) -> [String] {
        seconds.flatMap { second in
            log.note(report(second, conditions(second), paused: paused), events: []).map {
                "\(second) \($0.stage.rawValue) \($0.title)"
            }
        }
    }

    @Test("one message when it has lasted, and one when it is over for good; a critical one comes sooner")
    func once() {
        var log = IncidentLog()
        let all = told(&log, 0...300) { (10...100).contains($0) ? [noPrimary, drill] : [] }
        #expect(
            all == [
                "25 firing PrimaryAvailable=False NoPrimary", "70 firing RestoreProven=False Failed",
                "130 resolved PrimaryAvailable=False NoPrimary", "130 resolved RestoreProven=False Failed",
            ])
    }

    @Test("what is over sooner is told to nobody; what comes and goes is one incident")
    func flapping() {
        var log = IncidentLog()
        #expect(told(&log, 0...100) { (10...20).contains($0) ? [noPrimary] : [] } == [])
        // bad for ten seconds and good for ten, again and again
        let all = told(&log, 101...400) { second in second < 300 && second / 10 % 2 == 0 ? [noPrimary] : [] }
        #expect(all == [])
        let long = told(&log, 401...700) { second in
            second < 450 || second < 600 && second / 10 % 2 == 0 ? [noPrimary] : []
        }
        #expect(
            long == ["416 firing PrimaryAvailable=False NoPrimary", "619 resolved PrimaryAvailable=False NoPrimary"])
    }

    @Test("both messages of an incident have its name and its beginning; another one has another name")
    func named() {
        var log = IncidentLog()
        var messages: [IncidentMessage] = []
        for second in 0...300 {
            let isBad = (10...50).contains(second) || (150...200).contains(second)
            messages += log.note(report(second, isBad ? [noPrimary] : []), events: [])
        }
        #expect(messages.map(\.stage) == [.begun, .over, .begun, .over])
        #expect(messages[0].incident == messages[1].incident && messages[2].incident == messages[3].incident)
        #expect(messages[0].incident != messages[2].incident)
        #expect(messages[0].since == messages[1].since && messages[0].since < messages[0].time)
        #expect((messages[0].kind, messages[0].severity) == (.availability, .critical))
        #expect(messages[0].object == Subject.leadership.text && messages[0].text == "no node leads")
    }

    @Test("a new cluster is not ready for a while, which is no news; a long while is")
    func newborn() {
        var log = IncidentLog()
        #expect(told(&log, 0...599) { _ in [noPrimary] } == [])
        #expect(told(&log, 600...700) { _ in [noPrimary] } == ["615 firing PrimaryAvailable=False NoPrimary"])
    }

    @Test("in maintenance nothing new is told, and what was told goes on")
    func maintenance() {
        var log = IncidentLog()
        _ = told(&log, 0...5) { _ in [] }
        #expect(told(&log, 6...100, { _ in [drill] }, paused: true) == [])
        _ = told(&log, 101...200) { _ in [noPrimary] }
        #expect(told(&log, 201...300, { _ in [noPrimary] }, paused: true) == [])
        #expect(told(&log, 301...400) { _ in [] } == ["330 resolved PrimaryAvailable=False NoPrimary"])
    }

    @Test("a failover is told at once, with what it has cost")
    func failover() {
        var log = IncidentLog()
        let event = Event(
            time: "2026-11-23T05:58:35.651Z", cluster: "demo", kind: .action, object: "leadership",
            what: "failover from a to b is over", reason: "the leader a had died",
            message: "the first write was proven 0.7 s after the death, on timeline 2",
            measured: Model.Measurement(.failover, seconds: 0.7))
        let messages = log.note(report(0), events: [event])
        #expect(messages.map(\.title) == ["failover from a to b is over"])
        #expect(messages.first?.stage == .happened && messages.first?.severity == .critical)
        #expect(messages.first?.text.contains("0.7 s") == true)
        #expect(log.newestEvent == event.time)
        var restart = event
        restart.measured = Model.Measurement(.replicaRestart, seconds: 1)
        #expect(log.note(report(1), events: [restart]).isEmpty)
    }

    @Test("written down and read back it goes on where it was")
    func kept() throws {
        var log = IncidentLog()
        _ = told(&log, 0...50) { $0 < 10 ? [] : [noPrimary] }
        var again = try JSONDecoder().decode(IncidentLog.self, from: JSONEncoder().encode(log))
        #expect(again == log)
        #expect(
            told(&again, 51...100) { $0 < 60 ? [noPrimary] : [] } == ["89 resolved PrimaryAvailable=False NoPrimary"])
    }

    @Test("it says when to look again: when something lasts for long enough, or is over for long enough")
    func lookAgain() {
        var log = IncidentLog()
        _ = log.note(report(0), events: [])
        #expect(log.nextChange(after: report(0).input.now) == nil)
        _ = log.note(report(10, [noPrimary]), events: [])
        #expect(log.nextChange(after: report(10).input.now) == .seconds(15))
        _ = log.note(report(25, [noPrimary]), events: [])
        _ = log.note(report(30), events: [])
        #expect(log.nextChange(after: report(30).input.now) == .seconds(25))
    }

    @Test("what is worth a message has a kind and a severity; Ready and what is known anyway have none")
    func table() {
        let silent = ConditionType.allCases.filter { $0.incident == nil }
        #expect(Set(silent) == [.ready, .exposed, .imagesCurrent, .paused, .retired, .notificationFailing])
    }
}
