import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("A change that rolls through the nodes")
struct RolloutTests {
    private static let next: ImageReference = "pg-controller/postgres:18b"

    /// A new image is wanted; it is there, or not.
    private func fixture(isThere: Bool = true) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.image = RolloutTests.next
        fixture.engine.images.append(
            ImageSighting(reference: RolloutTests.next, id: isThere ? .present("sha256:b") : .absent))
        return fixture
    }

    /// The first replica was made anew, and is in this state.
    private func renewed(_ state: ContainerState, _ member: PostgresState? = nil) -> PlanningFixture {
        var fixture = fixture()
        fixture.change("pg-node-2") { view in
            view.image = RolloutTests.next
            view.state = state
            view.data = .present(PlanningFixture.data())
        }
        fixture.member("pg-node-2") { view in
            view.isStreaming = false
            view.state = member ?? .starting
        }
        return fixture
    }

    @Test("a new image goes to a replica first")
    func beginsWithAReplica() {
        #expect(fixture().effects(Nodes()) == [.docker(.local, .stop("id-pg-node-2"))])
    }

    @Test("nobody is stopped for an image that is not there; it is fetched first")
    func fetchesFirst() {
        let fixture = fixture(isThere: false)
        #expect(fixture.effects(Nodes()) == [.docker(.local, .pull(RolloutTests.next))])
        #expect(fixture.conditions.contains { $0.type == .imageMissing })
    }

    @Test("a node that does not come up with the new image stops the rollout, which says so and names it")
    func stops() {
        for fixture in [
            renewed(.exited(Exit(code: 1, startedAt: "t0", finishedAt: "t1"))),
            renewed(.exited(Exit(code: 127, error: "exec: \"node\": not found"))),
            renewed(.running(startedAt: PlanningFixture.now.text), .failed),
            renewed(.running(startedAt: "2020-01-01T00:00:00Z")),
        ] {
            #expect(!fixture.effects(Nodes()).contains { $0.isDisruptive })
            let condition = fixture.conditions.first { $0.type == .rolloutStopped }
            #expect(condition?.subject == .node("pg-node-2"))
            #expect(condition?.message.contains("pg-node-1, pg-node-3 stay") == true)
        }
    }

    @Test("a node that is only on its way is no reason to say that the rollout stopped")
    func waits() {
        for fixture in [
            renewed(.running(startedAt: PlanningFixture.now.text)),
            renewed(.running(startedAt: "2020-01-01T00:00:00Z"), .cloning),
        ] {
            #expect(!fixture.effects(Nodes()).contains { $0.isDisruptive })
            #expect(!fixture.conditions.contains { $0.type == .rolloutStopped })
        }
    }

    @Test("the old value in the manifest makes the failed node anew, and leaves the others alone")
    func goesBack() {
        var fixture = renewed(.exited(Exit(code: 1, startedAt: "t0", finishedAt: "t1")))
        fixture.cluster.nodes.image = NodeSettings().image
        #expect(fixture.effects(Nodes()).contains(.docker(.local, .remove("id-pg-node-2"))))
        #expect(!fixture.effects(Nodes()).contains { if case .docker(_, .stop) = $0 { true } else { false } })
        #expect(!fixture.conditions.contains { $0.type == .rolloutStopped })
    }

    @Test("an extension becomes newer only when every node has the library for it")
    func updatesExtensionsLast() {
        var fixture = PlanningFixture()
        guard case .present(var database) = fixture.observation.database else { return }
        database.application.extensions = [ExtensionView(name: "vector", installed: "0.8.1", available: "0.8.10")]
        fixture.observation.database = .present(database)
        let update = Effect.sql("pg-node-1", .script("postgres", "ALTER EXTENSION \"vector\" UPDATE TO '0.8.10';"))
        fixture.change("pg-node-3") { $0.imageID = "sha256:older" }
        #expect(fixture.effects(Schema()) == [])
        fixture.change("pg-node-3") { $0.imageID = "" }
        #expect(fixture.effects(Schema()) == [update])
        database.application.extensions = [ExtensionView(name: "vector", installed: "0.8.10", available: "0.8.9")]
        fixture.observation.database = .present(database)
        #expect(fixture.effects(Schema()) == [])
    }

    @Test("a limit on what a new replica copies from the primary is Patroni's to keep, and needs a reload only")
    func limitsCloning() {
        var cluster = PlanningFixture().cluster
        #expect(!text(cluster).contains("max-rate"))
        cluster.nodes.cloneRate = .mebibytes(50)
        #expect(text(cluster).contains("    - checkpoint: fast\n    - max-rate: 51200\n"))
    }

    private func text(_ cluster: Cluster) -> String {
        var fixture = PlanningFixture()
        fixture.cluster = cluster
        return PatroniFile.spec(for: "pg-node-1", fixture.input).content.filled { $0.text }
    }
}
