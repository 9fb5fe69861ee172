import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("Backups, their proofs and what is kept of them")
struct BackupsTests {
    private static let now = Timestamp(PlanningFixture.now)

    private func time(_ secondsAgo: Int64) -> String {
        Moment.text(wallMilliseconds: PlanningFixture.now.wallMilliseconds - secondsAgo * 1000)
    }

    /// A task's container that ended so long ago.
    private func ended(
        _ kind: TaskKind, code: Int, result: JSONValue?, secondsAgo: Int64 = 1, identity: String = "an older one",
        in fixture: inout PlanningFixture
    ) {
        let name = kind.container(of: "demo")
        var view = ContainerView(
            id: ContainerID("id-\(name)"), name: name, image: fixture.cluster.nodes.image,
            labels: [
                LabelValue(Label.cluster, "demo"), LabelValue(Label.component, Component.task.rawValue),
                LabelValue(Label.name, name.text), LabelValue(Label.task, identity),
            ],
            state: .exited(
                Exit(code: code, startedAt: time(secondsAgo + 5), finishedAt: time(secondsAgo))))
        view.result = result.map { .present($0) } ?? .absent
        fixture.engine.containers.removeAll { $0.name == name }
        fixture.engine.containers.append(view)
    }

    private func backgroundActions(_ fixture: PlanningFixture) -> [Effect] {
        Backups().propose(fixture.input).backgroundActions.map(\.effect)
    }

    private func condition(_ type: ConditionType, _ fixture: PlanningFixture) -> Condition? {
        Backups().propose(fixture.input).conditions.first { $0.type == type }
    }

    @Test("how a drill ended is kept once, and outlives its container")
    func keepsHistory() throws {
        var fixture = PlanningFixture()
        ended(.drill, code: 0, result: .object([("seconds", .integer(3))]), in: &fixture)
        guard case .etcd(.putIfAbsent(let key, let value))? = backgroundActions(fixture).first else {
            return #expect(Bool(false), "nothing is kept: \(backgroundActions(fixture))")
        }
        let id = String(key.dropFirst(CheckRecord.prefix(of: "demo").count))
        let json = JSONValue.object([("passed", .bool(true)), ("result", .object([("seconds", .integer(3))]))])
        #expect(value == json.text)
        let record = try #require(CheckRecord(id: id, value: json, modRevision: 9))
        fixture.dcs { $0.checks = [record] }
        #expect(backgroundActions(fixture).isEmpty)
        fixture.engine.containers.removeAll { $0.name == "demo-drill" }
        #expect(condition(.restoreProven, fixture)?.status == .true)
    }

    @Test("what a task has not said yet is not kept")
    func waitsForTheResult() {
        var fixture = PlanningFixture()
        ended(.drill, code: 0, result: nil, in: &fixture)
        fixture.change("demo-drill") { $0.result = .unknown(UnknownReason(.notLooked)) }
        #expect(backgroundActions(fixture).isEmpty)
    }

    @Test("of the old records the newest that passed stays, whatever came after it")
    func keepsTheProof() {
        var fixture = PlanningFixture()
        let records = (0..<30).map { index in
            CheckRecord(
                .drill, endedAt: Timestamp(seconds: Int64(index) * 100), passed: index == 3, result: .object([]),
                modRevision: Int64(index))
        }
        fixture.dcs { $0.checks = records }
        let gone = backgroundActions(fixture).compactMap { effect in
            if case .etcd(.deleteKey(_, let revision)) = effect { revision } else { nil }
        }
        #expect(gone.sorted() == [0, 1, 2, 4, 5, 6, 7, 8, 9])
    }

    @Test("a full repository is said so, and nothing is removed for it")
    func fullRepository() {
        var fixture = PlanningFixture()
        ended(
            .backup, code: 41,
            result: .object([("error", .string("[041]: unable to write: [28] No space left on device"))]), in: &fixture)
        #expect(condition(.backupFailed, fixture)?.reason == "RepositoryFull")
        ended(.backup, code: 57, result: .object([("error", .string("[057]: whatever"))]), in: &fixture)
        #expect(condition(.backupFailed, fixture)?.reason == "Failing")
        #expect(condition(.backupFailed, fixture)?.message.contains("[057]: whatever") == true)
    }

