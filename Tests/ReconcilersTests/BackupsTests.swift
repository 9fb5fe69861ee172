import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

@Suite("Backups, their proofs and what is kept of them")
struct BackupsTests {
    private static let now = Timestamp(Scenery.now)

    private func time(_ secondsAgo: Int64) -> String {
        Moment.text(wallMilliseconds: Scenery.now.wallMilliseconds - secondsAgo * 1000)
    }

    /// A task's container that ended so long ago.
    private func ended(
        _ kind: TaskKind, code: Int, result: JSONValue?, secondsAgo: Int64 = 1, identity: String = "an older one",
        in scenery: inout Scenery
    ) {
        let name = kind.container(of: "demo")
        var view = ContainerView(
            id: ContainerID("id-\(name)"), name: name, image: scenery.cluster.nodes.image,
            labels: [
                LabelValue(Label.cluster, "demo"), LabelValue(Label.component, Component.task.rawValue),
                LabelValue(Label.name, name.text), LabelValue(Label.task, identity),
            ],
            state: .exited(
                Exit(code: code, startedAt: time(secondsAgo + 5), finishedAt: time(secondsAgo))))
        view.result = result.map { .present($0) } ?? .absent
        scenery.engine.containers.removeAll { $0.name == name }
        scenery.engine.containers.append(view)
    }

    private func chores(_ scenery: Scenery) -> [Effect] { Backups().propose(scenery.scene).chores.map(\.effect) }

    private func condition(_ type: ConditionType, _ scenery: Scenery) -> Condition? {
        Backups().propose(scenery.scene).conditions.first { $0.type == type }
    }

    @Test("how a drill ended is kept once, and outlives its container")
    func keepsHistory() throws {
        var scenery = Scenery()
        ended(.drill, code: 0, result: .object([("seconds", .integer(3))]), in: &scenery)
        guard case .etcd(.putIfAbsent(let key, let value))? = chores(scenery).first else {
            return #expect(Bool(false), "nothing is kept: \(chores(scenery))")
        }
        let id = String(key.dropFirst(CheckRecord.prefix(of: "demo").count))
        let json = JSONValue.object([("passed", .bool(true)), ("result", .object([("seconds", .integer(3))]))])
        #expect(value == json.text)
        let record = try #require(CheckRecord(id: id, value: json, modRevision: 9))
        scenery.dcs { $0.checks = [record] }
        #expect(chores(scenery).isEmpty)
        scenery.engine.containers.removeAll { $0.name == "demo-drill" }
        #expect(condition(.restoreProven, scenery)?.status == .true)
    }

    @Test("what a task has not said yet is not kept")
    func waitsForTheResult() {
        var scenery = Scenery()
        ended(.drill, code: 0, result: nil, in: &scenery)
        scenery.change("demo-drill") { $0.result = .unknown(Blindness(.notLooked)) }
        #expect(chores(scenery).isEmpty)
    }

    @Test("of the old records the newest that passed stays, whatever came after it")
    func keepsTheProof() {
        var scenery = Scenery()
        let records = (0..<30).map { index in
            CheckRecord(
                .drill, endedAt: Timestamp(seconds: Int64(index) * 100), passed: index == 3, result: .object([]),
                modRevision: Int64(index))
        }
        scenery.dcs { $0.checks = records }
        let gone = chores(scenery).compactMap { effect in
            if case .etcd(.deleteKey(_, let revision)) = effect { revision } else { nil }
        }
        #expect(gone.sorted() == [0, 1, 2, 4, 5, 6, 7, 8, 9])
    }

    @Test("a full repository is said so, and nothing is removed for it")
    func fullRepository() {
        var scenery = Scenery()
        ended(
            .backup, code: 41,
            result: .object([("error", .string("[041]: unable to write: [28] No space left on device"))]), in: &scenery)
        #expect(condition(.backupFailed, scenery)?.reason == "RepositoryFull")
        ended(.backup, code: 57, result: .object([("error", .string("[057]: whatever"))]), in: &scenery)
        #expect(condition(.backupFailed, scenery)?.reason == "Failing")
        #expect(condition(.backupFailed, scenery)?.message.contains("[057]: whatever") == true)
    }

