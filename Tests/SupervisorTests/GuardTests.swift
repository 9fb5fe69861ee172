import Model
import Testing

@testable import Reconcilers
@testable import Supervisor
@testable import PlanningFixtures

/// Each guard against a world that was bent under the planner's feet: it must refuse what the planner would still do.
@Suite("Guards")
struct GuardTests {
    private static func judge(
        _ effect: Effect, on subject: Subject, _ fixture: PlanningFixture, proof: Proof? = nil, recent: Int = 0
    ) -> Invariant? {
        let action = Action(effect, on: subject, because: .missing, proof: proof)
        var guards = Guards()
        for _ in 0..<recent { guards.note(action, at: PlanningFixture.now.uptime) }
        return guards.violation(by: action, input: fixture.input)?.invariant
    }

    /// The primary is dead, and everything else as it should be.
    private static var bereft: PlanningFixture {
        var fixture = PlanningFixture()
        fixture.stop("pg-node-1")
        return fixture
    }

    private static let proof = Proof(
        engineID: "engine-1", container: "id-pg-node-1", startedAt: "t0", exitCode: 137, finishedAt: "t1")

    private static func release(_ fixture: PlanningFixture, proof: Proof? = proof, recent: Int = 0) -> Invariant? {
        let key = LeaderKey(node: "pg-node-1", lease: 7, createRevision: 10, modRevision: 10)
        let effect = Effect.etcd(.releaseLeader(prefix: fixture.cluster.dcsPrefix, key, candidate: nil))
        return judge(effect, on: .leadership, fixture, proof: proof, recent: recent)
    }

    @Test("a backup is deleted only by a person's request, and none that others are made from, nor the last full one")
    func deletion() {
        func backup(_ label: String, prior: String? = nil) -> BackupView {
            var backup = BackupView(label: label, type: prior == nil ? "full" : "incr", stoppedAt: 1, size: 1)
            backup.prior = prior
            return backup
        }
        func judge(_ label: String, asked: String?, _ backups: [BackupView]) -> [Invariant?] {
            var fixture = PlanningFixture()
            fixture.observation.repository = .present(
                RepositoryView(stanza: .ok(systemIdentifier: PlanningFixture.system), backups: backups))
            let request = asked.map { TaskRequest(.expire, label: $0, at: Timestamp(PlanningFixture.now)) }
            fixture.dcs { $0.requests = request.map { [$0] } ?? [] }
            var spec = ContainerSpec(
                name: "demo-expire", component: .task, image: fixture.cluster.nodes.image,
                settings: ContainerSettings(),
                networks: [])
            spec.labels = [LabelValue(Label.name, "demo-expire"), LabelValue(Label.task, "expire \(label)")]
            fixture.add(spec)
            fixture.change("demo-expire") { $0.state = .created }
            let subject = Subject.container(.local, "demo-expire")
            return [
                GuardTests.judge(.docker(.local, .createContainer(spec)), on: subject, fixture),
                GuardTests.judge(.docker(.local, .start("id-demo-expire")), on: subject, fixture),
            ]
        }
        let all = [backup("1F"), backup("2F"), backup("2F_3I", prior: "2F")]
        #expect(judge("1F", asked: "1F", all) == [nil, nil])
        #expect(judge("2F_3I", asked: "2F_3I", all) == [nil, nil])
        #expect(judge("1F", asked: nil, all) == [.lastCopy, .lastCopy])
        #expect(judge("1F", asked: "2F", all) == [.lastCopy, .lastCopy])
        #expect(judge("2F", asked: "2F", all) == [.lastCopy, .lastCopy])
        #expect(judge("1F", asked: "1F", [backup("1F")]) == [.lastCopy, .lastCopy])
    }

