import Model
import Testing

@testable import Supervisor
@testable import PlanningFixtures

@Suite("Crash loops")
struct CrashLoopTests {
    private static let start = Effect.docker(.local, .start("id-pg-node-3"))

    /// How often a container that dies so long after each start is started within this time.
    private static func starts(living life: Duration, from: Duration, until end: Duration) -> Int {
        var backoff = Backoff()
        var now: Duration = .zero
        var count = 0
        while now < end {
            backoff.note(proposed: [start], at: now)
            if let delay = backoff.delay(of: start, at: now) {
                now += delay
                continue
            }
            backoff.note(.done(""), of: start, at: now)
            if now >= from { count += 1 }
            now += life
        }
        return count
    }

    @Test("end at one start a minute", arguments: [0.1, 1, 5, 10, 19])
    func slowsDown(life: Double) {
        let hour = CrashLoopTests.starts(living: .seconds(life), from: .seconds(600), until: .seconds(600 + 3600))
        #expect((1...60).contains(hour), "\(hour) starts in an hour")
    }

    @Test(
        "a container that lived for a while is started at once; one that dies every half minute is in a crash loop, too",
        arguments: [(60, []), (30, [4])])
    func forgives(life: Int, attempts: [Int]) {
        var backoff = Backoff()
        for now in [0, life, 2 * life, 3 * life] {
            backoff.note(proposed: [CrashLoopTests.start], at: .seconds(now))
            #expect(backoff.delay(of: CrashLoopTests.start, at: .seconds(now)) == nil)
            backoff.note(.done(""), of: CrashLoopTests.start, at: .seconds(now))
        }
        #expect(backoff.repeatedFailures(at: .seconds(3 * life + 1)).map(\.attempts) == attempts)
    }

    private static func condition(_ change: (inout ContainerView) -> Void, failure: String? = nil) -> Condition {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", exitCode: 1)
        fixture.change("pg-node-3", change)
        let action = Action(start, on: .container(.local, "pg-node-3"), because: .readyToStart)
        return RepeatedFailure(action: action, attempts: 4, failure: failure).condition(in: fixture.input)
    }

    @Test("show the last lines, and what a person can do about each cause")
    func explains() {
        let crash = CrashLoopTests.condition { $0.lastLines = ["first", "last"] }
        #expect(crash.type == .crashLoop && crash.details == ["first", "last"])
        #expect(crash.message.contains("exit code 1"))
        let stopped = CrashLoopTests.condition { $0.state = .exited(Exit(code: 0)) }
        #expect(stopped.message.contains("maintenance: true"))
        let starved = CrashLoopTests.condition { $0.state = .exited(Exit(code: 137, outOfMemory: true)) }
        #expect(starved.message.contains("memory") && !starved.message.contains("maintenance"))
        let event = CrashLoopTests.condition {
            $0.state = .exited(Exit(code: 137))
            $0.ranOutOfMemoryAt = "t"
        }
        #expect(event.message.contains("ran out of memory"))
        #expect(CrashLoopTests.condition({ _ in }, failure: "no").type == .actionFailing)
    }

    @Test("what is worth a line and no alarm leaves the cluster ready")
    func noAlarm() {
        func bad(_ type: ConditionType, _ status: Condition.Status) -> Bool {
            Condition(type, status, reason: "", message: "").isBad
        }
        for type in [ConditionType.imagesCurrent, .exposed, .retired, .outOfMemory] {
            #expect(!bad(type, .true) && !bad(type, .false), "\(type)")
        }
        #expect(bad(.archiving, .false) && bad(.archiving, .unknown) && bad(.portTaken, .true))
    }

    @Test("are told with the lines in the event, too")
    func narrates() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", exitCode: 1)
        let plan = Plan(fixture.input, reconcilers: [])
        let condition = CrashLoopTests.condition { $0.lastLines = ["first", "last"] }
        var report = PassReport(input: fixture.input, plan: plan)
        report.conditions = [condition]
        var recorder = EventRecorder()
        #expect(recorder.tell(report).contains { $0.message.hasSuffix("; its last lines: first | last") })
    }
}
