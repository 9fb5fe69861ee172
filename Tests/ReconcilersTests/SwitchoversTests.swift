import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("A switchover behind the poolers")
struct SwitchoversTests {
    static let now = Timestamp(PlanningFixture.now)

    /// A record of a person's request, so long ago.
    func fixture(
        _ stage: SwitchoverRecord.Stage, to candidate: NodeName? = nil, author: SwitchoverRecord.Author = .person,
        age: Duration = .milliseconds(300)
    ) -> PlanningFixture {
        var fixture = PlanningFixture()
        let since = Timestamp(microseconds: Self.now.microseconds - Int64(age / .microseconds(1)))
        var record = SwitchoverRecord(
            from: "pg-node-1", to: candidate, author: author, why: "a test", at: since, modRevision: 44)
        record.stage = stage
        record.attempts = stage == .calledOff ? 1 : 0
        fixture.dcs { $0.switchover = record }
        if case .present(var database) = fixture.observation.database {
            database.checkpointedAt = Self.now
            fixture.observation.database = .present(database)
        }
        return fixture
    }

    func database(_ fixture: inout PlanningFixture, _ change: (inout DatabaseView) -> Void) {
        guard case .present(var view) = fixture.observation.database else { return }
        change(&view)
        fixture.observation.database = .present(view)
    }

    func pauseClients(_ fixture: inout PlanningFixture) {
        for name: ContainerName in ["pgbouncer-1", "pgbouncer-2"] {
            fixture.pooler(name) {
                $0.isPaused = true
                $0.servers = 0
            }
        }
    }

    /// The stage that a record would be written at, and to whom.
    func written(_ effects: [Effect]) -> String? {
        for case .etcd(.replaceKey(_, let value, 44)) in effects { return value }
        return nil
    }

    func isForgotten(_ fixture: PlanningFixture) -> Bool {
        fixture.effects(Switchovers()) == [
            .etcd(.deleteKey(key: "/controller/demo/switchover", modRevision: 44))
        ]
    }

    @Test("a node in maintenance is no candidate, and hands nothing over; one that may not lead moves away")
    func leavesAlone() {
        var fixture = fixture(.requested)
        fixture.cluster.nodes.maintenance = ["pg-node-2"]
        #expect(written(fixture.effects(Switchovers())) == nil)
        fixture.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-2", "pg-node-3"]) }
        #expect(written(fixture.effects(Switchovers()))?.contains("\"to\":\"pg-node-3\"") == true)
        fixture.cluster.nodes.maintenance = ["pg-node-1"]
        #expect(written(fixture.effects(Switchovers())) == nil)
        var tagged = self.fixture(.requested, author: .controller)
        #expect(isForgotten(tagged))
        var tags = NodeTags("pg-node-1")
        tags.nofailover = true
        tagged.cluster.nodes.tags = [tags]
        #expect(written(tagged.effects(Switchovers()))?.contains("\"stage\":\"holding\"") == true)
    }

    @Test("a primary that Docker would start again is kept from that before anybody is held")
    func staysDown() {
        var fixture = fixture(.requested)
        fixture.change("pg-node-1") { $0.settings.restartPolicy = "always" }
        let effects = fixture.effects(Switchovers())
        #expect(effects.count == 1)
        guard case .docker(_, .update("id-pg-node-1", let settings)) = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(settings.restartPolicy == "no")
    }

