import Foundation
import TestSupport
import Testing

/// Changes that interrupt nodes, under clients that write all the time; those behind the poolers get no error.
@Suite("A change that rolls through a cluster under load")
struct RolloutTests {
    @Test("parameters, limits and images: tried first, one node at a time, stopped when a step fails, nothing lost")
    func rolls() async throws {
        try await ClusterFixture.with(poolers: 2) { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await Client(cluster)
            try await client.change("a refused parameter") { try await refused(cluster) }
            try await client.change("max_connections 100 → 130") { try await raise(cluster) }
            try await client.change("max_connections 130 → 90") { try await lower(cluster) }
            let good = "pg-controller/e2e-good:\(cluster.id)"
            let broken = "pg-controller/e2e-broken:\(cluster.id)"
            try await build(good, "USER root", Self.newerVector, "USER postgres")
            try await build(broken, "ENTRYPOINT [\"false\"]")
            do {
                try await client.change("a new image") { try await renew(cluster, good) }
                try await client.change("an image that does not start") { try await fail(cluster, broken, good) }
            } catch {
                _ = try? await Shell.run(["docker", "rmi", "-f", broken, good])
                throw error
            }
            await client.stop()
            _ = try? await Shell.run(["docker", "rmi", "-f", broken, good])
        }
    }

    /// As if pgvector had come out anew: another version in its control file, and a script that leads there.
    private static let newerVector = """
        RUN cd /usr/share/postgresql/18/extension && old=$(sed -n "s/default_version = '\\(.*\\)'/\\1/p" vector.control) \
        && sed -i "s/'$old'/'0.99.0'/" vector.control && touch "vector--$old--0.99.0.sql"
        """

    private func build(_ image: String, _ lines: String...) async throws {
        let text = (["FROM \(ClusterFixture.nodeImage)"] + lines).joined(separator: "\n")
        _ = try await Shell.run([
            "sh", "-c", "printf '%s' \"$0\" | DOCKER_BUILDKIT=0 docker build -q -t \(image) - 2>&1", text,
        ])
    }

    /// When PostgreSQL was started on each node.
    private func starts(_ cluster: ClusterFixture) async throws -> [String] {
        var starts: [String] = []
        for number in 1...3 {
            starts.append(try await cluster.psql(cluster.node(number), "select pg_postmaster_start_time()"))
        }
        return starts
    }

    private func everywhere(_ cluster: ClusterFixture, _ name: String, _ value: String) async throws {
        _ = try await eventually("\(name) = \(value) everywhere") { () -> Bool? in
            for number in 1...3 where try await cluster.psql(cluster.node(number), "show \(name)") != value {
                return nil
            }
            return true
        }
        try await cluster.ready()
    }

    private func refused(_ cluster: ClusterFixture) async throws {
        let before = try await starts(cluster)
        let mark = cluster.mark
        try cluster.edit("max_connections: 100", "max_connections: 100\n      TimeZone: Nowhere")
        try await cluster.event(after: mark, "ParametersRefused is True", "invalid value", "Nowhere")
        _ = try await eventually("status to tell of it") { () -> Bool? in
            try await cluster.status().bad.contains { $0.contains("Nowhere") } ? true : nil
        }
        #expect(try await starts(cluster) == before)
        #expect(try await cluster.psql(try await cluster.primary(), "show timezone") != "Nowhere")
        // nothing of it has reached what a node would be started with
        let configuration = try await cluster.docker(
            "exec", cluster.node(1), "cat", "/var/lib/postgresql/data/postgresql.conf")
        #expect(!configuration.contains("Nowhere"))
        try cluster.edit("\n      TimeZone: Nowhere", "")
        try await cluster.event(after: mark, "ParametersRefused is over")
        try await cluster.ready()
        #expect(try await starts(cluster) == before)
    }

