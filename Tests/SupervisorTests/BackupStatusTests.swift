import Model
import Testing

@testable import Reconcilers
@testable import Supervisor
@testable import PlanningFixtures

@Suite("Backups in the status")
struct BackupStatusTests {
    @Test("ages, durations and sizes are told of every backup and every proof")
    func history() throws {
        var fixture = PlanningFixture()
        let now = PlanningFixture.now.wallMilliseconds / 1000
        var full = BackupView(label: "a", type: "full", stoppedAt: now - 3600, size: 1000)
        full.startedAt = now - 3700
        full.repositorySize = 300
        let incremental = BackupView(label: "b", type: "incr", stoppedAt: now - 60, size: 1100)
        fixture.observation.repository = .present(
            RepositoryView(stanza: .ok(systemIdentifier: PlanningFixture.system), backups: [full, incremental]))
        if case .present(var database) = fixture.observation.database {
            database.archiver.lastArchivedAt = Timestamp(seconds: now - 7)
            fixture.observation.database = .present(database)
        }
        fixture.dcs {
            $0.checks = [
                CheckRecord(
                    .drill, endedAt: Timestamp(seconds: now - 500), passed: true,
                    result: .object([("seconds", .integer(4))])),
                CheckRecord(
                    .drill, endedAt: Timestamp(seconds: now - 100), passed: false,
                    result: .object([("error", .string("a page is wrong"))])),
                CheckRecord(.verify, endedAt: Timestamp(seconds: now - 50), passed: true, result: .object([])),
            ]
        }
        let backups = StatusReport(input: fixture.input, conditions: [], waiting: []).backups
        #expect(backups.history.map(\.label) == ["a", "b"])
        #expect(backups.history.first?.seconds == 100)
        #expect(backups.history.first?.databaseBytes == 1000)
        #expect(backups.history.first?.repositoryBytes == 300)
        #expect(backups.newestAgeSeconds == 60)
        #expect(backups.newestArchivedAgeSeconds == 7)
        // the newest drill failed, and the proof is the one before
        #expect(backups.drill?.passed == false)
        #expect(backups.provenAgeSeconds == 500)
        #expect(backups.drills.map(\.passed) == [true, false])
        #expect(backups.drills.first?.measured == ["seconds": "4"])
        #expect(backups.verifications.count == 1)
    }

    @Test("a job that comes with the hours does not make the cluster unready")
    func staysReady() throws {
        var fixture = PlanningFixture()
        let asked = Timestamp(microseconds: Timestamp(PlanningFixture.now).microseconds + 1)
        fixture.dcs { $0.requests = [TaskRequest(.drill, at: asked, modRevision: 4)] }
        let plan = Plan(fixture.input, reconcilers: Reconcilers.all)
        #expect(
            plan.actions.contains { planned in
                if case .docker(_, .createContainer(let spec)) = planned.action.effect {
                    spec.name == "demo-drill"
                } else {
                    false
                }
            })
        #expect(plan.isAtRest && !plan.isEmpty)
        #expect(plan.conditions.first { $0.type == .ready }?.status == .true)
        // anything else that is due does
        fixture.stop("dbhub")
        #expect(!Plan(fixture.input, reconcilers: Reconcilers.all).isAtRest)
    }
}
