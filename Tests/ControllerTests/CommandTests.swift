import ArgumentParser
import Foundation
import Model
import Reconcilers
import Supervisor
import Testing

@testable import Controller
@testable import PlanningFixtures

@Suite("Commands for an engineer on call")
struct CommandTests {
    private static let now: Int64 = 1_764_554_400_000  // 2025-12-01T02:00:00Z

    private func line(
        _ time: String, _ object: String = "container pg-node-1", _ kind: Event.Kind = .action, _ what: String = "start"
    ) -> String {
        let event = Event(
            time: time, cluster: "demo", kind: kind, object: object, what: what, reason: "r", message: "m")
        return String(decoding: (try? JSONEncoder().encode(event)) ?? Data(), as: UTF8.self)
    }

    private func filter(
        since: String? = nil, object: String? = nil, kind: String? = nil, text: String? = nil
    ) throws -> EventFilter {
        try EventFilter(since: since, object: object, kind: kind, text: text, now: Self.now)
    }

    @Test("events since a span or a time")
    func since() throws {
        for (since, first) in [
            ("30m", "01:30:00"), ("1h", "01:00:00"), ("90s", "01:58:30"), ("2025-12-01T01:15:00Z", "01:15:00"),
        ] {
            let filter = try filter(since: since)
            #expect(filter.takes(line("2025-12-01T\(first).000Z")), "\(since)")
            #expect(!filter.takes(line("2025-12-01T00:59:59.000Z")), "\(since)")
        }
        #expect(try filter(since: "1d").takes(line("2025-11-30T02:00:00.000Z")))
        for wrong in ["yesterday", "1w", "-1h", "", "1 h", "2025-12-01"] {
            #expect(throws: Failure.self, "\(wrong)") { try filter(since: wrong) }
        }
    }

    @Test("a restore to a span before now is one to a moment, the one that was shown")
    func lastSpan() throws {
        func target(_ arguments: String...) throws -> RecoveryTarget {
            try TargetOptions.parse(arguments).recovery(now: Self.now).target
        }
        #expect(try target("--last", "10m") == .time(Timestamp(microseconds: (Self.now - 600_000) * 1000)))
        #expect(
            try target("--last", "10m", "--moment", "2025-12-01 01:30:00+00")
                == target("--time", "2025-12-01 01:30:00Z"))
        for wrong in [
            ["--last", "soon"], ["--last", "10m", "--time", "2025-12-01 01:30:00Z"], ["--last", "10m", "--latest"],
        ] {
            do {
                _ = try TargetOptions.parse(wrong).recovery(now: Self.now)
                Issue.record("\(wrong)")
            } catch {
                #expect((error as? Failure)?.code == .badInput, "\(wrong)")
            }
        }
        #expect(throws: Failure.self) {
            try TargetOptions.parse(["--last", "10m", "--backup", "b1"]).recovery(now: Self.now)
        }
    }

    @Test("events of an object, a kind, and with a text; without a filter every line is shown as it is")
    func filters() throws {
        let seen = line("2025-12-01T01:00:00.000Z", "container pg-node-1", .refusal, "Stop")
        #expect(try filter(object: "pg-node-1").takes(seen) && filter(object: "container pg-node-1").takes(seen))
        #expect(try !filter(object: "pg-node-11").takes(seen) && !filter(object: "node").takes(seen))
        #expect(try filter(kind: "Refusal").takes(seen) && !filter(kind: "action").takes(seen))
        #expect(throws: Failure.self) { try filter(kind: "other") }
        #expect(try filter(text: "stop").takes(seen) && !filter(text: "start").takes(seen))
        #expect(try filter().takes("no event") && !filter(text: "no").takes("no event"))
    }

    @Test("the history has what was measured, and says so where nothing was")
    func history() {
        #expect(HistoryEntry.lines([]).count == 1)
        var event = Event(
            time: "2025-12-01T01:00:00.000Z", cluster: "demo", kind: .action, object: "leadership",
            what: "failover from a to b is over", reason: "the leader a had died", message: "")
        #expect(HistoryEntry.list([event]).isEmpty)
        event.measured = Model.Measurement(.failover, seconds: 0.68)
        let lines = HistoryEntry.lines(HistoryEntry.list([event]))
        #expect(lines.count == 2 && lines[1].contains("0.7 s") && lines[1].contains("failover from a to b is over"))
    }

    private func verdict(_ conditions: [Condition], ready: Bool = true) -> CheckVerdict {
        let fixture = PlanningFixture()
        let own = Condition(
            .ready, ready ? .true : .false, reason: ready ? "Converged" : "Converging", message: "waiting")
        return CheckVerdict(StatusReport(input: fixture.input, conditions: conditions + [own], waiting: []))
    }

    @Test("one line and a code: the worst condition decides")
    func check() {
        let noPrimary = Condition(.primaryAvailable, .false, reason: "NoPrimary", message: "no node leads")
        let drill = Condition(.restoreProven, .false, reason: "Failed", message: "the drill\nfailed")
        #expect(
            verdict([]).code == .good
                && verdict([]).line.hasPrefix("OK: demo: primary pg-node-1, 2 of 2 replicas stream"))
        #expect(verdict([], ready: false).code == .warning)
        #expect(verdict([drill], ready: false).code == .warning)
        let both = verdict([drill, noPrimary], ready: false)
        #expect(both.code == .critical && both.line.contains("NoPrimary") && both.line.hasSuffix("(and 1 more)"))
        #expect(!verdict([drill], ready: false).line.contains("\n"))
    }

    @Test("volumes: what uses each, and the command for one that nothing needs any more")
    func volumes() {
        var fixture = PlanningFixture()
        fixture.engine.volumes.append(
            VolumeView(
                name: "pg-node-9-data",
                labels: [
                    LabelValue(Label.cluster, "demo"), LabelValue(Label.name, "pg-node-9"),
                    LabelValue(Label.component, Component.node.rawValue),
                ], createdAt: "2025-11-01T00:00:00Z"))
        fixture.engine.volumes.append(VolumeView(name: "foreign", labels: []))
        let plan = Plan(fixture.input, reconcilers: Reconcilers.all)
        let entries = VolumeEntry.list(fixture.engine, of: "demo", plan.conditions)
        #expect(!entries.contains { $0.name == "foreign" })
        #expect(entries.first { $0.name == "pg-node-1-data" }?.usedBy == ["pg-node-1"])
        #expect(entries.first { $0.name == "pg-node-1-data" }?.advice == nil)
        #expect(entries.first { $0.name == "pg-node-9-data" }?.usedBy == [])
        #expect(VolumeEntry.lines(entries).contains { $0.contains("docker volume rm pg-node-9-data") })
        #expect(VolumeEntry.lines([]).count == 1)
    }
}
