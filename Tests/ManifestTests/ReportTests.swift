import Manifest
import Model
import Testing

@Suite("The report")
struct ReportTests {
    @Test("every mistake is told in one go, in the order of the text")
    func together() {
        let found = mistakes(
            manifest(
                """
                  etcd: {members: 2, membres: 3}
                  nodes: {count: three, count: 4, memory: 512mb}
                  zebra: 1
                  postgres: {parameters: {max_conections: 1}}
                """))
        #expect(
            found.map(\.path) == [
                "spec.etcd.members", "spec.etcd.membres", "spec.nodes.count", "spec.nodes.memory", "spec.zebra",
                "spec.postgres.parameters.max_conections",
            ])
    }

    @Test("a mistake is one line: file, place, path, what is wrong, what is there, what is expected, what was meant")
    func line() {
        #expect(
            mistakes(manifest("  etcd: {memory: 512mb}")).map(\.description) == [
                "cluster.yaml:5:18: spec.etcd.memory: is no amount of memory (got 512mb); expected a whole number with "
                    + "KiB, MiB or GiB, from 64MiB to 64GiB. Did you mean \"512MiB\"?"
            ])
    }

    @Test("twenty are written out, and the rest is counted")
    func many() {
        let spec = (1...30).map { "  unknown\($0): 1" }.joined(separator: "\n")
        guard case .failure(let rejection) = read(manifest(spec)) else {
            Issue.record("was accepted")
            return
        }
        #expect(rejection.errors.count == 30)
        #expect(rejection.description.hasSuffix("\nand 10 more"))
    }

    @Test("a secret that was written in the manifest is not repeated")
    func secrets() {
        for spec in [
            "  database: {admin: {password: hunter2}}", "  console: {token: hunter2}",
            "  database: {admin: {passwordFile: [hunter2]}}", "  console: {passwordFile: hunter2missing}",
        ] {
            let text = mistakes(manifest(spec)).map(\.description).joined()
            #expect(!text.isEmpty)
            #expect(!text.contains("hunter2"), "\(text)")
        }
    }

    @Test("a mistake in one field does not bring up others about its default")
    func quiet() {
        #expect(mistakes(manifest("  nodes: {count: x}\n  postgres: {synchronous: {number: 5}}")).count == 1)
    }

    @Test("the committed schema is the one that is printed")
    func schema() throws {
        let committed = try PlainText.read(repository + "/manifests/schema.json")
        #expect(Manifest.jsonSchema() == committed, "run: controller schema > manifests/schema.json")
    }

    @Test("what cannot change is refused with what to do instead")
    func changes() {
        let current = Cluster(name: "demo")
        var wanted = current
        wanted.nodes.count = 5
        wanted.nodes.postgresPort = 6432
        wanted.backups.stanza = "other"
        #expect(Manifest.changes(from: current, to: wanted) == [])
        wanted.name = "other"
        wanted.postgres.locale = "C"
        wanted.postgres.checksums = false
        wanted.network.driver = "overlay"
        wanted.backups.volume = "other"
        let refused = Manifest.changes(from: current, to: wanted)
        #expect(
            refused.map(\.path) == [
                "metadata.name", "spec.network.driver", "spec.postgres.locale", "spec.postgres.checksums",
                "spec.backups.volume",
            ])
        #expect(refused.first?.description.contains("cannot change after creation (from demo to other)") == true)
    }
}
