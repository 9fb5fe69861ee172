import Foundation
import TestSupport
import Testing

@Suite("A manifest that is edited")
struct ChangeTests {
    @Test("more and fewer nodes, parameters, ports and limits follow, one node at a time")
    func follows() async throws {
        try await ClusterFixture.with(poolers: 2) { cluster in
            try cluster.run()
            try await cluster.ready()
            let application = try await PooledClient(cluster)
            await application.start()
            let edits: [(String, (ClusterFixture) async throws -> Void)] = [
                ("parameters", parameters), ("ports", ports), ("limits of memory and CPU", limits),
                ("one node more, one less", count), ("a broken manifest", broken),
            ]
            for (what, edit) in edits {
                try await edit(cluster)
                try await application.writes(20)
                try await application.check(after: what)
                print("edited: \(what), the poolers' clients paused for \(await application.longestGap())")
            }
            await application.stop()
        }
    }

    private func parameters(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let started = try await cluster.psql(primary, "select pg_postmaster_start_time()")
        try cluster.edit("max_connections: 100", "max_connections: 100\n      work_mem: 3MB")
        _ = try await eventually("work_mem everywhere") { () -> Bool? in
            for number in 1...3 where try await cluster.psql(cluster.node(number), "show work_mem") != "3MB" {
                return nil
            }
            return true
        }
        #expect(try await cluster.psql(primary, "select pg_postmaster_start_time()") == started)
        try cluster.edit("max_connections: 100", "max_connections: 120")
        _ = try await eventually("max_connections everywhere") { () -> Bool? in
            for number in 1...3 where try await cluster.psql(cluster.node(number), "show max_connections") != "120" {
                return nil
            }
            return true
        }
        try await cluster.ready()
        try await cluster.event("restart PostgreSQL on")
    }

    private func ports(_ cluster: ClusterFixture) async throws {
        try cluster.edit("postgresPort: \(cluster.ports)", "postgresPort: \(cluster.ports + 10)")
        try await cluster.event("ports 127.0.0.1")
        _ = try await eventually("the new ports") { () -> Bool? in
            for number in 1...3 {
                let shown = try await cluster.docker("port", cluster.node(number), "5432/tcp")
                guard shown == "127.0.0.1:\(cluster.ports + 9 + number)" else { return nil }
            }
            return true
        }
        try await cluster.ready()
        try await cluster.event("the switchover from")
    }

    /// Memory and CPU in their places, shared memory by making each node anew.
    private func limits(_ cluster: ClusterFixture) async throws {
        let bodies = try await inspected(cluster, "{{.Id}}")
        try cluster.edit("memory: 1GiB", "memory: 1200MiB")
        _ = try await eventually("the new limit") { () -> Bool? in
            try await inspected(cluster, "{{.HostConfig.Memory}}").allSatisfy { $0 == "\(1200 << 20)" } ? true : nil
        }
        try await cluster.ready()
        #expect(try await inspected(cluster, "{{.Id}}") == bodies)
        try cluster.edit("sharedMemory: 128MiB", "sharedMemory: 160MiB")
        _ = try await eventually("the new size of the shared memory") { () -> Bool? in
            try await inspected(cluster, "{{.HostConfig.ShmSize}}").allSatisfy { $0 == "\(160 << 20)" } ? true : nil
        }
        try await cluster.ready()
    }

    private func inspected(_ cluster: ClusterFixture, _ format: String) async throws -> [String] {
        var found: [String] = []
        for number in 1...3 { found.append(try await cluster.inspect(cluster.node(number), format)) }
        return found
    }

    private func count(_ cluster: ClusterFixture) async throws {
        try await cluster.psql(try await cluster.primary(), "create table counted as select 7 as n")
        try cluster.edit("count: 3", "count: 4")
        _ = try await eventually("the fourth node") { () -> Bool? in
            try await cluster.psql(cluster.node(4), "select n from counted") == "7" ? true : nil
        }
        try await cluster.ready()
        try cluster.edit("count: 4", "count: 3")
        _ = try await eventually("the fourth node gone") { () -> Bool? in
            try await cluster.docker("ps", "-aq", "--filter", "name=\(cluster.node(4))").isEmpty ? true : nil
        }
        let status = try await cluster.ready()
        #expect(status.has("VolumeRetained"))
        #expect(
            try await cluster.docker("volume", "ls", "-q", "--filter", "name=\(cluster.node(4))-data") == cluster.node(
                4) + "-data")
    }

    private func broken(_ cluster: ClusterFixture) async throws {
        let good = try String(contentsOfFile: cluster.manifest, encoding: .utf8)
        for bad in ["spec: [", "", nil] {
            if let bad {
                try bad.write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
            } else {
                try FileManager.default.removeItem(atPath: cluster.manifest)
            }
            try await cluster.event("ManifestInvalid is True")
            _ = try await cluster.docker("kill", cluster.console)
            _ = try await eventually("the console again") { () -> Bool? in
                try await cluster.inspect(cluster.console, "{{.State.Running}}") == "true" ? true : nil
            }
            try good.write(toFile: cluster.manifest, atomically: true, encoding: .utf8)
            try await cluster.ready()
        }
        try await cluster.event("ManifestInvalid is over")
    }
}