    @Test("a record is read as it was written, and nonsense is a record that is thrown away")
    func records() {
        var record = SwitchoverRecord(
            from: "a", to: "b", author: .person, why: "w", at: Timestamp(seconds: 7), modRevision: 3)
        record.note = "n"
        record.attempts = 2
        let value = JSONValue.object([
            ("from", .string("a")), ("to", .string("b")), ("by", .string("person")), ("why", .string("w")),
            ("at", .integer(7_000_000)), ("since", .integer(7_000_000)), ("stage", .string("requested")),
            ("attempts", .integer(2)), ("note", .string("n")),
        ])
        #expect(SwitchoverRecord(value: value, modRevision: 3) == record)
        #expect(record.value == value.text)
        for bad: JSONValue? in [
            nil, .null, .object([]), .object([("from", .string("a")), ("stage", .string("requested"))]),
            .object([
                ("from", .string("a")), ("by", .string("person")), ("at", .integer(.min)), ("stage", .string("soon")),
            ]),
        ] {
            #expect(SwitchoverRecord(value: bad, modRevision: 3).stage == .unreadable)
        }
        var fixture = fixture(.requested)
        fixture.dcs { $0.switchover = SwitchoverRecord(value: nil, modRevision: 44) }
        #expect(isForgotten(fixture))
    }

    @Test("times that make no sense trap nobody and hold nobody", arguments: [Int64.min, -1, 0, .max])
    func absurdTimes(time: Int64) {
        var fixture = fixture(.requested)
        for stage in ["requested", "holding", "calledOff"] {
            let value = JSONValue.object([
                ("from", .string("pg-node-1")), ("to", .string("pg-node-2")), ("by", .string("person")),
                ("at", .integer(time)), ("since", .integer(time)), ("stage", .string(stage)),
                ("attempts", .integer(time)),
            ])
            fixture.dcs { $0.switchover = SwitchoverRecord(value: value, modRevision: 44) }
            let effects = fixture.effects(Switchovers())
            #expect(!effects.contains { if case .pooler(_, .pause) = $0 { true } else { false } })
            #expect(!effects.contains { $0.isDisruptive })
        }
    }

    @Test("begins with the standby that is least behind, or the one that was asked for")
    func begins() {
        let effects = fixture(.requested).effects(Switchovers())
        #expect(effects.count == 1)
        #expect(written(effects)?.contains(#""stage":"holding""#) == true)
        #expect(written(effects)?.contains(#""to":"pg-node-2""#) == true)
        // commits do not wait for the third
        #expect(fixture(.requested, to: "pg-node-3").effects(Switchovers()).isEmpty)
    }

    @Test("a checkpoint comes before anybody is held")
    func checkpoint() {
        var fixture = fixture(.requested)
        database(&fixture) { $0.checkpointedAt = Timestamp(microseconds: Self.now.microseconds - 60_000_000) }
        #expect(fixture.effects(Switchovers()) == [.sql("pg-node-1", .checkpoint)])
    }

