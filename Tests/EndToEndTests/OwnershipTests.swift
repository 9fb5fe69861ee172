import Foundation
import TestSupport
import Testing

@Suite("What is not ours, and what is to go")
struct OwnershipTests {
    @Test("foreign objects of our names are never touched, and a condition says so")
    func sparesForeigners() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            let volume = try await cluster.docker("volume", "create", cluster.node(1) + "-data")
            _ = try await cluster.docker("create", "--name", cluster.console, "pg-controller/etcd:3.5")
            let container = try await cluster.inspect(cluster.console, "{{.Id}} {{.State.Status}}")
            defer { _ = Task { try? await Shell.run(["docker", "volume", "rm", volume]) } }
            try cluster.run()
            let status = try await eventually("NotOwned") { () -> Status? in
                let status = try await cluster.status()
                return status.has("NotOwned") ? status : nil
            }
            #expect(status.conditions.contains { $0.type == "NotOwned" && $0.message.contains(volume) })
            #expect(try await cluster.inspect(cluster.console, "{{.Id}} {{.State.Status}}") == container)
            cluster.kill()
            _ = try await cluster.docker("rm", "-f", cluster.console)
        }
    }

    @Test("destroy asks for the name, keeps the volumes, and removes them only when told")
    func destroys() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            try await cluster.command("apply", "--timeout", "120")
            try await cluster.psql(cluster.node(1), "create table kept as select 5 as n")
            await #expect(throws: ShellError.self) { try await cluster.command("destroy", "--yes", "other") }
            #expect(try await cluster.inspect(cluster.node(1), "{{.State.Running}}") == "true")
            try await cluster.command("destroy", "--yes", cluster.id)
            let label = "label=io.pg-controller.cluster=\(cluster.id)"
            #expect(try await cluster.docker("ps", "-aq", "--filter", label).isEmpty)
            #expect(try await cluster.docker("volume", "ls", "-q", "--filter", label).split(separator: "\n").count == 3)
            try await cluster.command("apply", "--timeout", "120")
            #expect(try await cluster.psql(cluster.node(1), "select n from kept") == "5")
            try await cluster.command("destroy", "--volumes", "--yes", cluster.id)
            #expect(try await cluster.docker("volume", "ls", "-q", "--filter", label).isEmpty)
        }
    }

    @Test("a manifest full of mistakes ends with exit code 2, all of them named, and nothing made")
    func refusesBadInput() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            try cluster.edit("  nodes:\n", "  nodez: 1\n  nodes:\n")
            try cluster.edit("members: 1", "members: 2")
            let failure = await #expect(throws: ShellError.self) { try await cluster.command("apply") }
            let text = failure?.description ?? ""
            #expect(text.contains("exit 2"))
            #expect(text.contains("nodez") && text.contains("Did you mean \"nodes\"?"))
            #expect(text.contains("members") && text.contains("cluster.yaml:"))
            #expect(try await cluster.docker("network", "ls", "-q", "--filter", "name=\(cluster.network)").isEmpty)
        }
    }
}
