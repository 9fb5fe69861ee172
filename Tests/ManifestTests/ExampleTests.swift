import Manifest
import Model
import Testing

@Suite("The shipped examples")
struct ExampleTests {
    @Test("the shipped manifest is the default cluster plus the seed's parameters, schema and statistics")
    func shipped() throws {
        let cluster = try Manifest.load(path: repository + "/manifests/pg-ha-cluster.yaml")
        var expected = Cluster(name: "pg-ha-cluster")
        expected.postgres.parameters = [
            .init("max_connections", "200"), .init("shared_buffers", "256MB"), .init("effective_cache_size", "1GB"),
            .init("maintenance_work_mem", "64MB"), .init("work_mem", "1310kB"),
        ]
        expected.schema.extensions.append(ExtensionSettings(name: "pg_stat_statements"))
        expected.schema.migrations = cluster.schema.migrations
        #expect(cluster == expected)
        #expect(cluster.schema.migrations.map(\.name) == ["001_items.sql"])
        #expect(cluster.schema.migrations.first?.sql.contains("vector(1536)") == true)
        #expect(Manifest.warnings(for: cluster) == [])
    }

    @Test("the single node runs beside the shipped cluster: no name and no port in common")
    func single() throws {
        let one = try Manifest.load(path: repository + "/manifests/single-node.yaml")
        let many = try Manifest.load(path: repository + "/manifests/pg-ha-cluster.yaml")
        #expect(one.postgres.synchronous.mode == .off)
        #expect(one.nodes.count == 1)
        let names = { (cluster: Cluster) in
            Set(
                cluster.nodeNames.map(\.text) + cluster.etcdNames.map(\.text) + cluster.poolers(1...3).map(\.name.text)
                    + [
                        cluster.console.name.text, cluster.network.name.text, cluster.network.clientsName.text,
                        cluster.backups.volume.text,
                    ])
        }
        let ports = { (cluster: Cluster) in
            Set(
                (0..<9).flatMap { [cluster.nodes.postgresPort + $0, cluster.nodes.patroniPort + $0] }
                    + (0..<5).map { cluster.etcd.clientPort + $0 } + cluster.poolers(1...3).map(\.port)
                    + [cluster.console.port, cluster.monitoring.port])
        }
        #expect(names(one).isDisjoint(with: names(many)))
        #expect(ports(one).isDisjoint(with: ports(many)))
    }

    @Test("less memory alone is enough: what hangs on it follows, and synchrony needs a second node")
    func derived() throws {
        let spec = "  nodes: {count: 1, memory: 512MiB}\n  etcd: {memory: 64MiB}"
        let cluster = try read(manifest(spec)).get()
        #expect(cluster.nodes.sharedMemory == .mebibytes(512))
        #expect(cluster.etcd.quota == .mebibytes(512))
        #expect(cluster.postgres.synchronous.mode == .off)
        #expect(try read(Manifest.yaml(of: cluster)).get() == cluster)
    }

    @Test("three lines are a manifest, and mean every default")
    func smallest() throws {
        let text = "apiVersion: pg-controller.io/v1\nkind: PostgresCluster\nmetadata: {name: demo}\n"
        #expect(try read(text).get() == Cluster(name: "demo"))
        #expect(try read(text + "spec:\n  etcd:\n").get() == Cluster(name: "demo"))
        #expect(try read(text.replacing("\n", with: "\r\n")).get() == Cluster(name: "demo"))
    }
}