    @Test("whatever would make the hold long is an obstacle while nobody is held")
    func obstacles() {
        func expectObstacle(_ words: String, _ change: (inout PlanningFixture) -> Void) {
            var fixture = fixture(.requested)
            change(&fixture)
            #expect(fixture.effects(Switchovers()).isEmpty, "\(words)")
            #expect(Switchovers().propose(fixture.input).waiting.contains { $0.contains(words) }, "\(words)")
        }
        expectObstacle("has been open for 7 s") { fixture in
            database(&fixture) { $0.oldestTransaction = .seconds(7) }
        }
        expectObstacle("pgbouncer-2 does not answer") { $0.observation.poolers[1].view = .unknown(.notLooked) }
        expectObstacle("pgbouncer-1 is not ready") { fixture in
            fixture.pooler("pgbouncer-1") { $0.hosts = ["pg-node-3"] }
        }
        expectObstacle("Patroni is paused") { fixture in
            fixture.dcs { $0.configuration = .object([("pause", .bool(true))]) }
        }
        expectObstacle("is behind") { fixture in
            database(&fixture) { $0.standbys[0].lagBytes = 2 << 20 }
        }
        expectObstacle("there is no standby") { fixture in
            fixture.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: []) }
        }
    }

    @Test("pauses the clients of every pooler for writing first, all at once")
    func holds() {
        let fixture = fixture(.pausing, to: "pg-node-2")
        #expect(fixture.effects(Switchovers()) == [.pooler("pgbouncer-1", .pause), .pooler("pgbouncer-2", .pause)])
        // paused clients are not let go by those who keep the poolers
        var held = fixture
        pauseClients(&held)
        #expect(held.effects(Poolers()).isEmpty)
    }

    @Test("the primary shuts down when all clients are paused, and nobody else does anything meanwhile")
    func shutsDown() {
        var fixture = fixture(.pausing, to: "pg-node-2")
        pauseClients(&fixture)
        let proposal = Switchovers().propose(fixture.input)
        #expect(proposal.actions.map(\.effect) == [.docker(.local, .shutdownPrimary("id-pg-node-1"))])
        #expect(proposal.exclusivePlanners == ["switchovers", "failover", "poolers"])
        fixture.pooler("pgbouncer-2") { $0.servers = 1 }
        #expect(fixture.effects(Switchovers()) == [.pooler("pgbouncer-2", .pause)])
    }

    @Test("while the primary shuts down and answers nobody, the poolers turn already, and nobody is let go")
    func turnsMeanwhile() {
        var fixture = fixture(.pausing, to: "pg-node-2")
        pauseClients(&fixture)
        fixture.observation.database = .absent
        fixture.observation.members.removeAll { $0.node == "pg-node-1" }
        for isReleased in [false, true] {
            if isReleased { fixture.dcs { $0.leader = nil } }
            #expect(fixture.effects(Switchovers()).isEmpty)
            let effects = fixture.effects(Poolers())
            #expect(
                effects.filter { if case .docker(_, .upload) = $0 { true } else { false } }.count == 2, "\(effects)")
            #expect(!effects.contains { if case .pooler(_, .resume) = $0 { true } else { false } })
        }
    }

    @Test("when the primary has ended its key goes to the candidate, and the poolers turn there while they hold")
    func releases() {
        var fixture = fixture(.pausing, to: "pg-node-2")
        pauseClients(&fixture)
        fixture.stop("pg-node-1", exitCode: 0)
        fixture.observation.database = .absent
        let effects = fixture.effects(Switchovers())
        guard case .etcd(.releaseLeader(_, let key, let candidate))? = effects.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(key.node == "pg-node-1")
        #expect(candidate == "pg-node-2")
        // nothing that takes long comes before the key is released
        #expect(fixture.effects(Poolers()).isEmpty)
        var released = fixture
        released.dcs { $0.leader = nil }
        let turned = released.effects(Poolers()).filter { if case .docker(_, .upload) = $0 { true } else { false } }
        #expect(turned.count == 2)
        // one that had to be cut off may have left something behind: the election compares
        fixture.stop("pg-node-1", exitCode: 1)
        guard case .etcd(.releaseLeader(_, _, nil))? = fixture.effects(Switchovers()).first else {
            Issue.record("a candidate was named")
            return
        }
    }

    @Test("clients go on when the candidate takes writes, and then it is over")
    func ends() {
        var fixture = fixture(.pausing, to: "pg-node-2")
        pauseClients(&fixture)
        fixture.stop("pg-node-1", exitCode: 0)
        fixture.dcs { $0.leader = LeaderKey(node: "pg-node-2", lease: 8, createRevision: 60, modRevision: 60) }
        fixture.observation.database = .absent
        #expect(!fixture.effects(Poolers()).contains(.pooler("pgbouncer-1", .resume)))
        #expect(fixture.effects(Switchovers()).isEmpty)
        fixture.member("pg-node-2") { $0.role = .primary }
        fixture.observation.database = .present(
            DatabaseView(node: "pg-node-2", isInRecovery: false, systemIdentifier: PlanningFixture.system, timeline: 2))
        guard let scope = EngineScope(fixture.input) else { return }
        let secrets = fixture.observation.secrets
        for pooler in scope.writers {
            let spec = PoolerSpec.container(pooler, hosts: ["pg-node-2"], at: scope)
            fixture.change(pooler.name) { view in
                view.files = .present(
                    spec.files.map {
                        let digest = $0.identity.digest(secrets: secrets)
                        return FileView(path: $0.path, content: .asWritten(template: digest))
                    })
            }
            fixture.pooler(pooler.name) {
                $0.version = PoolerSpec.version(hosts: ["pg-node-2"], at: scope)
                $0.hosts = ["pg-node-2"]
            }
        }
        #expect(fixture.effects(Poolers()).contains(.pooler("pgbouncer-1", .resume)))
        for name: ContainerName in ["pgbouncer-1", "pgbouncer-2"] { fixture.pooler(name) { $0.isPaused = false } }
        #expect(isForgotten(fixture))
    }

    @Test("is called off, and clients go on, when it takes too long, in maintenance, or when the candidate is lost")
    func callsOff() {
        func expectOff(_ what: String, _ age: Duration = .milliseconds(300), _ change: (inout PlanningFixture) -> Void)
        {
            var fixture = fixture(.pausing, to: "pg-node-2", age: age)
            pauseClients(&fixture)
            change(&fixture)
            let effects = fixture.effects(Switchovers())
            #expect(effects.contains(.pooler("pgbouncer-1", .resume)), "\(what)")
            #expect(written(effects)?.contains(#""stage":"calledOff""#) == true, "\(what)")
            #expect(!effects.contains { $0.isDisruptive }, "\(what)")
        }
        expectOff("too long", .seconds(11)) { _ in }
        expectOff("maintenance") { $0.cluster.maintenance = true }
        expectOff("no candidate") { fixture in fixture.member("pg-node-2") { $0.isStreaming = false } }
        expectOff("not all held", .seconds(3)) { fixture in fixture.pooler("pgbouncer-2") { $0.isPaused = false } }
        expectOff("Patroni paused") { fixture in
            fixture.dcs { $0.configuration = .object([("pause", .bool(true))]) }
        }
    }

    @Test("is tried again after a while, and a person's request not for ever")
    func retries() {
        #expect(fixture(.calledOff, age: .seconds(5)).effects(Switchovers()).isEmpty)
        let again = fixture(.calledOff, age: .seconds(40)).effects(Switchovers())
        #expect(written(again)?.contains(#""stage":"requested""#) == true)
        #expect(isForgotten(fixture(.calledOff, age: .seconds(700))))
        // the controller's own is dropped as soon as nothing asks for it
        #expect(isForgotten(fixture(.requested, author: .controller)))
    }

    @Test("without poolers, or where no commit waits, it is Patroni's own")
    func plain() {
        var fixture = fixture(.requested)
        fixture.cluster.postgres.synchronous.mode = .off
        #expect(
            fixture.effects(Switchovers()) == [
                .patroni("pg-node-1", .switchover(from: "pg-node-1", to: "pg-node-2"))
            ])
        // one of a quorum may lack a commit, and whom Patroni is told leads without being compared
        fixture.cluster.postgres.synchronous.mode = .quorum
        fixture.cluster.pooler.enabled = false
        fixture.readFiles()
        #expect(
            fixture.effects(Switchovers()) == [.patroni("pg-node-1", .switchover(from: "pg-node-1", to: nil))])
        fixture.dcs { $0.handover = Handover(to: nil) }
        #expect(fixture.waiting.contains("the switchover to whom the others elect"))
    }

    @Test("a rolling change asks for one before it interrupts the primary, and waits while there is one")
    func rolls() {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.sharedMemory = .gibibytes(2)
        for node in ["pg-node-2", "pg-node-3"] as [ContainerName] {
            fixture.change(node) { $0.settings.sharedMemory = ByteCount.gibibytes(2).bytes }
        }
        guard case .etcd(.putIfAbsent(let key, let value))? = fixture.effects(Nodes()).first else {
            Issue.record("\(fixture.effects(Nodes()))")
            return
        }
        #expect(key == "/controller/demo/switchover")
        #expect(value.contains(#""by":"controller""#))
        fixture.dcs {
            $0.switchover = SwitchoverRecord(
                from: "pg-node-1", to: nil, author: .controller, why: "it", at: Self.now, modRevision: 44)
        }
        #expect(fixture.effects(Nodes()).isEmpty)
        // the request stands as long as the change is wanted
        #expect(!isForgotten(fixture))
    }
}
