import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("Poolers")
struct PoolersTests {
    private func lead(_ fixture: inout PlanningFixture, to node: NodeName) {
        fixture.dcs { $0.leader = LeaderKey(node: node, lease: 8, createRevision: 60, modRevision: 60) }
        fixture.observation.database = fixture.observation.database.map { view in
            var view = view
            view.node = node
            return view
        }
    }

    private func files(_ effects: [Effect]) -> [String] {
        effects.flatMap { effect -> [String] in
            guard case .docker(_, .upload(_, let files)) = effect else { return [] }
            return files.filter { $0.path.hasSuffix(".ini") }.map { $0.content.filled { $0.text } }
        }
    }

    @Test("lead to whoever takes writes by PostgreSQL's own word")
    func follow() {
        var fixture = PlanningFixture()
        lead(&fixture, to: "pg-node-2")
        fixture.member("pg-node-2") { $0.role = .primary }
        let written = files(fixture.effects(Poolers()))
        #expect(written.filter { $0.contains("* = host=pg-node-2 ") }.count == 2)
    }

    @Test("stay where they are while the new leader does not take writes yet")
    func wait() {
        var fixture = PlanningFixture()
        lead(&fixture, to: "pg-node-2")
        fixture.observation.database = .absent
        #expect(!files(fixture.effects(Poolers())).contains { $0.contains("* = host=pg-node-2 ") })
    }

    @Test("are told to read a file that they have not read, and only then to let clients go on")
    func reload() {
        var fixture = PlanningFixture()
        fixture.pooler("pgbouncer-1") {
            $0.version = "old"
            $0.isPaused = true
        }
        let effects = fixture.effects(Poolers())
        guard effects.count == 1, case .pooler("pgbouncer-1", .reload) = effects[0] else {
            Issue.record("\(effects)")
            return
        }
        fixture = PlanningFixture()
        fixture.pooler("pgbouncer-2") { $0.isPaused = true }
        #expect(fixture.effects(Poolers()) == [.pooler("pgbouncer-2", .resume)])
    }

    @Test("for reading lead to the replicas that stream, and to the primary where none does")
    func readOnly() {
        var fixture = PlanningFixture()
        fixture.member("pg-node-3") { $0.isStreaming = false }
        #expect(files(fixture.effects(Poolers())).filter { $0.contains("* = host=pg-node-2 ") }.count == 2)
        fixture.member("pg-node-2") { $0.isStreaming = false }
        #expect(files(fixture.effects(Poolers())).filter { $0.contains("* = host=pg-node-1 ") }.count == 2)
    }

    @Test("that died are started at once, and their password file holds no password")
    func start() {
        var fixture = PlanningFixture()
        fixture.stop("pgbouncer-1-ro")
        #expect(fixture.effects(Poolers()) == [.docker(.local, .start("id-pgbouncer-1-ro"))])
        guard let scope = EngineScope(fixture.input), let pooler = fixture.cluster.poolers.first else { return }
        let holes = PoolerSpec.container(pooler, hosts: ["pg-node-1"], at: scope).files.flatMap(\.content.segments)
            .compactMap { if case .secret(let name) = $0 { name } else { nil } }
        #expect(Set(holes) == ["pooler-verifier", "identity-pooler", "identity-pooler.server", "authorities"])
    }

    private static let next: ImageReference = "pg-controller/pgbouncer:1b"

    /// Another image is wanted; it is there, or not.
    private func outdated(isThere: Bool = true) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.pooler.image = PoolersTests.next
        fixture.engine.images.append(
            ImageSighting(reference: PoolersTests.next, id: isThere ? .present("sha256:b") : .absent))
        return fixture
    }

    /// The poolers that would be stopped, the first first: a plan takes one interruption at a time.
    private func stopped(_ fixture: PlanningFixture) -> [Effect] {
        fixture.effects(Poolers()).filter { if case .docker(_, .stop) = $0 { true } else { false } }
    }

    @Test("are made anew one at a time: the image first, and only while all others serve")
    func inTurn() {
        #expect(stopped(outdated()).first == .docker(.local, .stop("id-pgbouncer-1")))
        let missing = outdated(isThere: false)
        #expect(stopped(missing) == [])
        #expect(missing.effects(Poolers()).contains(.docker(.local, .pull(PoolersTests.next))))
        var second = outdated()
        second.stop("pgbouncer-1")
        #expect(second.effects(Poolers()) == [.docker(.local, .remove("id-pgbouncer-1"))])
        second.remove("pgbouncer-1")
        #expect(stopped(second) == [])
        var silent = outdated()
        silent.observation.poolers[0].view = .unknown(UnknownReason(.timedOut, "no answer"))
        #expect(!stopped(silent).contains(.docker(.local, .stop("id-pgbouncer-2"))))
    }

    @Test("that wait for their turn go on leading where they should")
    func meanwhile() {
        var fixture = outdated(isThere: false)
        lead(&fixture, to: "pg-node-2")
        fixture.member("pg-node-2") { $0.role = .primary }
        #expect(files(fixture.effects(Poolers())).filter { $0.contains("* = host=pg-node-2 ") }.count == 2)
        #expect(fixture.conditions.contains { $0.type == .poolerAvailable && $0.status != .true })
    }

    @Test("that the manifest does not ask for any more go")
    func surplus() {
        var fixture = PlanningFixture()
        fixture.cluster.pooler.enabled = false
        #expect(fixture.effects(Poolers()) == [.docker(.local, .stop("id-pgbouncer-1"))])
    }
}
