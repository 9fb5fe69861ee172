import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("The deletion of a backup")
struct BackupDeletionTests {
    private static func backup(_ label: String, _ type: String, prior: String? = nil) -> BackupView {
        var backup = BackupView(label: label, type: type, stoppedAt: 1_759_990_000, size: 1)
        backup.prior = prior
        return backup
    }

    private static let backups = [
        backup("20251001-010000F", "full"), backup("20251008-010000F", "full"),
        backup("20251008-010000F_20251009-010000I", "incr", prior: "20251008-010000F"),
        backup("20251008-010000F_20251010-010000I", "incr", prior: "20251008-010000F_20251009-010000I"),
    ]

    /// A person asks for the deletion of a backup of these.
    private func fixture(_ label: String, age: Int64 = 1) -> PlanningFixture {
        var fixture = PlanningFixture()
        if case .present(var repository) = fixture.observation.repository {
            repository.backups = Self.backups
            fixture.observation.repository = .present(repository)
        }
        let at = Timestamp(microseconds: Timestamp(PlanningFixture.now).microseconds - age * 1_000_000)
        fixture.dcs {
            $0.requests = [TaskRequest(.expire, label: label, at: at, by: "ann@host", modRevision: 44)]
        }
        return fixture
    }

    private func made(_ fixture: PlanningFixture) -> ContainerSpec? {
        for case .docker(_, .createContainer(let spec)) in Backups().propose(fixture.input).backgroundActions.map(
            \.effect)
        where spec.name == "demo-expire" {
            return spec
        }
        return nil
    }

    private func isForgotten(_ fixture: PlanningFixture) -> Bool {
        Backups().propose(fixture.input).backgroundActions.contains {
            $0.effect == .etcd(.deleteKey(key: "/controller/demo/requests/expire", modRevision: 44))
        }
    }

    @Test("refused are a backup that others need, the last full one, and one that is not there")
    func obstacles() {
        let all = Self.backups
        #expect(BackupDeletion.obstacle("20251001-010000F", in: all) == nil)
        #expect(BackupDeletion.obstacle("20251008-010000F_20251010-010000I", in: all) == nil)
        #expect(
            BackupDeletion.obstacle("20251008-010000F_20251009-010000I", in: all)?.contains("cannot be restored")
                == true)
        #expect(BackupDeletion.obstacle("20251008-010000F", in: all)?.contains("and 1 more") == true)
        #expect(BackupDeletion.obstacle("20250101-010000F", in: all)?.hasPrefix("there is no backup") == true)
        #expect(BackupDeletion.obstacle("20251001-010000F", in: [all[0]])?.contains("last full") == true)
        // one with damaged pages does not stand in for it
        var damaged = all[1]
        damaged.hasError = true
        #expect(BackupDeletion.obstacle("20251001-010000F", in: [all[0], damaged]) != nil)
    }

    @Test("a job deletes just this backup, and the request ends when it is gone")
    func job() throws {
        let spec = try #require(made(fixture("20251001-010000F")))
        #expect(
            spec.command == [
                "task", "expire", "--stanza=\(PlanningFixture().cluster.backups.stanza)", "--set=20251001-010000F",
            ])
        #expect(spec.labels.value(of: Label.task) == "expire 20251001-010000F")
        #expect(!isForgotten(fixture("20251001-010000F")))
        #expect(isForgotten(fixture("20250101-010000F")) && made(fixture("20250101-010000F")) == nil)
    }

    @Test("nothing is deleted while a restore is under way, and the request waits")
    func waits() {
        var fixture = fixture("20251001-010000F")
        fixture.dcs { $0.restores = [RestoreRecord(id: "r1", target: .latest, requestedAt: "t0")] }
        #expect(made(fixture) == nil && !isForgotten(fixture))
    }

    @Test("what may not be deleted, and what was asked for long ago, is dropped and not done")
    func dropped() {
        for fixture in [
            fixture("20251008-010000F"), fixture("20251001-010000F", age: 601), fixture("20251001-010000F", age: -61),
        ] {
            #expect(isForgotten(fixture) && made(fixture) == nil)
        }
    }

    @Test("the record is read as it was written, and a deletion of no backup is none")
    func record() throws {
        let request = TaskRequest(.expire, label: "20251001-010000F", at: Timestamp(seconds: 7), by: "ann@host")
        let value = JSONValue.object([
            ("type", .string("incr")), ("at", .integer(7_000_000)), ("by", .string("ann@host")),
            ("label", .string("20251001-010000F")),
        ])
        #expect(request.value == value.text)
        #expect(TaskRequest(key: "expire", value: value, modRevision: 0) == request)
        let none = JSONValue.object([("type", .string("incr")), ("at", .integer(7)), ("by", .string(""))])
        #expect(TaskRequest(key: "expire", value: none, modRevision: 0) == nil)
    }
}
