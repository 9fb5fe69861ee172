import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("Nodes")
struct NodesTests {
    @Test("a stopped replica is started again")
    func startsReplica() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3")
        #expect(fixture.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-3"))))
    }

    @Test("an empty replica of a living cluster may start and clone")
    func clonesEmptyReplica() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", data: .empty)
        #expect(fixture.effects(Nodes()).contains(.docker(.local, .start("id-pg-node-3"))))
    }

    @Test("with all data gone nothing is started, and DataLost says why")
    func refusesASecondInit() {
        var fixture = PlanningFixture()
        for node in fixture.cluster.nodeNames { fixture.stop(ContainerName(node.text), data: .empty) }
        fixture.dcs { $0.leader = nil }
        #expect(fixture.effects(Nodes()) == [])
        #expect(fixture.conditions.contains { $0.type == .dataLost && $0.status == .true })
    }

    @Test("with all data gone and etcd empty too, the repository's backups forbid a new cluster")
    func refusesASecondInitWithBackups() {
        var fixture = PlanningFixture()
        for node in fixture.cluster.nodeNames { fixture.stop(ContainerName(node.text), data: .empty) }
        fixture.observation.dcs = .present(DCSView(revision: 1))
        #expect(fixture.conditions.contains { $0.type == .dataLost })
        #expect(!fixture.actions.contains { if case .docker(_, .start) = $0.effect { true } else { false } })
    }

    @Test("a volume with another cluster's data is neither started nor touched")
    func sparesForeignData() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", data: PlanningFixture.data("999"))
        #expect(fixture.effects(Nodes()) == [])
        #expect(fixture.conditions.contains { $0.type == .foreignData && $0.subject == .node("pg-node-3") })
    }

    @Test("half a copy gets a fresh volume; the old one is recorded and kept")
    func rebuildsFragments() {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-3", data: .incomplete)
        let effects = fixture.effects(Nodes())
        #expect(
            effects.contains {
                if case .docker(_, .createVolume(let spec)) = $0 { spec.name == "pg-node-3-data-2" } else { false }
            })
        #expect(!effects.contains { if case .docker(_, .removeVolume) = $0 { true } else { false } })
    }

    @Test("a memory change is made in place, a port change makes the replica anew first")
    func choosesTheSmallestChange() {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.memory = .gibibytes(2)
        #expect(fixture.effects(Nodes()).allSatisfy { if case .docker(_, .update) = $0 { true } else { false } })
        #expect(fixture.effects(Nodes()).count == 3)
        fixture = PlanningFixture()
        fixture.cluster.nodes.postgresPort = 6000
        #expect(fixture.effects(Nodes()) == [.docker(.local, .stop("id-pg-node-2"))])
    }

    @Test("the primary hands over before it is made anew")
    func switchesOverFirst() {
        var fixture = PlanningFixture()
        fixture.cluster.pooler.enabled = false
        fixture.readFiles()
        fixture.change("pg-node-1") { $0.settings.sharedMemory = 1 }
        #expect(
            fixture.effects(Nodes()) == [.patroni("pg-node-1", .switchover(from: "pg-node-1", to: "pg-node-2"))])
        fixture.cluster.postgres.synchronous.mode = .quorum
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-1", .switchover(from: "pg-node-1", to: nil))])
        fixture.dcs { $0.handover = Handover(to: nil) }
        #expect(fixture.effects(Nodes()) == [])
    }

    @Test("no node is interrupted while another is not healthy")
    func interruptsOneAtATime() {
        var fixture = PlanningFixture()
        fixture.change("pg-node-2") { $0.settings.sharedMemory = 1 }
        fixture.member("pg-node-3") { $0.isStreaming = false }
        #expect(!fixture.effects(Nodes()).contains { $0.isDisruptive })
    }

    @Test("a surplus replica is stopped, recorded and removed; its volume stays")
    func scalesDown() {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.count = 2
        #expect(fixture.effects(Nodes()) == [.docker(.local, .stop("id-pg-node-3"))])
        fixture.stop("pg-node-3")
        #expect(
            fixture.effects(Nodes()).contains {
                if case .etcd(.putIfAbsent(let key, _)) = $0 { key.hasSuffix("pg-node-3-data") } else { false }
            })
        fixture.dcs {
            $0.retired = [RetiredVolume(volume: "pg-node-3-data", since: "", why: "", modRevision: 1)]
        }
        #expect(fixture.effects(Nodes()) == [.docker(.local, .remove("id-pg-node-3"))])
        #expect(fixture.conditions.contains { $0.type == .retired })
    }

    @Test("a surplus primary hands over to a node that stays")
    func scalesDownThePrimary() {
        var fixture = PlanningFixture()
        fixture.cluster.pooler.enabled = false
        fixture.readFiles()
        fixture.cluster.nodes.count = 2
        fixture.dcs {
            $0.leader?.node = "pg-node-3"
            $0.synchronous = SynchronousKey(leader: "pg-node-3", standbys: ["pg-node-2"])
        }
        fixture.member("pg-node-3") { $0.role = .primary }
        fixture.member("pg-node-1") {
            $0.role = .replica
            $0.isStreaming = true
        }
        #expect(
            fixture.effects(Nodes()) == [.patroni("pg-node-3", .switchover(from: "pg-node-3", to: "pg-node-2"))])
    }

    @Test("an edited file is written again, and Patroni reads it when its tag shows another version")
    func repairsFiles() {
        var fixture = PlanningFixture()
        fixture.change("pg-node-2") { view in
            view.files = view.files.map { $0.map { FileView(path: $0.path, content: .edited) } }
        }
        #expect(
            fixture.effects(Nodes()).contains {
                if case .docker(_, .upload("id-pg-node-2", _)) = $0 { true } else { false }
            })
        fixture = PlanningFixture()
        fixture.dcs { $0.members[1].tags = [LabelValue(PatroniFile.versionTag, "old")] }
        let version = PatroniFile.version(for: "pg-node-2", fixture.input)
        #expect(
            fixture.effects(Nodes()) == [
                .patroni("pg-node-2", .reload(version: version)), .patroni("pg-node-2", .wake),
            ])
    }

    @Test(
        "while Patroni copies data or starts PostgreSQL it reads no file again: PostgreSQL could start with half of a file"
    )
    func readsNoFileMeanwhile() {
        func effects(_ state: PostgresState, startedAt: String = "2025-10-09T08:52:00Z") -> [Effect] {
            var fixture = PlanningFixture()
            fixture.dcs { $0.members[1].tags = [LabelValue(PatroniFile.versionTag, "old")] }
            fixture.member("pg-node-2") { $0.state = state }
            fixture.change("pg-node-2") { $0.state = .running(startedAt: startedAt) }
            return fixture.effects(Nodes()).filter {
                if case .patroni("pg-node-2", .reload) = $0 { true } else { false }
            }
        }
        for state in [PostgresState.running, .stopped, .failed, .other("?")] {
            #expect(effects(state).count == 1, "\(state)")
        }
        for state in [PostgresState.cloning, .initializing, .starting] { #expect(effects(state).isEmpty, "\(state)") }
        // a copy may take hours; a start that lasts has read its files long ago
        #expect(effects(.starting, startedAt: "2025-10-09T08:51:00Z").count == 1)
        #expect(effects(.cloning, startedAt: "2025-10-09T04:00:00Z").isEmpty)
    }

    @Test("a container with a volume that has ended takes no files: it is made anew; unread files are waited for")
    func neverWritesIntoTheDead() {
        var fixture = PlanningFixture()
        for (name, id) in [("pg-node-2", "id-pg-node-2"), ("etcd-2", "id-etcd-2")] as [(ContainerName, ContainerID)] {
            fixture = PlanningFixture()
            fixture.stop(name, data: name == "etcd-2" ? .etcd : nil)
            fixture.change(name) { view in
                view.files = view.files.map { $0.map { FileView(path: $0.path, content: .edited) } }
            }
            let effects = fixture.actions.map(\.effect)
            #expect(effects.contains(.docker(.local, .remove(id))), "\(effects)")
            #expect(!effects.contains { if case .docker(_, .upload(id, _)) = $0 { true } else { false } })
            #expect(!effects.contains(.docker(.local, .start(id))))
            // one that never ran takes them
            for state in [ContainerState.created, .exited(Exit(code: 128, error: "port is already allocated"))] {
                fixture.change(name) { $0.state = state }
                let effects = fixture.actions.map(\.effect)
                #expect(effects.contains { if case .docker(_, .upload(id, _)) = $0 { true } else { false } })
            }
            fixture.change(name) {
                $0.state = .exited(Exit(code: 0, startedAt: "t0", finishedAt: "t1"))
                $0.files = .unknown(UnknownReason(.unreachable, "nobody looks"))
            }
            #expect(!fixture.actions.contains { $0.subject == .container(.local, name) })
        }
        // what has no volume loses none
        fixture = PlanningFixture()
        let pooler = fixture.cluster.poolers[0].name
        fixture.stop(pooler)
        fixture.change(pooler) { $0.files = .present([]) }
        let uploads = fixture.effects(Poolers()).filter { if case .docker(_, .upload) = $0 { true } else { false } }
        #expect(uploads.count == 1)
    }

    @Test("a frozen primary thaws while it still leads, and is killed once another does")
    func thawsOrKills() {
        var fixture = PlanningFixture()
        fixture.change("pg-node-1") { $0.state = .paused(startedAt: "t0") }
        #expect(fixture.effects(Nodes()).contains(.docker(.local, .unpause("id-pg-node-1"))))
        fixture.dcs { $0.leader?.node = "pg-node-2" }
        #expect(fixture.effects(Nodes()).contains(.docker(.local, .kill("id-pg-node-1"))))
    }

    @Test("a copy that starts gets a WAL record to become consistent with, from a leader that serves")
    func nudgesTheRewound() {
        var fixture = PlanningFixture()
        fixture.member("pg-node-2") {
            $0.state = .starting
            $0.isStreaming = false
        }
        #expect(fixture.effects(Nodes()).contains(.sql("pg-node-1", .advanceWAL)))
        fixture.member("pg-node-1") { $0.state = .starting }
        #expect(!fixture.effects(Nodes()).contains(.sql("pg-node-1", .advanceWAL)))
    }

    @Test("the leader is woken for a synchronous standby that wants to restart and waits to be released")
    func releasesStandbys() {
        var fixture = PlanningFixture()
        fixture.dcs { $0.members[2].tags.append(LabelValue("nosync", "true")) }
        #expect(fixture.effects(Nodes()) == [])
        fixture.dcs { $0.members[1].tags.append(LabelValue("nosync", "true")) }
        #expect(fixture.effects(Nodes()) == [.patroni("pg-node-1", .wake)])
    }
}