    @Test("a job that failed is tried again soon at first, every minute later", arguments: [(20, 11), (3600, 61)])
    func triesAgain(dueSecondsAgo: Int64, pause: Int64) {
        var fixture = PlanningFixture()
        // scheduled ones come with the calendar; only the request is to count here
        fixture.cluster.backups.schedules.full = nil
        fixture.cluster.backups.schedules.incremental = nil
        let asked = Timestamp(microseconds: BackupsTests.now.microseconds - dueSecondsAgo * 1_000_000)
        guard case .present(var repository) = fixture.observation.repository else { return }
        repository.backups[0].startedAt = asked.microseconds / 1_000_000 - 50
        repository.backups[0].stoppedAt = repository.backups[0].startedAt + 10
        fixture.observation.repository = .present(repository)
        fixture.dcs { $0.requests = [TaskRequest(.backup, type: .full, at: asked, modRevision: 4)] }
        let identity = "full \(asked.brief)"
        ended(.backup, code: 101, result: nil, secondsAgo: pause - 2, identity: identity, in: &fixture)
        #expect(backgroundActions(fixture).isEmpty)
        ended(.backup, code: 101, result: nil, secondsAgo: pause, identity: identity, in: &fixture)
        #expect(backgroundActions(fixture) == [.docker(.local, .remove("id-demo-backup"))])
        // and the cluster is as wanted meanwhile
        #expect(Backups().propose(fixture.input).actions.isEmpty)
        #expect(Backups().propose(fixture.input).waiting.isEmpty)
    }

    @Test("another cluster's stanza is told of, with the way out, and left alone")
    func leavesForeignStanza() {
        var fixture = PlanningFixture()
        fixture.observation.repository = .present(RepositoryView(stanza: .ok(systemIdentifier: "other")))
        #expect(condition(.backupAvailable, fixture)?.reason == "OtherSystemIdentifier")
        #expect(condition(.backupAvailable, fixture)?.message.contains("another `backups.stanza`") == true)
        #expect(Backups().propose(fixture.input).actions.isEmpty)
        #expect(backgroundActions(fixture).isEmpty)
    }

    @Test("what the repository holds is remembered once, and again when there is a newer backup")
    func remembers() {
        var fixture = PlanningFixture()
        func kept() -> [Effect] {
            backgroundActions(fixture).filter { if case .etcd = $0 { true } else { false } }
        }
        let key = RepositoryRecord.key(of: "demo")
        fixture.dcs { $0.repository = nil }
        var record = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F")
        #expect(kept() == [.etcd(.putIfAbsent(key: key, value: record.value))])
        record.modRevision = 7
        fixture.dcs { $0.repository = record }
        #expect(kept().isEmpty)
        let value = JSONValue.object([("stanza", .string("pg-ha")), ("newest", .string("20251009-084500F"))])
        #expect(value.text == record.value)
        #expect(RepositoryRecord(value, modRevision: 7) == record)
        fixture.observation.repository = .present(
            RepositoryView(
                stanza: .ok(systemIdentifier: PlanningFixture.system),
                backups: [BackupView(label: "20251010-000000F", type: "full", stoppedAt: 1_760_000_000, size: 1)]))
        record.newest = "20251010-000000F"
        #expect(kept() == [.etcd(.replaceKey(key: key, value: record.value, modRevision: 7))])
    }

    private static let emptied: [Sighting<RepositoryView>] = [
        .absent, .present(RepositoryView(stanza: .missing)),
        .present(RepositoryView(stanza: .ok(systemIdentifier: PlanningFixture.system))),
    ]

    @Test("a repository that held backups and is empty is an alarm, and nothing is begun in it", arguments: emptied)
    func lost(seen: Sighting<RepositoryView>) {
        var fixture = PlanningFixture()
        fixture.observation.repository = seen
        fixture.dcs { $0.repository = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F", modRevision: 7) }
        let proposal = Backups().propose(fixture.input)
        #expect(proposal.actions.isEmpty)
        let noted = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F", lostAt: BackupsTests.now)
        #expect(
            proposal.backgroundActions.map(\.effect) == [
                .etcd(.replaceKey(key: RepositoryRecord.key(of: "demo"), value: noted.value, modRevision: 7))
            ])
        #expect(condition(.repositoryLost, fixture)?.status == .true)
        #expect(condition(.repositoryLost, fixture)?.message.contains("20251009-084500F") == true)
        #expect(condition(.repositoryLost, fixture)?.message.contains("backup --type full") == true)
        #expect(condition(.backupAvailable, fixture)?.reason == "RepositoryLost")
        // and without a primary it is told, too
        fixture.observation.database = .absent
        #expect(condition(.repositoryLost, fixture)?.status == .true)
        #expect(condition(.backupAvailable, fixture)?.status != .true)
    }