    @Test("a node turns away from its data only at rest, and while another one is seen to take writes")
    func replacement() {
        let spec = VolumeSpec(
            name: "pg-node-2-data-2", component: .node,
            labels: [LabelValue(Label.name, "pg-node-2"), LabelValue(Label.replaces, "pg-node-2-data: a test")])
        func judge(_ changes: (inout PlanningFixture) -> Void...) -> Invariant? {
            var fixture = PlanningFixture()
            for change in changes { change(&fixture) }
            return GuardTests.judge(
                .docker(.local, .createVolume(spec)), on: .volume(.local, "pg-node-2-data-2"), fixture)
        }
        let rest: (inout PlanningFixture) -> Void = { $0.stop("pg-node-2", exitCode: 0) }
        #expect(judge(rest) == nil)
        #expect(judge() == .onePlace)
        #expect(judge(rest, { $0.dcs { $0.leader = nil } }) == .lastCopy)
        #expect(judge(rest, { $0.dcs { $0.leader?.node = "pg-node-2" } }) == .lastCopy)
        #expect(judge(rest, { $0.member("pg-node-1") { $0.state = .starting } }) == .lastCopy)
        #expect(judge(rest, { $0.observation.dcs = .unknown(.notLooked) }) == .unknownIsNotAbsent)
        // half a copy is no last copy
        #expect(judge({ $0.stop("pg-node-2", data: .incomplete) }, { $0.dcs { $0.leader = nil } }) == nil)
    }

