import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

/// Rows of docs/faults.md about containers, volumes and nodes that are only logic.
@Suite("Healing")
struct HealingTests {
    private static func bare(_ fixture: inout PlanningFixture) {
        for node in fixture.cluster.nodeNames {
            fixture.member(node) {
                $0.role = .uninitialized
                $0.state = .stopped
                $0.systemIdentifier = nil
                $0.isStreaming = false
            }
        }
    }

    @Test("nodes that were started on empty volumes while a lost leader's lease still held are DataLost, too")
    func seesDataLostBehindIdleNodes() {
        var fixture = PlanningFixture()
        HealingTests.bare(&fixture)
        fixture.dcs { $0.leader = nil }
        #expect(fixture.conditions.contains { $0.type == .dataLost })
        #expect(!fixture.actions.contains { if case .docker(_, .start) = $0.effect { true } else { false } })
    }

    @Test("the lease of a leader whose data is gone is no leader: nothing is started while it lasts")
    func seesDataLostBehindALease() {
        var fixture = PlanningFixture()
        for node in fixture.cluster.nodeNames { fixture.stop(ContainerName(node.text), data: .empty) }
        #expect(fixture.conditions.contains { $0.type == .dataLost })
        #expect(!fixture.actions.contains { if case .docker(_, .start) = $0.effect { true } else { false } })
    }

    @Test("one node that cannot be asked, or takes a copy, is no proof that all is lost")
    func doubtsDataLoss() {
        var fixture = PlanningFixture()
        HealingTests.bare(&fixture)
        fixture.dcs { $0.leader = nil }
        fixture.member("pg-node-2") { $0.state = .cloning }
        #expect(!fixture.conditions.contains { $0.type == .dataLost })
        HealingTests.bare(&fixture)
        fixture.observation.members[1].view = .unknown(UnknownReason(.timedOut, "silent"))
        #expect(!fixture.conditions.contains { $0.type == .dataLost })
    }

    @Test("an etcd member whose data is lost does not start in its old place: the others would take it for the old one")
    func rejoinsInsteadOfStarting() {
        var fixture = PlanningFixture()
        fixture.stop("etcd-1", data: .empty)
        #expect(fixture.effects(Etcd()).contains(.etcd(.removeMember(memberID: 1))))
        #expect(!fixture.effects(Etcd()).contains(.docker(.local, .start("id-etcd-1"))))
        fixture.stop("etcd-1", data: .etcd)
        #expect(fixture.effects(Etcd()).contains(.docker(.local, .start("id-etcd-1"))))
    }