    @Test("only a full backup that is asked for after the loss was seen begins a new repository", arguments: emptied)
    func givenUp(seen: Sighting<RepositoryView>) {
        var fixture = PlanningFixture()
        fixture.observation.repository = seen
        let lostAt = Timestamp(microseconds: BackupsTests.now.microseconds - 60_000_000)
        func begins(_ type: BackupType, secondsAfter seconds: Int64, _ kind: TaskRequest.Kind = .backup) -> Bool {
            let at = Timestamp(microseconds: lostAt.microseconds + seconds * 1_000_000)
            fixture.dcs {
                $0.repository = RepositoryRecord(
                    stanza: "pg-ha", newest: "20251009-084500F", lostAt: lostAt, modRevision: 7)
                $0.requests = [TaskRequest(kind, type: type, at: at, modRevision: 4)]
            }
            return !Backups().propose(fixture.input).actions.isEmpty
        }
        #expect(!begins(.full, secondsAfter: -1))
        #expect(!begins(.incremental, secondsAfter: 5))
        #expect(!begins(.full, secondsAfter: 5, .verify))
        #expect(begins(.full, secondsAfter: 5))
        #expect(condition(.repositoryLost, fixture)?.status == .true)
        fixture.dcs { $0.repository?.lostAt = nil }
        #expect(Backups().propose(fixture.input).actions.isEmpty)
    }

