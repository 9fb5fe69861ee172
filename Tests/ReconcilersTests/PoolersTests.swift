import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

@Suite("Poolers")
struct PoolersTests {
    private func lead(_ scenery: inout Scenery, to node: NodeName) {
        scenery.dcs { $0.leader = LeaderKey(node: node, lease: 8, createRevision: 60, modRevision: 60) }
        scenery.observation.database = scenery.observation.database.map { view in
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
        var scenery = Scenery()
        lead(&scenery, to: "pg-node-2")
        scenery.member("pg-node-2") { $0.role = .primary }
        let written = files(scenery.effects(Poolers()))
        #expect(written.filter { $0.contains("* = host=pg-node-2 ") }.count == 2)
    }

    @Test("stay where they are while the new leader does not take writes yet")
    func wait() {
        var scenery = Scenery()
        lead(&scenery, to: "pg-node-2")
        scenery.observation.database = .absent
        #expect(!files(scenery.effects(Poolers())).contains { $0.contains("* = host=pg-node-2 ") })
    }

    @Test("are told to read a file that they have not read, and only then to let clients go on")
    func reload() {
        var scenery = Scenery()
        scenery.pooler("pgbouncer-1") {
            $0.version = "old"
            $0.isPaused = true
        }
        let effects = scenery.effects(Poolers())
        guard effects.count == 1, case .pooler("pgbouncer-1", .reload) = effects[0] else {
            Issue.record("\(effects)")
            return
        }
        scenery = Scenery()
        scenery.pooler("pgbouncer-2") { $0.isPaused = true }
        #expect(scenery.effects(Poolers()) == [.pooler("pgbouncer-2", .resume)])
    }

    @Test("for reading lead to the replicas that stream, and to the primary where none does")
    func readOnly() {
        var scenery = Scenery()
        scenery.member("pg-node-3") { $0.isStreaming = false }
        #expect(files(scenery.effects(Poolers())).filter { $0.contains("* = host=pg-node-2 ") }.count == 2)
        scenery.member("pg-node-2") { $0.isStreaming = false }
        #expect(files(scenery.effects(Poolers())).filter { $0.contains("* = host=pg-node-1 ") }.count == 2)
    }

    @Test("that died are started at once, and their password file holds no password")
    func start() {
        var scenery = Scenery()
        scenery.stop("pgbouncer-1-ro")
        #expect(scenery.effects(Poolers()) == [.docker(.local, .start("id-pgbouncer-1-ro"))])
        guard let site = Site(scenery.scene), let pooler = scenery.cluster.poolers.first else { return }
        let holes = PoolerSpec.container(pooler, hosts: ["pg-node-1"], at: site).files.flatMap(\.content.segments)
            .compactMap { if case .secret(let name) = $0 { name } else { nil } }
        #expect(Set(holes) == ["pooler-verifier", "cluster-key", "cluster-certificate"])
    }

    private static let next: ImageReference = "pg-controller/pgbouncer:1b"

    /// Another image is wanted; it is there, or not.
    private func outdated(isThere: Bool = true) -> Scenery {
        var scenery = Scenery()
        scenery.cluster.pooler.image = PoolersTests.next
        scenery.engine.images.append(
            ImageSighting(reference: PoolersTests.next, id: isThere ? .present("sha256:b") : .absent))
        return scenery
    }

    /// The poolers that would be stopped, the first first: a plan takes one interruption at a time.
    private func stopped(_ scenery: Scenery) -> [Effect] {
        scenery.effects(Poolers()).filter { if case .docker(_, .stop) = $0 { true } else { false } }
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
        silent.observation.poolers[0].view = .unknown(Blindness(.timedOut, "no answer"))
        #expect(!stopped(silent).contains(.docker(.local, .stop("id-pgbouncer-2"))))
    }

    @Test("that wait for their turn go on leading where they should")
    func meanwhile() {
        var scenery = outdated(isThere: false)
        lead(&scenery, to: "pg-node-2")
        scenery.member("pg-node-2") { $0.role = .primary }
        #expect(files(scenery.effects(Poolers())).filter { $0.contains("* = host=pg-node-2 ") }.count == 2)
        #expect(scenery.conditions.contains { $0.type == .poolerAvailable && $0.status != .true })
    }

    @Test("that the manifest does not ask for any more go")
    func surplus() {
        var scenery = Scenery()
        scenery.cluster.pooler.enabled = false
        #expect(scenery.effects(Poolers()) == [.docker(.local, .stop("id-pgbouncer-1"))])
    }
}