    @Test("a stopped container that refers to a network which is gone is made anew: Docker would never start it")
    func forgetsLostNetworks() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3")
        fixture.change("pg-node-3") {
            // connected by an ID whose network went in the same moment
            $0.attachments.append(Attachment(network: "", networkName: "net0", address: nil))
        }
        #expect(fixture.effects(Nodes()) == [.docker(.local, .remove("id-pg-node-3"))])
    }

    @Test("an initialisation that may have begun a moment ago is left alone")
    func waitsForAFirstInitialisation() {
        var fixture = PlanningFixture()
        HealingTests.bare(&fixture)
        fixture.dcs {
            $0.leader = nil
            $0.initialize = ""
            $0.initializeRevision = 7
        }
        func drops() -> Bool {
            fixture.effects(Bootstrap()).contains(.etcd(.deleteKey(key: "/service/demo/initialize", modRevision: 7)))
        }
        #expect(drops())
        fixture.change("pg-node-2") {
            $0.state = .running(startedAt: Moment.text(wallMilliseconds: PlanningFixture.now.wallMilliseconds - 3000))
        }
        #expect(!drops())
    }

    @Test("a volume that is mounted read-only makes the container anew, one at a time, and keeps the volume")
    func remountsReadOnlyVolumes() {
        var fixture = PlanningFixture()
        fixture.change("pg-node-3") { view in
            for index in view.settings.mounts.indices { view.settings.mounts[index].isWritable = false }
        }
        #expect(fixture.effects(Nodes()) == [.docker(.local, .stop("id-pg-node-3"))])
        fixture.stop("pg-node-3")
        #expect(fixture.effects(Nodes()) == [.docker(.local, .remove("id-pg-node-3"))])
        fixture.remove("pg-node-3")
        let made = fixture.effects(Nodes()).compactMap { effect -> [VolumeMount]? in
            if case .docker(_, .createContainer(let spec)) = effect { spec.settings.mounts } else { nil }
        }
        #expect(made.first?.contains(VolumeMount(volume: "pg-node-3-data", destination: NodeSpec.dataMount)) == true)
    }

    @Test("a container with weaker isolation, another user, core dumps or another way to look names up is made again")
    func weakened() {
        let changes: [(inout ContainerSettings) -> Void] = [
            { $0.foreignOptions = ["seccomp=unconfined"] }, { $0.user = "0" }, { $0.user = "postgres" },
            { $0.mayDumpCore = true }, { $0.asksOutsideForPlainNames = true },
        ]
        for change in changes {
            var fixture = PlanningFixture()
            fixture.change("pg-node-3") { change(&$0.settings) }
            #expect(fixture.effects(Nodes()) == [.docker(.local, .stop("id-pg-node-3"))])
        }
        // another image for the console has users of its own
        var fixture = PlanningFixture()
        fixture.cluster.console.image = "bytebase/dbhub:1"
        let spec = EngineScope(fixture.input).map { ConsoleSpec.container(primary: "pg-node-1", at: $0) }
        var seen = ContainerView(id: "c", name: "dbhub", image: "bytebase/dbhub:1", labels: [], state: .created)
        seen.settings = spec?.settings ?? seen.settings
        seen.settings.user = "node"
        #expect(spec?.differences(from: seen, recreating: true).contains { $0.setting == "user" } == false)
    }

    @Test("a moved tag is no drift, and a vanished one stops nothing that runs")
    func leavesMovedTagsAlone() {
        var fixture = PlanningFixture()
        let image = fixture.cluster.nodes.image
        fixture.engine.images = fixture.engine.images.map {
            $0.reference == image ? ImageSighting(reference: image, id: .present("sha256:other")) : $0
        }
        #expect(fixture.actions.isEmpty)
        fixture.engine.images = fixture.engine.images.map {
            $0.reference == image ? ImageSighting(reference: image, id: .absent) : $0
        }
        #expect(fixture.actions.isEmpty)
        fixture.remove("pg-node-3")
        #expect(fixture.effects(Nodes()) == [.docker(.local, .pull(image))])
        #expect(fixture.conditions.contains { $0.type == .imageMissing })
    }

    @Test("a server that does not start is a crash loop with its last lines; one that ran out of memory is a warning")
    func tellsOfTroubles() {
        var fixture = PlanningFixture()
        fixture.member("pg-node-3") { $0.state = .failed }
        fixture.change("pg-node-3") { $0.lastLines = ["FATAL: no"] }
        #expect(fixture.conditions.first { $0.type == .crashLoop }?.details == ["FATAL: no"])
        fixture = PlanningFixture()
        fixture.change("pg-node-2") { $0.ranOutOfMemoryAt = "2026-11-23T00:00:00Z" }
        let warning = fixture.conditions.first { $0.type == .outOfMemory }
        #expect(warning?.message.contains("nodes.memory") == true)
        #expect(fixture.actions.isEmpty)
    }

    @Test("databases with another collation version are named, and nothing is changed")
    func namesStaleCollations() {
        var fixture = PlanningFixture()
        guard case .present(var database) = fixture.observation.database else { return }
        database.staleCollations = ["app"]
        fixture.observation.database = .present(database)
        #expect(fixture.conditions.first { $0.type == .collationMismatch }?.message.contains("in app ") == true)
        #expect(fixture.actions.isEmpty)
    }
}

