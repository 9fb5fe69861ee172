import Foundation
import TestSupport
import Testing

@Suite("A cluster that somebody meddles with")
struct RepairTests {
    @Test("repairs whatever is deleted, stopped or changed, keeps its data, and says why")
    func repairs() async throws {
        try await ClusterFixture.with { cluster in
            try cluster.run()
            try await cluster.ready()
            try await cluster.psql(try await cluster.primary(), "create table kept as select 1 as n")
            try await containers(cluster)
            try await settings(cluster)
            try await insides(cluster)
            try await network(cluster)
            #expect(try await cluster.psql(try await cluster.primary(), "select n from kept") == "1")
        }
    }

    private func replica(_ cluster: ClusterFixture) async throws -> String {
        let status = try await cluster.ready()
        guard let name = status.nodes.last(where: { $0.role == "replica" })?.name else {
            throw ShellError(description: "no replica")
        }
        return name
    }

    private func containers(_ cluster: ClusterFixture) async throws {
        for name in [try await replica(cluster), cluster.member(2), cluster.console] {
            let before = try await cluster.inspect(name, "{{.Id}}")
            _ = try await cluster.docker("rm", "-f", name)
            try await cluster.ready()
            #expect(try await cluster.inspect(name, "{{.Id}}") != before)
            try await cluster.event(name, "create container", "does not exist")
        }
        let primary = try await cluster.primary()
        _ = try await cluster.docker("rm", "-f", primary)
        try await cluster.ready()
        #expect(try await cluster.primary() != primary)
        try await cluster.event("release the leader key of \(primary)", "its container was removed")
        let stopped = try await replica(cluster)
        _ = try await cluster.docker("stop", stopped)
        try await cluster.ready()
        try await cluster.event(stopped, "start ", "it is stopped")
        let paused = try await replica(cluster)
        _ = try await cluster.docker("pause", paused)
        try await cluster.event(paused, "unpause", "it is paused")
        let renamed = try await replica(cluster)
        _ = try await cluster.docker("rename", renamed, cluster.id + "-elsewhere")
        try await cluster.event(renamed, "rename to \(renamed)")
        let wiped = try await replica(cluster)
        // the controller may be quicker than the next command and have the volume in use again
        _ = try await eventually("the volume to go") {
            _ = try await cluster.docker("rm", "-f", wiped)
            return try await cluster.docker("volume", "rm", wiped + "-data")
        }
        try await cluster.ready()
        try await cluster.event("volume \(wiped)-data", "create volume")
    }

    private func settings(_ cluster: ClusterFixture) async throws {
        let name = try await replica(cluster)
        _ = try await cluster.docker("update", "--memory", "512m", "--memory-swap", "512m", name)
        try await cluster.event(name, "change limits in place", "memory 512MiB → 1GiB")
        try await cluster.ready()
        #expect(try await cluster.inspect(name, "{{.HostConfig.Memory}}") == String(1 << 30))
        _ = try await cluster.docker("network", "disconnect", cluster.network, name)
        try await cluster.event(name, "connect", "not connected")
        try await cluster.ready()
    }

    private func insides(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        try await cluster.psql(primary, "drop extension pg_stat_statements")
        try await cluster.psql(primary, "drop table items")
        try await cluster.psql(primary, "alter role pgadmin password 'changed'")
        _ = try await Shell.run([
            "docker", "exec", primary, "sh", "-c",
            "curl -s --version >/dev/null 2>&1; chmod u+w /etc/controller/pgbackrest.conf; echo '# hello' >> /etc/controller/pgbackrest.conf",
        ])
        // an edit of the database tells nobody; the resync finds it within a minute
        try await cluster.event("pg_stat_statements", "run SQL")
        try await cluster.event("password of role pgadmin", "set the password")
        try await cluster.event(primary, "write", "pgbackrest.conf")
        // no migration is applied a second time: a person says that the table was dropped on purpose
        let words = try await eventually("a word about the table") { () -> String? in
            try await cluster.status().conditions.first {
                $0.type == "SchemaCurrent" && $0.status == "False" && $0.message.contains("public.items")
            }?.message
        }
        let accept = try #require(words.range(of: "UPDATE controller.migrations"))
        try await cluster.psql(primary, String(words[accept.lowerBound...]))
        try await cluster.ready()
        #expect(try await cluster.psql(primary, "select to_regclass('items') is null") == "t")
        let config = try await Shell.run(["docker", "exec", primary, "cat", "/etc/controller/pgbackrest.conf"])
        #expect(!config.contains("hello"))
        _ = try await Shell.run([
            "docker", "exec", cluster.member(1), "sh", "-c",
            "key=/service/\(cluster.id)/config; v=$(etcdctl get --print-value-only $key); "
                + "etcdctl put $key \"$(echo \"$v\" | sed 's/\"loop_wait\":10/\"loop_wait\":7/')\"",
        ])
        try await cluster.event("patch the dynamic configuration", "loop_wait")
        try await cluster.ready()
    }

    /// Everything is cut off and the network removed while nobody watches; the controller finds it so.
    private func network(_ cluster: ClusterFixture) async throws {
        cluster.kill()
        let attached = try await cluster.docker(
            "network", "inspect", "-f", "{{range .Containers}}{{.Name}} {{end}}", cluster.network)
        // not forced: a forced disconnect leaves old addresses in the DNS of Docker 20.10
        for name in attached.split(separator: " ") {
            _ = try await cluster.docker("network", "disconnect", cluster.network, String(name))
        }
        _ = try await cluster.docker("network", "rm", cluster.network)
        try cluster.run()
        try await cluster.event("create network", "does not exist")
        try await cluster.ready()
    }
}