    @Test("what is not seen is not lost; nothing is begun while etcd, which remembers, is not seen")
    func unseenIsNotLost() {
        var fixture = PlanningFixture()
        fixture.dcs { $0.repository = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F", modRevision: 7) }
        fixture.observation.repository = .unknown(UnknownReason(.unreachable, "nobody looks"))
        #expect(condition(.repositoryLost, fixture) == nil)
        #expect(condition(.backupAvailable, fixture)?.status == .unknown)
        fixture.observation.repository = .present(RepositoryView(stanza: .missing))
        fixture.observation.dcs = .unknown(UnknownReason(.unreachable, "no quorum"))
        #expect(condition(.repositoryLost, fixture) == nil)
        #expect(Backups().propose(fixture.input).actions.isEmpty)
    }

    @Test("a volume that is put back ends the alarm; another stanza in the manifest was never lost")
    func comesBack() {
        var fixture = PlanningFixture()
        fixture.dcs {
            $0.repository = RepositoryRecord(
                stanza: "pg-ha", newest: "20251009-084500F", lostAt: BackupsTests.now, modRevision: 7)
        }
        #expect(condition(.repositoryLost, fixture) == nil)
        #expect(condition(.backupAvailable, fixture)?.status == .true)
        let back = RepositoryRecord(stanza: "pg-ha", newest: "20251009-084500F")
        let effect = Effect.etcd(
            .replaceKey(key: RepositoryRecord.key(of: "demo"), value: back.value, modRevision: 7))
        #expect(backgroundActions(fixture).contains(effect))
        fixture.cluster.backups.stanza = "anew"
        fixture.observation.repository = .present(RepositoryView(stanza: .missing))
        #expect(condition(.repositoryLost, fixture) == nil)
        #expect(!Backups().propose(fixture.input).actions.isEmpty)
    }

    @Test("a new repository begins with the stanza, then a full backup, and meanwhile nothing is promised")
    func beginsAnew() {
        var fixture = PlanningFixture()
        fixture.dcs { $0.repository = nil }
        fixture.observation.repository = .present(RepositoryView(stanza: .missing))
        #expect(condition(.backupAvailable, fixture)?.reason == "NoBackup")
        #expect(
            Backups().propose(fixture.input).actions.map(\.effect) == [
                .docker(
                    .local, .run("id-pg-node-1", arguments: ["pgbackrest", "--stanza=pg-ha", "stanza-create"]))
            ])
        fixture.observation.repository = .present(RepositoryView(stanza: .ok(systemIdentifier: PlanningFixture.system)))
        #expect(condition(.backupAvailable, fixture)?.reason == "NoBackup")
        #expect(
            Backups().propose(fixture.input).actions.map(\.effect) == [
                .docker(
                    .local,
                    .run("id-pg-node-1", arguments: ["pgbackrest", "--stanza=pg-ha", "--type=full", "backup"]))
            ])
    }

    @Test("archiving is looked at every half minute, because no event tells of it")
    func looksAgain() {
        var fixture = PlanningFixture()
        #expect(Backups().propose(fixture.input).lookAgain ?? .seconds(999) <= .seconds(30))
        if case .present(var database) = fixture.observation.database {
            database.archiver.isFailing = true
            fixture.observation.database = .present(database)
        }
        #expect(Backups().propose(fixture.input).lookAgain ?? .seconds(999) <= .seconds(5))
        #expect(condition(.archiving, fixture)?.status == .false)
    }

    @Test("WAL that piles up names the slot that holds it back, and how far that can go")
    func namesTheSlot() {
        func told(_ change: (inout ArchiverView) -> Void) -> String? {
            var fixture = PlanningFixture()
            guard case .present(var database) = fixture.observation.database else { return nil }
            database.archiver.expectedWALBytes = 1 << 30
            database.archiver.slotLimitBytes = 4 << 30
            database.archiver.oldestSlot = SlotRetention(name: "forgotten", isActive: false, bytes: 3 << 30)
            change(&database.archiver)
            fixture.observation.database = .present(database)
            return condition(.walGrowing, fixture)?.message
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
        #expect(behind?.contains("its reader is behind") == true)
        #expect(behind?.contains("any amount") == true)
        #expect(
            told {
                $0.walBytes = 3 << 30
                $0.oldestSlot = nil
            }?.contains("much is being written") == true)
    }

    @Test("a backup that is due waits while archiving fails, and says so; checks go on")
    func waitsForTheArchive() {
        var fixture = PlanningFixture()
        let asked = Timestamp(microseconds: BackupsTests.now.microseconds + 2_000_000)
        fixture.dcs { $0.requests = [TaskRequest(.backup, type: .full, at: asked, modRevision: 4)] }
        #expect(backgroundActions(fixture).count == 1)
        if case .present(var database) = fixture.observation.database {
            database.archiver.isFailing = true
            database.archiver.failure = "[041]: unable to write: [28] No space left on device"
            fixture.observation.database = .present(database)
        }
        #expect(backgroundActions(fixture).isEmpty)
        #expect(condition(.backupFailed, fixture)?.reason == "ArchivingFails")
        #expect(condition(.archiving, fixture)?.reason == "RepositoryFull")
        fixture.dcs { $0.requests.append(TaskRequest(.drill, at: asked, modRevision: 5)) }
        #expect(backgroundActions(fixture).count == 1)
    }

    @Test("retention is by number or by days, per type", arguments: BackupSettings.RetentionUnit.allCases)
    func retention(unit: BackupSettings.RetentionUnit) {
        var fixture = PlanningFixture()
        fixture.cluster.backups.retention = unit
        fixture.cluster.backups.retainFull = 12
        fixture.cluster.backups.retainIncremental = 5
        let text = PgBackRestFile.backup(at: EngineScope(fixture.input)!).map { $0.content.filled { _ in "" } }.joined()
        #expect(text.contains("repo1-retention-full-type=\(unit.rawValue)"))
        #expect(text.contains("repo1-retention-full=12"))
        #expect(text.contains("repo1-retention-diff=5"))
    }

    /// A cluster whose repository lies in S3, encrypted.
    private var stored: PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.backups.s3 = ObjectStore(
            bucket: "b", endpoint: "s3.test", keyFile: "k", keySecretFile: "s")
        fixture.cluster.backups.encryption.cipher = .aes
        return fixture
    }

    @Test("what opens a repository in S3 is a hole in the file, and no volume is mounted")
    func storage() {
        let fixture = stored
        let spec = NodeSpec.container("pg-node-1", at: EngineScope(fixture.input)!)
        let file = spec.files.first { $0.path == PgBackRestFile.path }
        let secrets = file?.content.segments.compactMap { if case .secret(let name) = $0 { name.text } else { nil } }
        #expect(secrets == ["repository-key", "repository-key-secret", "repository-passphrase"])
        #expect(spec.settings.mounts.map(\.destination) == [NodeSpec.dataMount])
        #expect(!Volumes.wanted(at: EngineScope(fixture.input)!).contains { $0.component == .repository })
    }

    @Test("while no node runs, a container looks into it; a node that runs makes that look worthless")
    func looks() {
        var fixture = stored
        fixture.observation.repository = .unknown(UnknownReason(.unreachable, "nobody looks"))
        for node in fixture.cluster.nodeNames { fixture.stop(ContainerName(node.text), data: .empty) }
        fixture.observation.database = .absent
        let made = fixture.effects(Backups()).compactMap {
            if case .docker(_, .createContainer(let spec)) = $0 { spec } else { nil }
        }
        #expect(made.first?.command == ["task", "look", "--stanza=pg-ha"])
        #expect(condition(.backupAvailable, fixture)?.reason == "RepositoryUnseen")
        var running = stored
        ended(.look, code: 0, result: .object([]), identity: "look into pg-ha", in: &running)
        #expect(backgroundActions(running).contains(.docker(.local, .remove("id-demo-look"))))
    }

    @Test("a history in the archive of a timeline that the primary is not on is named, with the way out")
    func namesStrayHistories() {
        var fixture = PlanningFixture()
        #expect(!fixture.conditions.contains { $0.type == .strayTimeline })
        fixture.database { $0.archiver.strayHistories = ["00000002.history"] }
        let condition = fixture.conditions.first { $0.type == .strayTimeline }
        #expect(condition?.status == .true)
        #expect(condition?.message.contains("00000002.history, and pg-node-1 is on timeline 1") == true)
        #expect(condition?.message.contains("delete it") == true)
    }
}
