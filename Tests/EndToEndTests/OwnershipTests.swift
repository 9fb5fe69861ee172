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
            let impostor = try await impostor(of: cluster)
            let before = try await cluster.inspect(impostor, "{{.Id}} {{.State.StartedAt}}")
            let container = try await cluster.inspect(cluster.console, "{{.Id}} {{.State.Status}}")
            defer { _ = Task { try? await Shell.run(["docker", "volume", "rm", volume]) } }
            try cluster.run()
            let status = try await eventually("NotOwned") { () -> Status? in
                let status = try await cluster.status()
                return status.has("NotOwned") ? status : nil
            }
            #expect(status.conditions.contains { $0.type == "NotOwned" && $0.message.contains(volume) })
            #expect(try await cluster.inspect(cluster.console, "{{.Id}} {{.State.Status}}") == container)
            #expect(!status.conditions.contains { $0.message.contains(impostor) })
            #expect(try await cluster.inspect(impostor, "{{.Id}} {{.State.StartedAt}}") == before)
            cluster.kill()
            #expect(try await !cluster.command("destroy", "--yes", cluster.id).contains(impostor))
            #expect(try await cluster.inspect(impostor, "{{.Id}} {{.State.StartedAt}}") == before)
            _ = try await cluster.docker("rm", "-f", cluster.console)
        }
    }

    /// A container of an application whose image brings our labels, as if it was a pooler that is not wanted any more.
    private func impostor(of cluster: ClusterFixture) async throws -> String {
        let (name, image) = ("\(cluster.id)-impostor", "\(cluster.id)-impostor:1")
        let prefix = "io.pg-controller."
        let labels = "\(prefix)cluster=\(cluster.id) \(prefix)component=pooler \(prefix)name=\(name)"
        try await Shell.run([
            "sh", "-c", "printf 'FROM pg-controller/etcd:3.5\\nLABEL \(labels)\\n' | docker build -q -t \(image) -",
        ])
        _ = try await cluster.docker("run", "-d", "--name", name, "--entrypoint", "sleep", image, "3600")
        let seen = try await cluster.docker("ps", "-q", "--filter", "label=\(prefix)cluster=\(cluster.id)")
        #expect(!seen.isEmpty)
        return name
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