    @Test("a job that failed is tried again soon at first, every minute later", arguments: [(20, 11), (3600, 61)])
    func triesAgain(dueSecondsAgo: Int64, pause: Int64) {
        var scenery = Scenery()
        // scheduled ones come with the calendar; only the request is to count here
        scenery.cluster.backups.schedules.full = nil
        scenery.cluster.backups.schedules.incremental = nil
        let asked = Timestamp(microseconds: BackupsTests.now.microseconds - dueSecondsAgo * 1_000_000)
        guard case .present(var repository) = scenery.observation.repository else { return }
        repository.backups[0].startedAt = asked.microseconds / 1_000_000 - 50
        repository.backups[0].stoppedAt = repository.backups[0].startedAt + 10
        scenery.observation.repository = .present(repository)
        scenery.dcs { $0.requests = [TaskRequest(.backup, type: .full, at: asked, modRevision: 4)] }
        let identity = "full \(asked.brief)"
        ended(.backup, code: 101, result: nil, secondsAgo: pause - 2, identity: identity, in: &scenery)
        #expect(chores(scenery).isEmpty)
        ended(.backup, code: 101, result: nil, secondsAgo: pause, identity: identity, in: &scenery)
        #expect(chores(scenery) == [.docker(.local, .remove("id-demo-backup"))])
        // and the cluster is as wanted meanwhile
        #expect(Backups().propose(scenery.scene).actions.isEmpty)
        #expect(Backups().propose(scenery.scene).waiting.isEmpty)
    }

    @Test("another cluster's stanza is told of, with the way out, and left alone")
    func leavesForeignStanza() {
        var scenery = Scenery()
        scenery.observation.repository = .present(RepositoryView(stanza: .ok(systemIdentifier: "other")))
        #expect(condition(.backupAvailable, scenery)?.reason == "OtherSystemIdentifier")
        #expect(condition(.backupAvailable, scenery)?.message.contains("another `backups.stanza`") == true)
        #expect(Backups().propose(scenery.scene).actions.isEmpty)
        #expect(chores(scenery).isEmpty)
    }

    @Test("what the repository holds is remembered once, and again when there is a newer backup")
    func remembers() {
        var scenery = Scenery()
        func kept() -> [Effect] {
            chores(scenery).filter { if case .etcd = $0 { true } else { false } }
        }
        let key = RepositoryRecord.key(of: "demo")
        scenery.dcs { $0.repository = nil }
        var record = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F")
        #expect(kept() == [.etcd(.putIfAbsent(key: key, value: record.value))])
        record.modRevision = 7
        scenery.dcs { $0.repository = record }
        #expect(kept().isEmpty)
        let value = JSONValue.object([("stanza", .string("pg-ha")), ("newest", .string("20251009-084500F"))])
        #expect(value.text == record.value)
        #expect(RepositoryRecord(value, modRevision: 7) == record)
        scenery.observation.repository = .present(
            RepositoryView(
                stanza: .ok(systemIdentifier: Scenery.system),
                backups: [BackupView(label: "20251010-000000F", type: "full", stoppedAt: 1_760_000_000, size: 1)]))
        record.newest = "20251010-000000F"
        #expect(kept() == [.etcd(.replaceKey(key: key, value: record.value, modRevision: 7))])
    }

    private static let emptied: [Sighting<RepositoryView>] = [
        .absent, .present(RepositoryView(stanza: .missing)),
        .present(RepositoryView(stanza: .ok(systemIdentifier: Scenery.system))),
    ]

    @Test("a repository that held backups and is empty is an alarm, and nothing is begun in it", arguments: emptied)
    func lost(seen: Sighting<RepositoryView>) {
        var scenery = Scenery()
        scenery.observation.repository = seen
        scenery.dcs { $0.repository = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F", modRevision: 7) }
        let proposal = Backups().propose(scenery.scene)
        #expect(proposal.actions.isEmpty)
        let noted = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F", lostAt: BackupsTests.now)
        #expect(
            proposal.chores.map(\.effect) == [
                .etcd(.replaceKey(key: RepositoryRecord.key(of: "demo"), value: noted.value, modRevision: 7))
            ])
        #expect(condition(.repositoryLost, scenery)?.status == .true)
        #expect(condition(.repositoryLost, scenery)?.message.contains("20251009-084500F") == true)
        #expect(condition(.repositoryLost, scenery)?.message.contains("backup --type full") == true)
        #expect(condition(.backupAvailable, scenery)?.reason == "RepositoryLost")
        // and without a primary it is told, too
        scenery.observation.database = .absent
        #expect(condition(.repositoryLost, scenery)?.status == .true)
        #expect(condition(.backupAvailable, scenery)?.status != .true)
    }

