import Model
import Testing

@testable import Reconcilers
@testable import PlanningFixtures

@Suite("What a cluster was created with")
struct FoundingTests {
    private func refused(_ fixture: PlanningFixture) -> [String] {
        guard let scope = EngineScope(fixture.input) else { return [] }
        return ImmutableFields.changes(from: Facts(scope).all, to: fixture.cluster).map(\.path)
    }

    @Test("is recorded once there is a primary, and only while nothing of it is in question")
    func isRecorded() {
        var fixture = PlanningFixture()
        #expect(ImmutableFieldCheck().propose(fixture.input).backgroundActions.isEmpty)
        fixture.dcs { $0.bootstrapRecord = nil }
        let backgroundActions = ImmutableFieldCheck().propose(fixture.input).backgroundActions.map(\.effect)
        let record = BootstrapRecord(values: ImmutableFields.values(of: fixture.cluster))
        #expect(backgroundActions == [.etcd(.putIfAbsent(key: "/controller/demo/founded", value: record.value))])
        fixture.observation.database = .absent
        #expect(ImmutableFieldCheck().propose(fixture.input).backgroundActions.isEmpty)
    }

    @Test("is compared with the manifest, also after a restart: what cannot be had is refused, with what to do instead")
    func isCompared() throws {
        var fixture = PlanningFixture()
        fixture.cluster.postgres.locale = "C"
        fixture.cluster.accounts.database = "other"
        #expect(refused(fixture) == ["spec.postgres.locale", "spec.database.name"])
        let proposal = ImmutableFieldCheck().propose(fixture.input)
        #expect(proposal.refusesManifest)
        let condition = try #require(proposal.conditions.first)
        #expect(condition.type == .unsupportedChange)
        #expect(condition.message.contains("from C.UTF-8 to C"))
        #expect(condition.message.contains("pg_dump"))
        fixture = PlanningFixture()
        fixture.cluster.nodes.count = 5
        fixture.cluster.backups.stanza = "other"
        #expect(refused(fixture) == [])
    }

    @Test("is what PostgreSQL says of itself, whatever the record says")
    func isAsked() {
        var fixture = PlanningFixture()
        fixture.observation.database = fixture.observation.database.map { view in
            var view = view
            (view.locale, view.checksums) = ("C", false)
            return view
        }
        #expect(refused(fixture) == ["spec.postgres.locale", "spec.postgres.checksums"])
        fixture.cluster.postgres.locale = "C"
        fixture.cluster.postgres.checksums = false
        #expect(refused(fixture) == [])
    }

    @Test("is known without a record by what its parts are called")
    func isSeen() {
        var fixture = PlanningFixture()
        fixture.dcs { $0.bootstrapRecord = nil }
        fixture.cluster.nodes.namePrefix = "db-"
        fixture.cluster.etcd.namePrefix = "store-"
        fixture.cluster.backups.volume = "elsewhere"
        #expect(refused(fixture) == ["spec.etcd.namePrefix", "spec.nodes.namePrefix", "spec.backups.volume"])
        var renamed = PlanningFixture()
        renamed.observation.dcs = .unknown(UnknownReason(.unreachable, "no etcd member runs"))
        renamed.cluster.name = "other"
        #expect(refused(renamed) == ["metadata.name"])
    }

    @Test("stays known while etcd cannot be read")
    func isRemembered() {
        var fixture = PlanningFixture()
        fixture.observation.rememberedBootstrap = fixture.observation.dcs.value?.bootstrapRecord
        fixture.observation.dcs = .unknown(UnknownReason(.timedOut, "no answer"))
        fixture.cluster.accounts.database = "other"
        #expect(refused(fixture) == ["spec.database.name"])
    }
}

@Suite("Another major version")
struct MajorVersionTests {
    @Test("in a data directory is neither started nor touched, and the way to move is told")
    func data() throws {
        var fixture = PlanningFixture()
        let old = PostgresData(
            systemIdentifier: PlanningFixture.system, majorVersion: 17, timeline: 1, wasPrimary: false)
        fixture.stop("pg-node-3", data: .postgres(old))
        #expect(!fixture.actions.contains { $0.subject == .container(.local, "pg-node-3") })
        let condition = try #require(fixture.conditions.first { $0.type == .unsupportedChange })
        #expect(condition.subject == .node("pg-node-3"))
        for words in ["PostgreSQL 17", "pg_restore", "logical replication"] {
            #expect(condition.message.contains(words), "\(condition.message)")
        }
    }

    @Test("in an image is found out before any node runs it")
    func image() throws {
        var fixture = PlanningFixture()
        fixture.cluster.nodes.image = "postgres:19"
        var image = ImageSighting(reference: "postgres:19", id: .present("sha256:b"))
        image.postgresMajor = 19
        fixture.engine.images.append(image)
        #expect(!fixture.effects(Nodes()).contains { $0.isDisruptive })
        #expect(fixture.conditions.contains { $0.type == .unsupportedChange && $0.message.contains("PostgreSQL 19") })
        fixture.remove("pg-node-3")
        let made = fixture.effects(Nodes()).filter { if case .docker(_, .createContainer) = $0 { true } else { false } }
        #expect(made == [])
    }
}
