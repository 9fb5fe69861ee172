import Foundation
import TestSupport
import Testing

/// What hits everything on an engine is done to one of the test's own.
@Suite("A Docker Engine that is restarted, or tidied up")
struct EngineRestartTests {
    @Test("takes the cluster down and gets it back, or, where containers outlive it, changes nothing")
    func restarts() async throws {
        let images = [ClusterFixture.nodeImage, "pg-controller/etcd:3.5"]
        try await OwnEngine.with(images: images) { engine in
            try await ClusterFixture.with(engine: engine) { cluster in
                try cluster.edit("console:\n", "console:\n    enabled: false\n")
                try cluster.run()
                try await cluster.ready()
                try await cluster.psql(try await cluster.primary(), "create table kept as select 7 as n")
                try await everythingDies(cluster, engine)
                try await onlyTheEngineDies(cluster, engine)
                try await pruned(cluster)
                try await diskFull(cluster, engine)
            }
        }
    }

    /// D01: all containers die with it, the supervisor's among them. When it is back they are started again, each with the
    /// data that it had.
    private func everythingDies(_ cluster: ClusterFixture, _ engine: OwnEngine) async throws {
        let (volumes, mark) = (try await cluster.volumes(), cluster.mark)
        cluster.kill()
        try await engine.stop()
        try await engine.start(keepsContainers: true)
        try cluster.run()
        try await cluster.event(after: mark, "Ready is True")
        try await cluster.ready()
        #expect(try await cluster.psql(try await cluster.primary(), "select n from kept") == "7")
        #expect(try await cluster.volumes() == volumes)
    }

    /// D02: PostgreSQL goes on taking writes, and an API that is away proves no death.
    private func onlyTheEngineDies(_ cluster: ClusterFixture, _ engine: OwnEngine) async throws {
        let primary = try await cluster.primary()
        let before = try await starts(cluster)
        try await cluster.psql(primary, "create table beats (at timestamptz default clock_timestamp())")
        _ = try await cluster.docker(
            "exec", "-d", primary, "sh", "-c",
            "while sleep 0.1; do psql -XAtq -d postgres -c 'insert into beats default values'; done")
        let mark = cluster.mark
        try await engine.stop()
        try await cluster.event(after: mark, "EngineUnreachable is True")
        try await cluster.leaseGoesBy()
        try await engine.start(keepsContainers: true)
        try await cluster.event(after: mark, "Ready is True")
        try await cluster.ready()
        #expect(try await starts(cluster) == before)
        #expect(try await cluster.primary() == primary)
        let actions = cluster.events(after: mark, "\"Action\"")
        #expect(actions.isEmpty, "\(actions)")
        // up to now: whoever has stopped writing for good has a pause, too
        let pause = """
            select extract(epoch from greatest(max(pause), clock_timestamp() - max(at)))
            from (select at, at - lag(at) over (order by at) as pause from beats)
            """
        let longest = try #require(Double(try await cluster.psql(primary, pause)))
        print("D02 the engine restarts, its containers do not: no write for \(longest) seconds")
        #expect(longest < 10)
    }

    /// U12: somebody tidies up while a node and an etcd member are stopped: their containers go, and an old engine takes
    /// the volumes, too. Both come back, with the data of the others.
    private func pruned(_ cluster: ClusterFixture) async throws {
        let primary = try await cluster.primary()
        let replica = try #require((1...3).map(cluster.node).first { $0 != primary })
        cluster.kill()
        let mark = cluster.mark
        _ = try await cluster.docker("stop", replica, cluster.member(3))
        _ = try await cluster.docker("system", "prune", "--force", "--volumes")
        #expect(try await cluster.docker("ps", "-aq", "--filter", "name=\(replica)").isEmpty)
        print("U12 pruned: \(try await cluster.volumes().count) volumes are left")
        try cluster.run()
        try await cluster.event(after: mark, "create container \(replica)")
        try await cluster.ready()
        #expect(try await cluster.primary() == primary)
        for number in 1...3 { #expect(try await cluster.psql(cluster.node(number), "select n from kept") == "7") }
    }

    /// D11: no byte is left for containers, volumes and etcd. A node that is gone cannot be made anew, and it is said why;
    /// whatever else ends, nothing is given up or begun anew, and with the space all comes back.
    private func diskFull(_ cluster: ClusterFixture, _ engine: OwnEngine) async throws {
        guard engine.hasDisk else { return print("D11 not shown: this machine has no loop device for a small disk") }
        let (primary, volumes) = (try await cluster.primary(), try await cluster.volumes())
        let replica = try #require((1...3).map(cluster.node).first { $0 != primary })
        cluster.kill()
        let mark = cluster.mark
        try await engine.fillDisk()
        let large = "create table large as select repeat('x', 1000) from generate_series(1, 200000)"
        _ = try? await cluster.psql(primary, "set statement_timeout = '20s'; " + large)
        _ = try await cluster.docker("rm", "-f", replica)
        try cluster.run()
        _ = try await eventually("a word about the disk") { () -> Bool? in
            // what the container had taken, and whatever else is given back meanwhile
            try await engine.fillDisk()
            return cluster.told(after: mark, "no space left on device", replica) ? true : nil
        }
        #expect(try await cluster.volumes() == volumes)
        print("D11 the disk is full: \(cluster.events(after: mark, "no space left on device", replica)[0])")
        try engine.freeDisk()
        try await cluster.ready()
        for number in 1...3 { #expect(try await cluster.psql(cluster.node(number), "select n from kept") == "7") }
        #expect(try await cluster.volumes() == volumes)
    }

    /// When every node's PostgreSQL began, and on which timeline it is.
    private func starts(_ cluster: ClusterFixture) async throws -> [String] {
        var found: [String] = []
        for number in 1...3 {
            found.append(
                try await cluster.psql(
                    cluster.node(number),
                    "select pg_postmaster_start_time(), timeline_id from pg_control_checkpoint()"))
        }
        return found
    }
}
