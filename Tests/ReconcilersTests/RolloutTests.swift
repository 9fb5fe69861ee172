import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

@Suite("A change that rolls through the nodes")
struct RolloutTests {
    private static let next: ImageReference = "pg-controller/postgres:18b"

    /// A new image is wanted; it is there, or not.
    private func scenery(isThere: Bool = true) -> Scenery {
        var scenery = Scenery()
        scenery.cluster.nodes.image = RolloutTests.next
        scenery.engine.images.append(
            ImageSighting(reference: RolloutTests.next, id: isThere ? .present("sha256:b") : .absent))
        return scenery
    }

    /// The first replica was made anew, and is in this state.
    private func renewed(_ state: ContainerState, _ member: PostgresState? = nil) -> Scenery {
        var scenery = scenery()
        scenery.change("pg-node-2") { view in
            view.image = RolloutTests.next
            view.state = state
            view.data = .present(Scenery.data())
        }
        scenery.member("pg-node-2") { view in
            view.isStreaming = false
            view.state = member ?? .starting
        }
        return scenery
    }

    @Test("a new image goes to a replica first")
    func beginsWithAReplica() {
        #expect(scenery().effects(Nodes()) == [.docker(.local, .stop("id-pg-node-2"))])
    }

    @Test("nobody is stopped for an image that is not there; it is fetched first")
    func fetchesFirst() {
        let scenery = scenery(isThere: false)
        #expect(scenery.effects(Nodes()) == [.docker(.local, .pull(RolloutTests.next))])
        #expect(scenery.conditions.contains { $0.type == .imageMissing })
    }

    @Test("a node that does not come up with the new image stops the rollout, which says so and names it")
    func stops() {
        for scenery in [
            renewed(.exited(Exit(code: 1, startedAt: "t0", finishedAt: "t1"))),
            renewed(.exited(Exit(code: 127, error: "exec: \"node\": not found"))),
            renewed(.running(startedAt: Scenery.now.text), .failed),
            renewed(.running(startedAt: "2020-01-01T00:00:00Z")),
        ] {
            #expect(!scenery.effects(Nodes()).contains { $0.isDisruptive })
            let condition = scenery.conditions.first { $0.type == .rolloutStopped }
            #expect(condition?.subject == .node("pg-node-2"))
            #expect(condition?.message.contains("pg-node-1, pg-node-3 stay") == true)
        }
    }

    @Test("a node that is only on its way is no reason to say that the rollout stopped")
    func waits() {
        for scenery in [
            renewed(.running(startedAt: Scenery.now.text)),
            renewed(.running(startedAt: "2020-01-01T00:00:00Z"), .cloning),
        ] {
            #expect(!scenery.effects(Nodes()).contains { $0.isDisruptive })
            #expect(!scenery.conditions.contains { $0.type == .rolloutStopped })
        }
    }

    @Test("the old value in the manifest makes the failed node anew, and leaves the others alone")
    func goesBack() {
        var scenery = renewed(.exited(Exit(code: 1, startedAt: "t0", finishedAt: "t1")))
        scenery.cluster.nodes.image = NodeSettings().image
        #expect(scenery.effects(Nodes()).contains(.docker(.local, .remove("id-pg-node-2"))))
        #expect(!scenery.effects(Nodes()).contains { if case .docker(_, .stop) = $0 { true } else { false } })
        #expect(!scenery.conditions.contains { $0.type == .rolloutStopped })
    }

    @Test("an extension becomes newer only when every node has the library for it")
    func updatesExtensionsLast() {
        var scenery = Scenery()
        guard case .present(var database) = scenery.observation.database else { return }
        database.extensions = [ExtensionView(name: "vector", installed: "0.8.1", available: "0.8.10")]
        scenery.observation.database = .present(database)
        let update = Effect.sql("pg-node-1", .script("postgres", "ALTER EXTENSION \"vector\" UPDATE TO '0.8.10';"))
        scenery.change("pg-node-3") { $0.imageID = "sha256:older" }
        #expect(scenery.effects(Schema()) == [])
        scenery.change("pg-node-3") { $0.imageID = "" }
        #expect(scenery.effects(Schema()) == [update])
        database.extensions = [ExtensionView(name: "vector", installed: "0.8.10", available: "0.8.9")]
        scenery.observation.database = .present(database)
        #expect(scenery.effects(Schema()) == [])
    }

    @Test("a limit on what a new replica copies from the primary is Patroni's to keep, and needs a reload only")
    func limitsCloning() {
        var cluster = Scenery().cluster
        #expect(!text(cluster).contains("max-rate"))
        cluster.nodes.cloneRate = .mebibytes(50)
        #expect(text(cluster).contains("    - checkpoint: fast\n    - max-rate: 51200\n"))
    }

    private func text(_ cluster: Cluster) -> String {
        PatroniFile.spec(for: "pg-node-1", cluster: cluster, secrets: []).content.filled { $0.text }
    }
}