    @Test("only a full backup that is asked for after the loss was seen begins a new repository", arguments: emptied)
    func givenUp(seen: Sighting<RepositoryView>) {
        var scenery = Scenery()
        scenery.observation.repository = seen
        let lostAt = Timestamp(microseconds: BackupsTests.now.microseconds - 60_000_000)
        func begins(_ type: BackupType, secondsAfter seconds: Int64, _ kind: TaskRequest.Kind = .backup) -> Bool {
            let at = Timestamp(microseconds: lostAt.microseconds + seconds * 1_000_000)
            scenery.dcs {
                $0.repository = RepositoryRecord(
                    stanza: "pg-ha", newest: "20251009-084500F", lostAt: lostAt, modRevision: 7)
                $0.requests = [TaskRequest(kind, type: type, at: at, modRevision: 4)]
            }
            return !Backups().propose(scenery.scene).actions.isEmpty
        }
        #expect(!begins(.full, secondsAfter: -1))
        #expect(!begins(.incremental, secondsAfter: 5))
        #expect(!begins(.full, secondsAfter: 5, .verify))
        #expect(begins(.full, secondsAfter: 5))
        #expect(condition(.repositoryLost, scenery)?.status == .true)
        scenery.dcs { $0.repository?.lostAt = nil }
        #expect(Backups().propose(scenery.scene).actions.isEmpty)
    }

