import Model
import Testing

@testable import Reconcilers
@testable import TestScenery

@Suite("What a cluster was founded with")
struct FoundingTests {
    private func refused(_ scenery: Scenery) -> [String] {
        guard let site = Site(scenery.scene) else { return [] }
        return Lasting.changes(from: Facts(site).all, to: scenery.cluster).map(\.path)
    }

    @Test("is recorded once there is a primary, and only while nothing of it is in question")
    func isRecorded() {
        var scenery = Scenery()
        #expect(Founding().propose(scenery.scene).chores.isEmpty)
        scenery.dcs { $0.founding = nil }
        let chores = Founding().propose(scenery.scene).chores.map(\.effect)
        let record = FoundingRecord(values: Lasting.values(of: scenery.cluster))
        #expect(chores == [.etcd(.putIfAbsent(key: "/controller/demo/founded", value: record.value))])
        scenery.observation.database = .absent
        #expect(Founding().propose(scenery.scene).chores.isEmpty)
    }

    @Test("is compared with the manifest, also after a restart: what cannot be had is refused, with what to do instead")
    func isCompared() throws {
        var scenery = Scenery()
        scenery.cluster.postgres.locale = "C"
        scenery.cluster.accounts.database = "other"
        #expect(refused(scenery) == ["spec.postgres.locale", "spec.database.name"])
        let proposal = Founding().propose(scenery.scene)
        #expect(proposal.refusesManifest)
        let condition = try #require(proposal.conditions.first)
        #expect(condition.type == .unsupportedChange)
        #expect(condition.message.contains("from C.UTF-8 to C"))
        #expect(condition.message.contains("pg_dump"))
        scenery = Scenery()
        scenery.cluster.nodes.count = 5
        scenery.cluster.backups.stanza = "other"
        #expect(refused(scenery) == [])
    }

    @Test("is what PostgreSQL says of itself, whatever the record says")
    func isAsked() {
        var scenery = Scenery()
        scenery.observation.database = scenery.observation.database.map { view in
            var view = view
            (view.locale, view.checksums) = ("C", false)
            return view
        }
        #expect(refused(scenery) == ["spec.postgres.locale", "spec.postgres.checksums"])
        scenery.cluster.postgres.locale = "C"
        scenery.cluster.postgres.checksums = false
        #expect(refused(scenery) == [])
    }

    @Test("is known without a record by what its parts are called")
    func isSeen() {
        var scenery = Scenery()
        scenery.dcs { $0.founding = nil }
        scenery.cluster.nodes.namePrefix = "db-"
        scenery.cluster.etcd.namePrefix = "store-"
        scenery.cluster.backups.volume = "elsewhere"
        #expect(refused(scenery) == ["spec.etcd.namePrefix", "spec.nodes.namePrefix", "spec.backups.volume"])
        var renamed = Scenery()
        renamed.observation.dcs = .unknown(Blindness(.unreachable, "no etcd member runs"))
        renamed.cluster.name = "other"
        #expect(refused(renamed) == ["metadata.name"])
    }

    @Test("stays known while etcd cannot be read")
    func isRemembered() {
        var scenery = Scenery()
        scenery.observation.rememberedFounding = scenery.observation.dcs.value?.founding
        scenery.observation.dcs = .unknown(Blindness(.timedOut, "no answer"))
        scenery.cluster.accounts.database = "other"
        #expect(refused(scenery) == ["spec.database.name"])
    }
}

@Suite("Another major version")
struct MajorVersionTests {
    @Test("in a data directory is neither started nor touched, and the way to move is told")
    func data() throws {
        var scenery = Scenery()
        let old = PostgresData(systemIdentifier: Scenery.system, majorVersion: 17, timeline: 1, wasPrimary: false)
        scenery.stop("pg-node-3", data: .postgres(old))
        #expect(!scenery.actions.contains { $0.subject == .container(.local, "pg-node-3") })
        let condition = try #require(scenery.conditions.first { $0.type == .unsupportedChange })
        #expect(condition.subject == .node("pg-node-3"))
        for words in ["PostgreSQL 17", "pg_restore", "logical replication"] {
            #expect(condition.message.contains(words), "\(condition.message)")
        }
    }

    @Test("in an image is found out before any node runs it")
    func image() throws {
        var scenery = Scenery()
        scenery.cluster.nodes.image = "postgres:19"
        var image = ImageSighting(reference: "postgres:19", id: .present("sha256:b"))
        image.postgresMajor = 19
        scenery.engine.images.append(image)
        #expect(!scenery.effects(Nodes()).contains { $0.isDisruptive })
        #expect(scenery.conditions.contains { $0.type == .unsupportedChange && $0.message.contains("PostgreSQL 19") })
        scenery.remove("pg-node-3")
        let made = scenery.effects(Nodes()).filter { if case .docker(_, .createContainer) = $0 { true } else { false } }
        #expect(made == [])
    }
}