    private func raise(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        try cluster.edit("max_connections: 100", "max_connections: 130")
        try await everywhere(cluster, "max_connections", "130")
        let steps = cluster.events(after: mark, "\"kind\":\"Action\"").filter {
            $0.contains("restart PostgreSQL on") || $0.contains("\"the switchover from")
        }
        // the old primary starts anew by handing over
        #expect(steps.count == 3, "\(steps.joined(separator: "\n"))")
        #expect(steps.dropFirst(2).first?.contains("the switchover from") == true)
    }

    private func lower(_ cluster: ClusterFixture) async throws {
        let mark = cluster.mark
        let primary = try await cluster.primary()
        // the forecast knows what comes of it, and its price
        let copy = cluster.directory + "/copy.yaml"
        try String(contentsOfFile: cluster.manifest, encoding: .utf8)
            .replacingOccurrences(of: "max_connections: 130", with: "max_connections: 90")
            .write(toFile: copy, atomically: true, encoding: .utf8)
        // where a part cannot be seen at that moment the forecast says so, and is asked for again
        let plan = try await eventually("a forecast") { () -> String? in
            let plan = try await Shell.run([Program.path, "plan", "--manifest", copy, "--state-dir", cluster.state])
            return plan.contains("the model does not tell") ? nil : plan
        }
        #expect(plan.contains("restart PostgreSQL on \(primary)"), "\(plan)")
        #expect(plan.contains("restarts the primary behind the poolers"), "\(plan)")
        try cluster.edit("max_connections: 130", "max_connections: 90")
        try await everywhere(cluster, "max_connections", "90")
        let steps = cluster.events(after: mark, "\"kind\":\"Action\"").filter {
            $0.contains("restart PostgreSQL on") || $0.contains("\"the switchover from")
        }
        #expect(steps.count == 3, "\(steps.joined(separator: "\n"))")
        #expect(steps.first?.contains("restart PostgreSQL on \(primary)") == true)
    }

    private func images(_ cluster: ClusterFixture) async throws -> [String] {
        var images: [String] = []
        for number in 1...3 {
            images.append(try await cluster.inspect(cluster.node(number), "{{.Config.Image}}"))
        }
        return images
    }

    private func renew(_ cluster: ClusterFixture, _ image: String) async throws {
        let mark = cluster.mark
        try cluster.edit(image: image)
        _ = try await eventually("the first node with the new image") { () -> Bool? in
            try await images(cluster).contains(image) ? true : nil
        }
        #expect(cluster.events(after: mark, "ALTER EXTENSION").isEmpty)
        cluster.kill()
        try cluster.run()
        _ = try await eventually("the new image everywhere") { () -> Bool? in
            try await images(cluster).allSatisfy { $0 == image } ? true : nil
        }
        try await cluster.ready()
        _ = try await eventually("the newer extension") { () -> Bool? in
            try await cluster.psql(
                try await cluster.primary(), "select extversion from pg_extension where extname = 'vector'") == "0.99.0"
                ? true : nil
        }
    }

    private func fail(_ cluster: ClusterFixture, _ broken: String, _ good: String) async throws {
        let mark = cluster.mark
        let primary = try await cluster.primary()
        var before: [String] = []
        for number in 1...3 { before.append(try await cluster.inspect(cluster.node(number), "{{.Id}}")) }
        try cluster.edit(image: broken)
        try await cluster.event(after: mark, "RolloutStopped is True", "exit code 1")
        try await cluster.event(after: mark, "CrashLoop is True")
        var after: [String] = []
        for number in 1...3 { after.append(try await cluster.inspect(cluster.node(number), "{{.Id}}")) }
        #expect(zip(before, after).filter { $0.0 == $0.1 }.count == 2)
        #expect(try await cluster.primary() == primary)
        try cluster.edit(image: good)
        try await cluster.ready()
        #expect(try await images(cluster) == [good, good, good])
        #expect(try await cluster.primary() == primary)
    }
}
