import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("The disk under the volumes")
struct DiskTests {
    private static let gibibyte = ByteCount.gibibytes(1).bytes

    private func conditions(
        free: Int64, of size: Int64 = 100, _ change: (inout PlanningFixture) -> Void = { _ in }
    ) -> [Condition] {
        var fixture = PlanningFixture()
        fixture.engine.disk = .present(
            DiskView(sizeBytes: size * DiskTests.gibibyte, freeBytes: free * DiskTests.gibibyte))
        change(&fixture)
        return Disk().propose(fixture.input).conditions
    }

    @Test("nothing is said above the first mark; below the second there is another reason")
    func marks() {
        #expect(conditions(free: 15).isEmpty)
        #expect(conditions(free: 14).map(\.reason) == ["Low"])
        #expect(conditions(free: 10).map(\.reason) == ["Low"])
        let critical = conditions(free: 9)
        #expect(critical.map(\.reason) == ["Critical"] && critical.map(\.type) == [.diskSpaceLow])
        #expect(critical[0].message.hasPrefix("9.0 GiB of 100.0 GiB are free"))
    }

    @Test("of a large disk the amount counts, not the share")
    func largeDisk() {
        #expect(conditions(free: 20, of: 1000).isEmpty)
        #expect(conditions(free: 19, of: 1000).map(\.reason) == ["Low"])
        #expect(conditions(free: 9, of: 1000).map(\.reason) == ["Critical"])
    }

    @Test("the manifest's own marks count, and the second one also where it is above the first")
    func ownMarks() {
        #expect(conditions(free: 14) { $0.cluster.disk.warn = .share(percent: 10) }.isEmpty)
        #expect(conditions(free: 49) { $0.cluster.disk.warn = .amount(.gibibytes(50)) }.map(\.reason) == ["Low"])
        #expect(
            conditions(free: 49) { $0.cluster.disk.critical = .amount(.gibibytes(50)) }.map(\.reason) == ["Critical"])
    }

    @Test("unknown free space is told, is no alarm, and is neither low nor enough")
    func unknown() {
        let seen = conditions(free: 1) { $0.engine.disk = .unknown(UnknownReason(.forbidden, "/x: no")) }
        #expect(seen.map(\.status) == [.unknown] && seen.map(\.reason) == ["DiskUnseen"])
        #expect(conditions(free: 1) { $0.engine.disk = .unknown(.notLooked) }.isEmpty)
    }

    @Test("it looks again by itself, because no event tells of a disk, and does nothing else")
    func looksAgain() {
        var fixture = PlanningFixture()
        fixture.engine.disk = .present(DiskView(sizeBytes: 100, freeBytes: 0))
        let proposal = Disk().propose(fixture.input)
        #expect(proposal.lookAgain == .seconds(5))
        fixture.engine.disk = .present(DiskView(sizeBytes: 100, freeBytes: 100))
        #expect(Disk().propose(fixture.input).lookAgain == nil)
        #expect(proposal.actions.isEmpty && proposal.backgroundActions.isEmpty && proposal.waiting.isEmpty)
    }

    @Test("below the second mark the biggest cause is named, with what to do")
    func causes() {
        func message(_ change: (inout PlanningFixture) -> Void) -> String {
            conditions(free: 1, change).first?.message ?? ""
        }
        func archiver(_ fixture: inout PlanningFixture, _ change: (inout ArchiverView) -> Void) {
            guard case .present(var view) = fixture.observation.database else { return }
            view.archiver.expectedWALBytes = DiskTests.gibibyte
            view.archiver.walBytes = 40 * DiskTests.gibibyte
            change(&view.archiver)
            fixture.observation.database = .present(view)
        }
        func backups(_ fixture: inout PlanningFixture, size: Int64, added: Int64) {
            var backup = BackupView(label: "f", type: "full", stoppedAt: 0, size: size * DiskTests.gibibyte)
            backup.repositorySize = added * DiskTests.gibibyte
            fixture.observation.repository = .present(
                RepositoryView(stanza: .ok(systemIdentifier: "1"), backups: [backup, backup]))
        }
        #expect(message { $0.observation.repository = .absent }.contains("`docker system df -v`"))
        let slot = message { fixture in
            archiver(&fixture) {
                $0.oldestSlot = SlotRetention(name: "forgotten", isActive: false, bytes: 39 * DiskTests.gibibyte)
            }
            backups(&fixture, size: 1, added: 1)
        }
        #expect(slot.contains("WAL for replication slot forgotten, 39.0 GiB"))
        #expect(slot.contains("pg_drop_replication_slot('forgotten')"))
        let read = message { fixture in
            archiver(&fixture) {
                $0.oldestSlot = SlotRetention(name: "cdc", isActive: true, bytes: 39 * DiskTests.gibibyte)
            }
        }
        #expect(read.contains("its reader is behind") && !read.contains("pg_drop"))
        #expect(message { archiver(&$0) { $0.isFailing = true } }.contains("WAL that is not archived, 40.0 GiB"))
        let kept = message { fixture in
            archiver(&fixture) { _ in }
            backups(&fixture, size: 1, added: 25)
        }
        #expect(kept.contains("the 2 backups in volume") && kept.contains("50.0 GiB"))
        let data = message { backups(&$0, size: 20, added: 1) }
        #expect(data.contains("the databases, once on each of 3 nodes, 60.0 GiB"))
        #expect(message { backups(&$0, size: 1, added: 1) }.contains("the cluster takes little of it"))
        // backups in object storage, and volumes on a disk of their own, take no room on this one
        let elsewhere = message { fixture in
            backups(&fixture, size: 20, added: 25)
            for place in fixture.engine.volumes.indices { fixture.engine.volumes[place].isOnEngineDisk = false }
        }
        #expect(elsewhere.contains("`docker system df -v`"))
    }
}
