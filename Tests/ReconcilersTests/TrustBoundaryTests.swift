import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("What the containers let in")
struct TrustBoundaryTests {
    private func scope(_ change: (inout Cluster) -> Void = { _ in }) throws -> EngineScope {
        var fixture = PlanningFixture()
        change(&fixture.cluster)
        return try #require(EngineScope(fixture.input))
    }

    @Test("etcd publishes no port unless the manifest says so: a write into it runs programs on every node")
    func etcd() throws {
        func ports(_ scope: EngineScope) -> [PortBinding] {
            scope.cluster.etcdNames.flatMap {
                EtcdSpec.container($0, join: EtcdSpec.bootstrap, at: scope).settings.ports
            }
        }
        #expect(ports(try scope()).isEmpty)
        let published = ports(try scope { $0.etcd.publish = true })
        #expect(published.count == 3 && published.allSatisfy { $0.hostAddress == "127.0.0.1" })
    }

    @Test("the admin role may look at PgBouncer and change nothing: its settings decide who logs in as whom")
    func pooler() throws {
        let scope = try scope()
        let pooler = try #require(scope.cluster.poolers.first)
        let spec = PoolerSpec.container(pooler, hosts: ["pg-node-1"], at: scope)
        let file = try #require(spec.files.first { $0.path.hasSuffix("pgbouncer.ini") })
        let lines = file.content.segments.map { if case .text(let text) = $0 { text } else { "" } }.joined()
            .split(separator: "\n")
        let admins = lines.filter { $0.hasPrefix("admin_users") }
        #expect(admins == ["admin_users = \(PoolerSettings.consoleUser)"])
        #expect(lines.contains("stats_users = \(scope.cluster.accounts.admin.role)"))
    }

    @Test("a node has the time to stop that the manifest gives it")
    func stopTimeout() throws {
        let scope = try scope { $0.nodes.stopTimeout = .seconds(47) }
        #expect(NodeSpec.container("pg-node-1", at: scope).settings.stopTimeoutSeconds == 47)
    }
}
