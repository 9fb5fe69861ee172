import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("Restores")
struct RecoveryTests {
    private func starts(_ fixture: PlanningFixture) -> [ContainerID] {
        fixture.actions.compactMap { if case .docker(_, .start(let id)) = $0.effect { id } else { nil } }
    }

    /// A cluster that is to be founded on a backup, its nodes made and its etcd empty.
    private var unfounded: PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.recovery = Recovery(
            source: RecoverySource(volume: "other-repo", stanza: "other"), target: .latest)
        fixture.engine.volumes.append(VolumeView(name: "other-repo", labels: [LabelValue(Label.cluster, "other")]))
        for node in fixture.cluster.nodeNames { fixture.stop(ContainerName(node.text), data: .empty) }
        fixture.observation.dcs = .present(DCSView(revision: 1))
        fixture.observation.repository = .absent
        return fixture
    }

    private func task(_ fixture: PlanningFixture) -> ContainerSpec? {
        fixture.actions.compactMap {
            if case .docker(_, .createContainer(let spec)) = $0.effect, spec.component == .task { spec } else { nil }
        }.first
    }

    @Test("found a cluster: no node starts before the data is there; the source is only read")
    func founds() throws {
        let fixture = unfounded
        let spec = try #require(task(fixture))
        #expect(!starts(fixture).contains { $0.text.hasPrefix("id-pg-node") })
        #expect(spec.settings.mounts.first { $0.volume == "other-repo" }?.isWritable == false)
        #expect(spec.settings.mounts.first { $0.volume == "pg-node-1-data" }?.isWritable == true)
        var half = fixture
        half.change("pg-node-1") { $0.data = .present(.incomplete) }
        #expect(!starts(half).contains { $0.text.hasPrefix("id-pg-node") })
        var whole = fixture
        whole.change("pg-node-1") { $0.data = .present(PlanningFixture.data()) }
        #expect(
            whole.effects(Bootstrap()).contains(
                .etcd(.putIfAbsent(key: "/service/demo/initialize", value: PlanningFixture.system))))
    }

    @Test("found nothing where the repository's volume is not there, and make none in its place")
    func missesSource() {
        var fixture = unfounded
        fixture.engine.volumes.removeAll { $0.name == "other-repo" }
        #expect(task(fixture) == nil)
        #expect(fixture.conditions.contains { $0.type == .restoreFailed && $0.reason == "NoRepository" })
    }

    /// A healthy cluster that somebody wants turned back.
    private func asked(_ stage: RestoreRecord.Stage) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.dcs {
            $0.restores = [RestoreRecord(id: "r1", target: .latest, stage: stage, requestedAt: "t", modRevision: 3)]
        }
        return fixture
    }

    private func addVolume(_ node: String, to fixture: inout PlanningFixture) {
        fixture.engine.volumes.append(
            VolumeView(
                name: VolumeName("\(node)-data-2"),
                labels: [
                    LabelValue(Label.cluster, "demo"), LabelValue(Label.generation, "2"), LabelValue(Label.name, node),
                    LabelValue(Label.restore, "r1"),
                ]))
    }

    @Test("in place, the data is restored beside the cluster, which is left alone meanwhile")
    func restoresBeside() throws {
        var fixture = asked(.requested)
        #expect(
            fixture.effects(Recoveries()).contains {
                if case .docker(_, .createVolume(let spec)) = $0 { spec.name == "pg-node-1-data-2" } else { false }
            })
        addVolume("pg-node-1", to: &fixture)
        let spec = try #require(task(fixture))
        #expect(spec.settings.mounts.contains { $0.volume == "pg-node-1-data-2" && $0.isWritable })
        // the volume that is being filled is nobody's yet
        #expect(
            NodeSpec.container("pg-node-1", at: EngineScope(fixture.input)!).settings.mounts.contains {
                $0.volume == "pg-node-1-data"
            })
        #expect(!fixture.actions.contains { $0.effect.isDisruptive })
    }

    @Test(
        "in place, no volume is made without room for a copy on each node; unknown room changes nothing",
        arguments: [130, 129, nil])
    func room(free: Int64?) {
        var fixture = asked(.requested)
        fixture.engine.disk =
            free.map { .present(DiskView(sizeBytes: 1000, freeBytes: $0)) } ?? .unknown(.notLooked)
        fixture.observation.repository = .present(
            RepositoryView(
                stanza: .ok(systemIdentifier: PlanningFixture.system),
                backups: [BackupView(label: "f", type: "full", stoppedAt: 1, size: 10)]))
        let proposal = Recoveries().propose(fixture.input)
        #expect(proposal.actions.isEmpty == (free == 129))
        #expect(proposal.conditions.contains { $0.reason == "NoRoom" } == (free == 129))
        #expect(proposal.waiting.contains { $0.hasPrefix("room for the restore to ") } == (free == 129))
        // a restore that has begun goes on: what it has written is no longer free
        addVolume("pg-node-1", to: &fixture)
        #expect(task(fixture) != nil)
    }

    @Test("in place, replicas stop before the primary, and nothing is turned over while one runs")
    func stopsInOrder() {
        var fixture = asked(.switching)
        addVolume("pg-node-1", to: &fixture)
        #expect(fixture.effects(Recoveries()) == [.docker(.local, .kill("id-pg-node-2"))])
        fixture.stop("pg-node-2")
        fixture.stop("pg-node-3")
        #expect(fixture.effects(Recoveries()) == [.docker(.local, .stop("id-pg-node-1"))])
        #expect(starts(fixture).isEmpty)
    }

    @Test("a moment is refused before anything is archived only where more WAL cannot reach it")
    func window() throws {
        let oldest: Int64 = 1_760_000_000
        let newest = Timestamp(seconds: oldest + 60)
        let backups = [BackupView(label: "20251009-084500F", type: "full", stoppedAt: oldest, size: 1)]
        var fixture = PlanningFixture()
        fixture.observation.repository = .present(
            RepositoryView(stanza: .ok(systemIdentifier: PlanningFixture.system), backups: backups))
        if case .present(var database) = fixture.observation.database {
            database.archiver.lastArchivedAt = newest
            fixture.observation.database = .present(database)
        }
        let window = try #require(RecoverableWindow(fixture.observation))
        func problems(_ seconds: Int64, backup: String? = nil) -> (lasting: Bool, now: Bool) {
            let recovery = Recovery(target: .time(Timestamp(seconds: oldest + seconds)), backup: backup)
            return (
                window.lastingProblem(with: recovery, backups: backups) != nil,
                window.problem(with: recovery, backups: backups) != nil
            )
        }
        #expect(problems(-1) == (true, true))
        #expect(problems(30) == (false, false))
        #expect(problems(61) == (false, true))
        #expect(problems(30, backup: "20250101-000000F") == (true, true))
    }
}