@Suite("Volumes that are put aside")
struct RetirementTests {
    /// Node 3 lives on a second volume; the first one is kept.
    private static func fixture(since: String?, isStreaming: Bool) -> PlanningFixture {
        var fixture = PlanningFixture()
        var next = Volumes.spec("pg-node-3-data-2", .node, owner: "pg-node-3", generation: 2)
        next.labels += [
            LabelValue(Label.replaces, "pg-node-3-data: it holds half a copy"), LabelValue(Label.cluster, "demo"),
        ]
        fixture.engine.volumes.append(
            VolumeView(name: next.name, labels: next.labels, createdAt: "2025-10-09T08:00:00.000Z"))
        fixture.member("pg-node-3") { $0.isStreaming = isStreaming }
        if let since {
            fixture.dcs {
                $0.retired = [RetiredVolume(volume: "pg-node-3-data", since: since, why: "a test", modRevision: 1)]
            }
        }
        return fixture
    }

    private static func message(_ fixture: PlanningFixture) -> String {
        fixture.conditions.first { $0.type == .retired }?.message ?? ""
    }

    @Test("are kept until the new one streams and a day has passed, and nothing ever removes them")
    func waitsForTheGrace() {
        let now = PlanningFixture.now.wallMilliseconds
        let lately = Moment.text(wallMilliseconds: now - 3_600_000)
        let longAgo = Moment.text(wallMilliseconds: now - 100 * 3_600_000)
        for (since, isStreaming, advice) in [
            (longAgo, false, "does not stream"), (lately, true, "keep it for a day"),
            (longAgo, true, "docker volume rm"),
        ] {
            let fixture = RetirementTests.fixture(since: since, isStreaming: isStreaming)
            let message = RetirementTests.message(fixture)
            #expect(message.contains(advice) && message.contains("since \(since): a test"), "\(message)")
            #expect(
                !fixture.actions.contains { if case .docker(_, .removeVolume) = $0.effect { true } else { false } })
        }
    }

    @Test("tell when and why also when etcd has lost its record")
    func remembersWithoutTheStore() {
        let message = RetirementTests.message(RetirementTests.fixture(since: nil, isStreaming: true))
        #expect(message.contains("since 2025-10-09T08:00:00.000Z: it holds half a copy"), "\(message)")
    }

    @Test(
        "no fresh volume without room for a copy and the reserve; unknown room changes nothing",
        arguments: [110, 109, nil])
    func room(free: Int64?) {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", data: .incomplete)
        fixture.engine.disk =
            free.map { .present(DiskView(sizeBytes: 1000, freeBytes: $0)) } ?? .unknown(.notLooked)
        fixture.observation.repository = .present(
            RepositoryView(
                stanza: .ok(systemIdentifier: PlanningFixture.system),
                backups: [BackupView(label: "f", type: "full", stoppedAt: 1, size: 10)]))
        let isMade = fixture.effects(Nodes()).contains { effect in
            if case .docker(_, .createVolume) = effect { true } else { false }
        }
        let proposal = Nodes().propose(fixture.input)
        #expect(isMade == (free != 109))
        #expect(proposal.conditions.contains { $0.reason == "NoRoom" } == (free == 109))
        #expect(proposal.waiting.contains("room for a copy of the data on pg-node-3") == (free == 109))
    }

    @Test("a fresh volume says on itself which one it replaces and why")
    func labelsTheSuccessor() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", data: .incomplete)
        let labels = fixture.effects(Nodes()).compactMap { effect -> [LabelValue]? in
            if case .docker(_, .createVolume(let spec)) = effect { spec.labels } else { nil }
        }
        #expect(labels.first?.value(of: Label.replaces) == "pg-node-3-data: it holds half a copy")
    }
}