    @Test("restart a leader in its place only for a limit that becomes lower, and while every replica streams")
    func inPlace() {
        var fixture = PlanningFixture()
        func judge() -> Invariant? {
            GuardTests.judge(.patroni("pg-node-1", .restart()), on: .node("pg-node-1"), fixture)
        }
        #expect(judge() == .replicasFirst)
        fixture.member("pg-node-1") {
            $0.pending = [PendingParameter("max_connections", current: "100", wanted: "200")]
        }
        #expect(judge() == .replicasFirst)
        fixture.member("pg-node-1") {
            $0.pending = [PendingParameter("max_connections", current: "200", wanted: "100")]
        }
        // its clients come through poolers that can pause them
        #expect(judge() == .clientsPaused)
        var record = SwitchoverRecord(
            from: "pg-node-1", to: "pg-node-1", author: .controller, why: "a test", at: Timestamp(seconds: 7))
        fixture.dcs { $0.switchover = record }
        #expect(judge() == .clientsPaused)
        record.stage = .pausing
        fixture.dcs { $0.switchover = record }
        #expect(judge() == nil)
        fixture.dcs { $0.switchover?.to = "pg-node-2" }
        #expect(judge() == .replicasFirst)
        fixture.dcs { $0.switchover = nil }
        fixture.cluster.pooler.mode = .session
        #expect(judge() == nil)
        fixture.member("pg-node-3") { $0.isStreaming = false }
        #expect(judge() == .replicasFirst)
        #expect(
            GuardTests.judge(.docker(.local, .stop("id-pg-node-1")), on: .container(.local, "pg-node-1"), fixture)
                == .replicasFirst)
    }

    @Test("begin nothing in a repository that held backups, unless a person has given them up")
    func emptiedRepository() {
        var fixture = PlanningFixture()
        func judge(_ verb: String) -> Invariant? {
            let arguments = ["pgbackrest", "--stanza=pg-ha", verb]
            return GuardTests.judge(
                .docker(.local, .run("id-pg-node-1", arguments: arguments)), on: .repository, fixture)
        }
        #expect(judge("backup") == nil)
        for empty in [Sighting.absent, .present(RepositoryView(stanza: .missing))] {
            fixture.observation.repository = empty
            fixture.dcs { $0.repository?.lostAt = nil }
            #expect(judge("stanza-create") == .noFreshRepository)
            #expect(judge("backup") == .noFreshRepository)
            fixture.dcs {
                $0.repository?.lostAt = Timestamp(seconds: 100)
                $0.requests = [TaskRequest(.backup, type: .full, at: Timestamp(seconds: 90), modRevision: 4)]
            }
            #expect(judge("stanza-create") == .noFreshRepository)
            fixture.dcs { $0.requests[0].at = Timestamp(seconds: 110) }
            #expect(judge("stanza-create") == nil)
            fixture.dcs { $0.requests[0].type = .incremental }
            #expect(judge("backup") == .noFreshRepository)
        }
        fixture.observation.repository = .unknown(UnknownReason(.unreachable, "nobody looks"))
        #expect(judge("stanza-create") == .unknownIsNotAbsent)
        fixture.observation.repository = .present(RepositoryView(stanza: .missing))
        fixture.dcs { $0.repository = nil }
        #expect(judge("stanza-create") == nil)
        fixture.observation.dcs = .unknown(UnknownReason(.unreachable, "no quorum"))
        #expect(judge("stanza-create") == .unknownIsNotAbsent)
    }

    @Test("let a proven dead leader go")
    func release() { #expect(GuardTests.release(GuardTests.bereft) == nil) }

    @Test("release nobody without a proof, or past the rate")
    func unproven() {
        #expect(GuardTests.release(GuardTests.bereft, proof: nil) == .fenceOnlyTheDead)
        #expect(GuardTests.release(GuardTests.bereft, recent: 10) == .boundedEffect)
        #expect(GuardTests.release(GuardTests.bereft, recent: 9) == nil)
    }

    @Test(
        "release nobody whose container may live",
        arguments: [
            .running(startedAt: "t0"), .paused(startedAt: "t0"), .restarting, .removing, .dead,
            .exited(Exit(code: 255, startedAt: "t0", finishedAt: "t1")),
            .exited(Exit(code: 137, startedAt: "another life", finishedAt: "t1")),
            .exited(Exit(code: 137, startedAt: "t0", finishedAt: "t1", error: "cannot be killed")),
        ] as [ContainerState])
    func alive(state: ContainerState) {
        var fixture = GuardTests.bereft
        fixture.change("pg-node-1") { $0.state = state }
        #expect(GuardTests.release(fixture) == .fenceOnlyTheDead)
    }

    @Test("judge what an effect strikes by its IDs, whatever subject a planner wrote beside it")
    func wrongSubjects() {
        let subjects: [Subject] = [
            .container(.local, "pg-node-3"), .container(.local, "pgbouncer-1"), .volume(.local, "pg-node-1-data"),
            .cluster, .etcd,
        ]
        let fixture = PlanningFixture()
        var pausedPatroni = fixture
        pausedPatroni.dcs { $0.configuration = .object([("pause", .bool(true))]) }
        var maintained = fixture
        maintained.dcs { $0.pauses = [PauseRecord(node: "pg-node-2", since: "t0", author: "kim", reason: "a look")] }
        maintained.observation.rememberedPauses = maintained.observation.dcs.value?.pauses ?? []
        var alone = fixture
        alone.etcd { view in
            for place in view.endpoints.indices where view.endpoints[place].container.text != "etcd-1" {
                view.endpoints[place].status = .unknown(UnknownReason(.timedOut, "no answer"))
            }
        }
        for subject in subjects {
            func judge(_ effect: DockerEffect, _ fixture: PlanningFixture) -> Invariant? {
                GuardTests.judge(.docker(.local, effect), on: subject, fixture)
            }
            #expect(judge(.stop("id-pg-node-1"), fixture) == .replicasFirst, "\(subject.text)")
            #expect(judge(.kill("id-pg-node-1"), fixture) == .replicasFirst, "\(subject.text)")
            #expect(judge(.stop("id-pg-node-2"), pausedPatroni) == .pause, "\(subject.text)")
            #expect(judge(.update("id-pg-node-2", ContainerSettings()), maintained) == .pause, "\(subject.text)")
            #expect(judge(.stop("id-etcd-1"), alone) == .storeQuorum, "\(subject.text)")
        }
    }

    @Test("stop no leader that the manifest does not name any more before it has handed over")
    func surplusLeader() {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.count = 2
        fixture.dcs { $0.leader?.node = "pg-node-3" }
        func judge() -> Invariant? {
            GuardTests.judge(.docker(.local, .stop("id-pg-node-3")), on: .container(.local, "pg-node-3"), fixture)
        }
        #expect(judge() == .replicasFirst)
        fixture.dcs { $0.leader?.node = "pg-node-1" }
        #expect(judge() == nil)
        // it may have been elected since
        fixture.observation.dcs = .unknown(UnknownReason(.timedOut, "no answer"))
        #expect(judge() == .unknownIsNotAbsent)
    }

    @Test("judge a volume that a node turns to by a look of their own, and make none by a plan older than a release")
    func takeover() {
        let plain = VolumeSpec(name: "pg-node-3-data", component: .node, labels: [LabelValue(Label.name, "pg-node-3")])
        var other = plain
        other.labels.append(LabelValue(Label.replaces, "pg-node-3-data: asked for"))
        for (spec, isJudged) in [(plain, false), (other, true)] {
            let effect = Effect.docker(.local, .createVolume(spec))
            #expect(effect.needsFreshLook == isJudged && effect.concernsLeadership == isJudged)
        }
    }

    @Test("kill no surplus node that answers again")
    func surplusThatAnswers() {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.count = 2
        func judge() -> Invariant? {
            GuardTests.judge(.docker(.local, .kill("id-pg-node-3")), on: .container(.local, "pg-node-3"), fixture)
        }
        #expect(judge() == .replicasFirst)
        fixture.change("pg-node-3") { $0.state = .paused(startedAt: "t0") }
        #expect(judge() == nil)
    }

    @Test("release nobody for candidates whose keys alone still say that they run, or too few of a quorum")
    func candidatesThatRun() {
        var fixture = GuardTests.bereft
        fixture.change("pg-node-2") { $0.state = .exited(Exit(code: 137, startedAt: "t0", finishedAt: "t1")) }
        #expect(GuardTests.release(fixture) == .fenceOnlyTheDead)
        var stopping = GuardTests.bereft
        stopping.change("pg-node-2") { $0.isBeingStopped = true }
        #expect(GuardTests.release(stopping) == .fenceOnlyTheDead)
        // a quorum of one of two: the last commit may be on the one that is gone
        var quorum = GuardTests.bereft
        quorum.cluster.postgres.synchronous.mode = .quorum
        quorum.dcs { $0.synchronous = SynchronousKey(leader: "pg-node-1", standbys: ["pg-node-2", "pg-node-3"]) }
        #expect(GuardTests.release(quorum) == nil)
        quorum.change("pg-node-3") { $0.state = .exited(Exit(code: 137, startedAt: "t0", finishedAt: "t1")) }
        #expect(GuardTests.release(quorum) == .fenceOnlyTheDead)
        quorum.cluster.postgres.synchronous.number = 2
        #expect(GuardTests.release(quorum) == nil)
    }

    @Test("release nobody on a torn look")
    func torn() {
        var endpoint = GuardTests.bereft
        endpoint.engine.networks[0].endpoints.append("id-pg-node-1")
        #expect(GuardTests.release(endpoint) == .fenceOnlyTheDead)
        var otherEngine = GuardTests.bereft
        otherEngine.engine.id = "engine-2"
        #expect(GuardTests.release(otherEngine) == .fenceOnlyTheDead)
        var newKey = GuardTests.bereft
        newKey.observation.dcs = newKey.observation.dcs.map { view in
            var view = view
            view.leader = LeaderKey(node: "pg-node-1", lease: 8, createRevision: 11, modRevision: 11)
            return view
        }
        #expect(GuardTests.release(newKey) == .fenceOnlyTheDead)
        var blind = GuardTests.bereft
        blind.observation.dcs = .unknown(UnknownReason(.timedOut, "no answer"))
        #expect(GuardTests.release(blind) == .unknownIsNotAbsent)
    }

    @Test("release nobody because a namesake is dead")
    func namesake() {
        var fixture = GuardTests.bereft
        fixture.change("pg-node-1") { $0.id = "id-another" }
        #expect(GuardTests.release(fixture) == .fenceOnlyTheDead)
    }

    @Test("turn nothing to restored data while a node lives, or while no restore is at that point")
    func refounding() {
        var fixture = PlanningFixture()
        let key = RestoreRecord.prefix(of: "demo") + "r1"
        let effect = Effect.etcd(
            .refound(
                prefix: fixture.cluster.dcsPrefix, systemIdentifier: PlanningFixture.system, key: key, value: "{}",
                modRevision: 3))
        #expect(GuardTests.judge(effect, on: .leadership, fixture) == .noSecondInit)
        fixture.dcs {
            $0.restores = [
                RestoreRecord(id: "r1", target: .latest, stage: .switching, requestedAt: "t", modRevision: 3)
            ]
        }
        #expect(GuardTests.judge(effect, on: .leadership, fixture) == .onePlace)
        for node in fixture.cluster.nodeNames { fixture.stop(ContainerName(node.text), data: .empty) }
        #expect(GuardTests.judge(effect, on: .leadership, fixture) == .noSecondInit)
        fixture.change("pg-node-1") { $0.data = .present(PlanningFixture.data()) }
        #expect(GuardTests.judge(effect, on: .leadership, fixture) == nil)
    }

    @Test("release nobody whose volume another living container has, or whom nobody can follow")
    func successors() {
        var squatter = GuardTests.bereft
        var spec = NodeSpec.container("pg-node-1", at: EngineScope(squatter.input)!)
        spec.name = "squatter"
        spec.labels = []
        squatter.add(spec)
        #expect(GuardTests.release(squatter) == .fenceOnlyTheDead)
        var alone = GuardTests.bereft
        alone.observation.dcs = alone.observation.dcs.map { view in
            var view = view
            view.synchronous = SynchronousKey(leader: "pg-node-1", standbys: [])
            return view
        }
        #expect(GuardTests.release(alone) == .fenceOnlyTheDead)
    }

    @Test("release nobody for candidates that Patroni refuses because they lack too much")
    func candidatesThatLag() {
        var fixture = GuardTests.bereft
        fixture.observation.dcs = fixture.observation.dcs.map { view in
            var view = view
            view.leaderPosition = 40 << 20
            return view
        }
        fixture.member("pg-node-2") { $0.walPosition = 39 << 20 }
        #expect(GuardTests.release(fixture) == nil)
        fixture.member("pg-node-2") { $0.walPosition = 38 << 20 }
        #expect(GuardTests.release(fixture) == .fenceOnlyTheDead)
    }

    private static func node(_ effect: DockerEffect, _ name: ContainerName, _ fixture: PlanningFixture) -> Invariant? {
        judge(.docker(.local, effect), on: .container(.local, name), fixture)
    }

    @Test("interrupt neither the leader nor a streaming replica while another is down")
    func interruptions() {
        let healthy = PlanningFixture()
        #expect(GuardTests.node(.stop("id-pg-node-1"), "pg-node-1", healthy) == .replicasFirst)
        #expect(GuardTests.node(.stop("id-pg-node-2"), "pg-node-2", healthy) == nil)
        var broken = PlanningFixture()
        broken.stop("pg-node-3")
        #expect(GuardTests.node(.stop("id-pg-node-2"), "pg-node-2", broken) == .replicasFirst)
        var blind = PlanningFixture()
        blind.observation.dcs = .unknown(UnknownReason(.timedOut, "no answer"))
        #expect(GuardTests.node(.stop("id-pg-node-2"), "pg-node-2", blind) == .unknownIsNotAbsent)
    }

    @Test("kill a node only when it is frozen, cut off, or hangs")
    func kills() {
        #expect(GuardTests.node(.kill("id-pg-node-2"), "pg-node-2", PlanningFixture()) == .replicasFirst)
        var frozen = PlanningFixture()
        frozen.change("pg-node-2") { $0.state = .paused(startedAt: "t0") }
        #expect(GuardTests.node(.kill("id-pg-node-2"), "pg-node-2", frozen) == nil)
        var cutOff = PlanningFixture()
        cutOff.change("pg-node-2") { $0.attachments = [] }
        #expect(GuardTests.node(.kill("id-pg-node-2"), "pg-node-2", cutOff) == nil)
        cutOff.change("pg-node-1") { $0.attachments = [] }
        #expect(GuardTests.node(.kill("id-pg-node-1"), "pg-node-1", cutOff) == .replicasFirst)
    }

    @Test("keep etcd's majority")
    func quorum() {
        #expect(GuardTests.node(.stop("id-etcd-2"), "etcd-2", PlanningFixture()) == nil)
        var poor = PlanningFixture()
        poor.observation.etcd = poor.observation.etcd.map { view in
            var view = view
            view.endpoints[2].status = .unknown(UnknownReason(.timedOut, "no answer"))
            return view
        }
        #expect(GuardTests.node(.stop("id-etcd-2"), "etcd-2", poor) == .storeQuorum)
        #expect(GuardTests.judge(.etcd(.removeMember(memberID: 2)), on: .etcd, poor) == .storeQuorum)
        #expect(GuardTests.judge(.etcd(.removeMember(memberID: 3)), on: .etcd, poor) == nil)
        poor.change("etcd-2") { $0.attachments = [] }
        #expect(GuardTests.node(.kill("id-etcd-2"), "etcd-2", poor) == nil)
    }

    @Test("stop no member of etcd while its members cannot be seen, unless all of them have run for long")
    func unseenMembers() {
        func verdict(on member: ContainerName = "etcd-2", _ change: (inout PlanningFixture) -> Void) -> Invariant? {
            var fixture = PlanningFixture()
            let start = Timestamp(microseconds: Timestamp(PlanningFixture.now).microseconds - 30_000_000)
            for name: ContainerName in ["etcd-1", "etcd-2", "etcd-3"] {
                fixture.change(name) { $0.state = .running(startedAt: start.text) }
            }
            // the leader has just died, and the others have not elected another one yet
            fixture.observation.etcd = fixture.observation.etcd.map { view in
                var view = view
                view.members = []
                return view
            }
            change(&fixture)
            return GuardTests.node(.stop(ContainerID("id-\(member)")), member, fixture)
        }
        #expect(verdict { $0.stop("etcd-3") } == .storeQuorum)
        #expect(verdict { $0.remove("etcd-3") } == .storeQuorum)
        let now = Timestamp(PlanningFixture.now).text
        #expect(verdict { $0.change("etcd-3") { $0.state = .running(startedAt: now) } } == .storeQuorum)
        // what they run with keeps them apart
        #expect(verdict { _ in } == nil)
        // the only member is always interrupted
        #expect(verdict(on: "etcd-1") { $0.cluster.etcd.members = 1 } == nil)
    }

    @Test("never remove a volume, nor a container that is not stopped")
    func volumes() {
        #expect(GuardTests.node(.removeVolume("pg-node-2-data"), "pg-node-2", PlanningFixture()) == .immortalVolumes)
        #expect(GuardTests.node(.remove("id-pg-node-2"), "pg-node-2", PlanningFixture()) == .lastCopy)
        var stopped = PlanningFixture()
        stopped.stop("pg-node-2")
        #expect(GuardTests.node(.remove("id-pg-node-2"), "pg-node-2", stopped) == nil)
    }

    @Test("never touch what is not ours")
    func ownership() {
        var foreign = PlanningFixture()
        foreign.stop("pg-node-2")
        foreign.change("pg-node-2") { $0.labels = [] }
        for effect in [DockerEffect.start("id-pg-node-2"), .remove("id-pg-node-2"), .rename("id-pg-node-2", "x")] {
            #expect(GuardTests.node(effect, "pg-node-2", foreign) == .notOurs)
        }
    }

    @Test("start no node on a volume that another living container has, and no empty one where data has been")
    func starts() {
        var stopped = PlanningFixture()
        stopped.stop("pg-node-2")
        #expect(GuardTests.node(.start("id-pg-node-2"), "pg-node-2", stopped) == nil)
        var shared = stopped
        shared.change("pg-node-3") { other in
            other.settings.mounts = [VolumeMount(volume: "pg-node-2-data", destination: "/elsewhere")]
        }
        #expect(GuardTests.node(.start("id-pg-node-2"), "pg-node-2", shared) == .onePlace)
        var lost = PlanningFixture()
        for name in ["pg-node-1", "pg-node-2", "pg-node-3"] as [ContainerName] { lost.stop(name, data: .empty) }
        lost.observation.dcs = lost.observation.dcs.map { view in
            var view = view
            view.leader = nil
            return view
        }
        #expect(GuardTests.node(.start("id-pg-node-2"), "pg-node-2", lost) == .noSecondInit)
    }

    @Test("respect a pause")
    func pause() {
        var paused = GuardTests.bereft
        paused.observation.dcs = paused.observation.dcs.map { view in
            var view = view
            view.configuration = .object([("pause", .bool(true))])
            return view
        }
        #expect(GuardTests.release(paused) == .pause)
        #expect(GuardTests.node(.stop("id-pg-node-2"), "pg-node-2", paused) == .pause)
    }
}