    @Test("what is not seen is not lost; nothing is begun while etcd, which remembers, is not seen")
    func unseenIsNotLost() {
        var scenery = Scenery()
        scenery.dcs { $0.repository = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F", modRevision: 7) }
        scenery.observation.repository = .unknown(Blindness(.unreachable, "nobody looks"))
        #expect(condition(.repositoryLost, scenery) == nil)
        #expect(condition(.backupAvailable, scenery)?.status == .unknown)
        scenery.observation.repository = .present(RepositoryView(stanza: .missing))
        scenery.observation.dcs = .unknown(Blindness(.unreachable, "no quorum"))
        #expect(condition(.repositoryLost, scenery) == nil)
        #expect(Backups().propose(scenery.scene).actions.isEmpty)
    }

    @Test("a volume that is put back ends the alarm; another stanza in the manifest was never lost")
    func comesBack() {
        var scenery = Scenery()
        scenery.dcs {
            $0.repository = RepositoryRecord(
                stanza: "pg-ha", newest: "20251009-084500F", lostAt: BackupsTests.now, modRevision: 7)
        }
        #expect(condition(.repositoryLost, scenery) == nil)
        #expect(condition(.backupAvailable, scenery)?.status == .true)
        let back = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F")
        let effect = Effect.etcd(
            .replaceKey(key: RepositoryRecord.key(of: "demo"), value: back.value, modRevision: 7))
        #expect(chores(scenery).contains(effect))
        scenery.cluster.backups.stanza = "anew"
        scenery.observation.repository = .present(RepositoryView(stanza: .missing))
        #expect(condition(.repositoryLost, scenery) == nil)
        #expect(!Backups().propose(scenery.scene).actions.isEmpty)
    }

    @Test("a new repository begins with the stanza, then a full backup, and meanwhile nothing is promised")
    func beginsAnew() {
        var scenery = Scenery()
        scenery.dcs { $0.repository = nil }
        scenery.observation.repository = .present(RepositoryView(stanza: .missing))
        #expect(condition(.backupAvailable, scenery)?.reason == "NoBackup")
        #expect(
            Backups().propose(scenery.scene).actions.map(\.effect) == [
                .docker(
                    .local, .run("id-pg-node-1", arguments: ["pgbackrest", "--stanza=pg-ha", "stanza-create"]))
            ])
        scenery.observation.repository = .present(RepositoryView(stanza: .ok(systemIdentifier: Scenery.system)))
        #expect(condition(.backupAvailable, scenery)?.reason == "NoBackup")
        #expect(
            Backups().propose(scenery.scene).actions.map(\.effect) == [
                .docker(
                    .local,
                    .run("id-pg-node-1", arguments: ["pgbackrest", "--stanza=pg-ha", "--type=full", "backup"]))
            ])
    }

    @Test("archiving is looked at every half minute, because no event tells of it")
    func looksAgain() {
        var scenery = Scenery()
        #expect(Backups().propose(scenery.scene).lookAgain ?? .seconds(999) <= .seconds(30))
        if case .present(var database) = scenery.observation.database {
            database.archiver.isFailing = true
            scenery.observation.database = .present(database)
        }
        #expect(Backups().propose(scenery.scene).lookAgain ?? .seconds(999) <= .seconds(5))
        #expect(condition(.archiving, scenery)?.status == .false)
    }

    @Test("WAL that piles up names the slot that holds it back, and how far that can go")
    func namesTheSlot() {
        func told(_ change: (inout ArchiverView) -> Void) -> String? {
            var scenery = Scenery()
            guard case .present(var database) = scenery.observation.database else { return nil }
            database.archiver.expectedWALBytes = 1 << 30
            database.archiver.slotLimitBytes = 4 << 30
            database.archiver.oldestSlot = SlotHold(name: "forgotten", isActive: false, bytes: 3 << 30)
            change(&database.archiver)
            scenery.observation.database = .present(database)
            return condition(.walGrowing, scenery)?.message
        }
        #expect(told { $0.walBytes = 2 << 30 } == nil)
        let idle = told { $0.walBytes = 3 << 30 }
        #expect(idle?.contains("slot forgotten needs 3GiB of it, and nobody reads from it") == true)
        #expect(idle?.contains("at most 4GiB (max_slot_wal_keep_size)") == true)
        let behind = told {
            $0.walBytes = 3 << 30
            $0.oldestSlot?.isActive = true
            $0.slotLimitBytes = nil
        }
        #expect(behind?.contains("whoever reads from it is behind") == true)
        #expect(behind?.contains("any amount") == true)
        #expect(
            told {
                $0.walBytes = 3 << 30
                $0.oldestSlot = nil
            }?.contains("much is being written") == true)
    }

    @Test("a backup that is due waits while archiving fails, and says so; checks go on")
    func waitsForTheArchive() {
        var scenery = Scenery()
        let asked = Timestamp(microseconds: BackupsTests.now.microseconds + 2_000_000)
        scenery.dcs { $0.requests = [TaskRequest(.backup, type: .full, at: asked, modRevision: 4)] }
        #expect(chores(scenery).count == 1)
        if case .present(var database) = scenery.observation.database {
            database.archiver.isFailing = true
            database.archiver.failure = "[041]: unable to write: [28] No space left on device"
            scenery.observation.database = .present(database)
        }
        #expect(chores(scenery).isEmpty)
        #expect(condition(.backupFailed, scenery)?.reason == "ArchivingFails")
        #expect(condition(.archiving, scenery)?.reason == "RepositoryFull")
        scenery.dcs { $0.requests.append(TaskRequest(.drill, at: asked, modRevision: 5)) }
        #expect(chores(scenery).count == 1)
    }

    @Test("retention is by number or by days, per type", arguments: BackupSettings.RetentionUnit.allCases)
    func retention(unit: BackupSettings.RetentionUnit) {
        var scenery = Scenery()
        scenery.cluster.backups.retention = unit
        scenery.cluster.backups.retainFull = 12
        scenery.cluster.backups.retainIncremental = 5
        let text = PgBackRestFile.backup(scenery.cluster).map { $0.content.filled { _ in "" } }.joined()
        #expect(text.contains("repo1-retention-full-type=\(unit.rawValue)"))
        #expect(text.contains("repo1-retention-full=12"))
        #expect(text.contains("repo1-retention-diff=5"))
    }

    /// A cluster whose repository lies in S3, encrypted.
    private var stored: Scenery {
        var scenery = Scenery()
        scenery.cluster.backups.s3 = ObjectStore(
            bucket: "b", endpoint: "s3.test", keyFile: "k", keySecretFile: "s")
        scenery.cluster.backups.encryption.cipher = .aes
        return scenery
    }

    @Test("what opens a repository in S3 is a hole in the file, and no volume is mounted")
    func storage() {
        let scenery = stored
        let spec = NodeSpec.container("pg-node-1", at: Site(scenery.scene)!)
        let file = spec.files.first { $0.path == PgBackRestFile.path }
        let secrets = file?.content.segments.compactMap { if case .secret(let name) = $0 { name.text } else { nil } }
        #expect(secrets == ["repository-key", "repository-key-secret", "repository-passphrase"])
        #expect(spec.settings.mounts.map(\.destination) == [NodeSpec.dataMount])
        #expect(!Volumes.wanted(at: Site(scenery.scene)!).contains { $0.component == .repository })
    }

    @Test("while no node runs, a container looks into it; a node that runs makes that look worthless")
    func looks() {
        var scenery = stored
        scenery.observation.repository = .unknown(Blindness(.unreachable, "nobody looks"))
        for node in scenery.cluster.nodeNames { scenery.stop(ContainerName(node.text), data: .empty) }
        scenery.observation.database = .absent
        let made = scenery.effects(Backups()).compactMap {
            if case .docker(_, .createContainer(let spec)) = $0 { spec } else { nil }
        }
        #expect(made.first?.command == ["task", "look", "--stanza=pg-ha"])
        #expect(condition(.backupAvailable, scenery)?.reason == "RepositoryUnseen")
        var running = stored
        ended(.look, code: 0, result: .object([]), identity: "look into pg-ha", in: &running)
        #expect(chores(running).contains(.docker(.local, .remove("id-demo-look"))))
    }

    @Test("a history in the archive of a timeline that the primary is not on is named, with the way out")
    func namesStrayHistories() {
        var scenery = Scenery()
        #expect(!scenery.conditions.contains { $0.type == .strayTimeline })
        scenery.database { $0.archiver.strayHistories = ["00000002.history"] }
        let condition = scenery.conditions.first { $0.type == .strayTimeline }
        #expect(condition?.status == .true)
        #expect(condition?.message.contains("00000002.history, and pg-node-1 is on timeline 1") == true)
        #expect(condition?.message.contains("delete it") == true)
    }
}
