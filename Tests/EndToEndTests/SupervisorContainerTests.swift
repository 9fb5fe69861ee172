import Foundation
import TestSupport
import Testing

/// The supervisor container, as `make up` and `make down` run it, with the program under test in it.
@Suite("The supervisor container")
struct SupervisorContainerTests {
    @Test("acts alone, says when it is stopped, works with a broken manifest, and comes back as it went")
    func supervisor() async throws {
        try await ClusterFixture.with(nodes: 1, etcd: 1) { cluster in
            let supervisor = Supervisor(cluster)
            do {
                try await supervisor.build()
                try await acts(cluster, supervisor)
            } catch {
                await supervisor.remove()
                throw error
            }
            await supervisor.remove()
        }
    }

    private func acts(_ cluster: ClusterFixture, _ supervisor: Supervisor) async throws {
        try await supervisor.script("up")
        let password = try await cluster.command("password", "pgadmin")
        try await login(cluster, password)
        try await refusesAnother(cluster, supervisor)
        try await brokenManifest(cluster, supervisor)
        try await leavesNothing(cluster, supervisor)
        // stopped: what it alone can do is refused, what only looks goes on
        _ = try await cluster.docker("stop", supervisor.name)
        let stopped = "the supervisor container \(supervisor.name) that keeps cluster \(cluster.id) is stopped"
        for command in [["password", "pgadmin"], ["backup"], ["apply"], ["pause"]] {
            let refused = try await cluster.attempt(command)
            #expect(refused.status == 7 && refused.output.contains(stopped), "\(command): \(refused)")
        }
        let look = try await cluster.attempt(["status"])
        #expect(look.status == 0 && look.output.contains(stopped), "\(look)")
        _ = try await cluster.docker("start", supervisor.name)
        _ = try await cluster.command("status", "--wait", "--timeout", "120")
        // down, and back with what it says
        let down = try await supervisor.script("down")
        #expect(
            down.contains("`make up MANIFEST=\(cluster.manifest) SUPERVISOR=\(supervisor.name)` brings it back"),
            "\(down)")
        let apply = try await cluster.attempt(["apply"])
        #expect(apply.status == 6 && apply.output.contains("\(supervisor.name)-state"), "\(apply)")
        try await supervisor.script("up")
        #expect(try await cluster.command("password", "pgadmin") == password)
        try await login(cluster, password)
    }

    private func login(_ cluster: ClusterFixture, _ password: String) async throws {
        let url = "postgresql://pgadmin:\(password)@127.0.0.1:5432/postgres"
        #expect(try await cluster.docker("exec", cluster.node(1), "psql", "-XAtq", url, "-c", "select 7") == "7")
    }

    private func refusesAnother(_ cluster: ClusterFixture, _ supervisor: Supervisor) async throws {
        let acts = "the supervisor container \(supervisor.name) acts for cluster \(cluster.id) since"
        let second = await #expect(throws: ShellError.self) {
            try await supervisor.script("up", name: supervisor.name + "-2")
        }
        let words = second?.description ?? "it ran"
        #expect(words.contains("exit 3") && words.contains(acts), "\(words)")
        let host = try await cluster.attempt(["apply"])
        #expect(host.status == 3 && host.output.contains(supervisor.name), "\(host)")
        #expect(try await cluster.status().ready)
    }

    private func brokenManifest(_ cluster: ClusterFixture, _ supervisor: Supervisor) async throws {
        let good = try String(contentsOfFile: cluster.manifest, encoding: .utf8)
        for bad in [good + "\nfoo: [", "spec: ["] {
            try bad.write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
            let inside = try await eventually("ManifestInvalid in status") { () -> String? in
                let text = try await cluster.docker("exec", supervisor.name, "controller", "status")
                return text.contains("ManifestInvalid=True") ? text : nil
            }
            #expect(inside.contains("warning: the manifest on disk has mistakes"))
            for command in [["status"], ["events"], ["password", "pgadmin"], ["resume"], ["backups"]] {
                let answer = try await cluster.attempt(command)
                #expect(answer.status == 0 && answer.output.contains("warning: "), "\(command): \(answer)")
            }
            #expect(try await cluster.attempt(["plan"]).status == 2)
        }
        try good.write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
        _ = try await cluster.command("status", "--wait", "--timeout", "120")
    }

    /// A command of the host that is ended, in whatever way, ends inside, too.
    private func leavesNothing(_ cluster: ClusterFixture, _ supervisor: Supervisor) async throws {
        let before = try await processes(supervisor)
        for signal in [SIGINT, SIGTERM, SIGKILL] {
            let follower = Running()
            try follower.start(
                [Program.path, "events", "--follow"] + cluster.options, log: cluster.directory + "/follower.log")
            _ = try await eventually("the follower inside") { () -> Bool? in
                try await processes(supervisor) > before ? true : nil
            }
            follower.signal(signal)
            _ = try await eventually("nothing left by signal \(signal)", within: .seconds(20)) { () -> Bool? in
                try await processes(supervisor) == before ? true : nil
            }
        }
    }

    private func processes(_ supervisor: Supervisor) async throws -> Int {
        try await Shell.run(["docker", "top", supervisor.name, "-o", "pid"]).split(separator: "\n").count
    }
}

/// One supervisor with names and an image of its own.
private struct Supervisor {
    let cluster: ClusterFixture
    let name: String
    private let image: String

    init(_ cluster: ClusterFixture) {
        self.cluster = cluster
        name = cluster.id + "-supervisor"
        image = "pg-controller/supervisor:\(cluster.id)"
    }

    /// The supervisor's image, with the program that is tested in the place of its own.
    func build() async throws {
        let context = cluster.directory + "/image"
        let staged = try await Shell.run([
            "sh", "-c", "CONTROLLER_BINARY=\"$1\" \"$2\"/deploy/setup/stage-controller.sh 2>/dev/null", "sh",
            Program.path,
            Program.root,
        ])
        try FileManager.default.copyItem(atPath: staged, toPath: context)
        try """
        FROM pg-controller/supervisor:dev
        USER root
        COPY lib /opt/controller/lib
        COPY controller /opt/controller/controller
        RUN ldconfig
        USER controller

        """.write(toFile: context + "/Dockerfile", atomically: true, encoding: .utf8)
        // its user is another one
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: cluster.directory)
        try await Shell.run(["env", "DOCKER_BUILDKIT=0", "docker", "build", "-q", "-t", image, context])
    }

    @discardableResult
    func script(_ verb: String, name other: String? = nil) async throws -> String {
        try await Shell.run([
            "env", "SUPERVISOR=\(other ?? name)", "SUPERVISOR_IMAGE=\(image)",
            Program.root + "/deploy/setup/supervisor.sh", verb, cluster.manifest,
        ])
    }

    func remove() async {
        for other in [name, name + "-2"] {
            _ = try? await Shell.run(["docker", "rm", "-f", other])
            _ = try? await Shell.run(["docker", "volume", "rm", other + "-state"])
        }
        _ = try? await Shell.run(["docker", "rmi", image])
    }
}
