import Foundation
import PostgresClient
import TestSupport
import Testing

/// The primary's place changes hands while an application writes through the poolers.
@Suite("A switchover behind the poolers")
struct SwitchoverTests {
    @Test(
        "by command and by a rolling change costs no error and no write; paused clients go on also without a controller"
    )
    func switches() async throws {
        try await ClusterFixture.with(poolers: 2) { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await PooledClient(cluster)
            await client.start()
            try await client.writes(100)
            _ = await client.longestGap()
            for round in 1...2 { try await byCommand(cluster, client, round) }
            try await byItself(cluster)
            try await refused(cluster)
            try await interrupted(cluster, client)
            try await obstructed(cluster, client)
            let image = "pg-controller/e2e-next:\(cluster.id)"
            _ = try await Shell.run([
                "sh", "-c", "printf '%s' \"$0\" | DOCKER_BUILDKIT=0 docker build -q -t \(image) - 2>&1",
                "FROM \(ClusterFixture.nodeImage)\nLABEL e2e=\(cluster.id)",
            ])
            do {
                try await byRollout(cluster, client, image)
                try await orphaned(cluster, client)
            } catch {
                _ = try? await Shell.run(["docker", "rmi", "-f", image])
                throw error
            }
            await client.stop()
            try await client.check(after: "everything")
            _ = try? await Shell.run(["docker", "rmi", "-f", image])
        }
    }

    private func byCommand(_ cluster: ClusterFixture, _ client: PooledClient, _ round: Int) async throws {
        let old = try await cluster.primary()
        let mark = cluster.mark
        let candidate = try await eventually("a synchronous standby") {
            try await cluster.ready().nodes.first { $0.synchronous }?.name
        }
        let said = try await cluster.command("switchover", "--to", candidate)
        #expect(said.contains("\(candidate) is the primary now, in place of \(old)"))
        try await client.writes(50)
        try await client.check(after: "switchover \(round)")
        try await cluster.event(
            after: mark, "the switchover from \(old) to \(candidate) is over", "they were paused for")
        let gap = await client.longestGap()
        print("switchover \(round) by command: no write for \(gap)")
        for line in cluster.events(after: mark, "they were paused for") { print(line) }
        #expect(gap < .seconds(5))
        let status = try await cluster.ready()
        #expect(status.nodes.first { $0.name == old }?.state == "streaming")
    }

    /// The primary gave its key up itself; once of two times etcd may have been too slow for that.
    private func byItself(_ cluster: ClusterFixture) async throws {
        var told: [String] = []
        for number in 1...3 {
            told += try await cluster.docker("logs", cluster.node(number)).split(separator: "\n").map(String.init)
        }
        #expect(told.contains { $0.contains("node: released the leader key for \(cluster.id)-pg-") })
    }

    private func refused(_ cluster: ClusterFixture) async throws {
        for (arguments, words) in [
            (["--to", "nobody"], "there is no node nobody"), (["--timeout", "x"], "timeout"),
        ] {
            let result = try await cluster.attempt(["switchover"] + arguments)
            #expect(result.status == 2, "\(result.output)")
            #expect(result.output.contains(words), "\(result.output)")
        }
    }

    /// The controller dies as soon as clients are paused, and another one goes on.
    private func interrupted(_ cluster: ClusterFixture, _ client: PooledClient) async throws {
        try await cluster.ready()
        let mark = cluster.mark
        async let asked = cluster.attempt(["switchover"])
        _ = try await eventually("paused clients") {
            cluster.told(after: mark, "pause \(cluster.pooler(1))") ? true : nil
        }
        cluster.kill()
        try cluster.run()
        try await client.writes(50)
        _ = try await asked
        try await client.check(after: "a controller that died meanwhile")
        print("the controller died meanwhile: no write for \(await client.longestGap())")
        try await cluster.ready()
    }

    /// A transaction that stays open is an obstacle that is seen before anybody is held.
    private func obstructed(_ cluster: ClusterFixture, _ client: PooledClient) async throws {
        let primary = try await cluster.primary()
        let mark = cluster.mark
        let blocker = try await client.begin()
        _ = try await eventually("a transaction that has been open for a while") { () -> Bool? in
            let old = try await cluster.psql(
                primary,
                "select count(*) from pg_stat_activity where state = 'idle in transaction' "
                    + "and usename = 'pgadmin' and xact_start < now() - interval '1.5 s'")
            return old == "0" ? nil : true
        }
        let result = try await cluster.attempt(["switchover", "--timeout", "8"])
        #expect(result.status == 4, "\(result.output)")
        #expect(result.output.contains("a transaction that came through a pooler"), "\(result.output)")
        #expect(try await cluster.primary() == primary)
        #expect(!cluster.told(after: mark, "pause \(cluster.pooler(1))"))
        await blocker.close()
        try await client.check(after: "a switchover that could not begin")
        try await cluster.ready()
    }

    private func byRollout(_ cluster: ClusterFixture, _ client: PooledClient, _ image: String) async throws {
        let mark = cluster.mark
        _ = await client.longestGap()
        try cluster.edit(image: image)
        _ = try await eventually("the new image everywhere") { () -> Bool? in
            for number in 1...3 where try await cluster.inspect(cluster.node(number), "{{.Config.Image}}") != image {
                return nil
            }
            return true
        }
        try await cluster.ready()
        try await client.writes(20)
        try await client.check(after: "a new image")
        print("a new image: no write for \(await client.longestGap())")
        #expect(cluster.events(after: mark, "they were paused for").count == 1)
    }

    /// Clients that are held while nobody is there any more: the watch in the poolers' image lets them go on.
    private func orphaned(_ cluster: ClusterFixture, _ client: PooledClient) async throws {
        cluster.kill()
        for number in 1...2 { _ = try await cluster.docker("kill", "-s", "USR1", cluster.pooler(number)) }
        _ = await client.longestGap()
        try await client.writes(50)
        let gap = await client.longestGap()
        #expect(gap > .seconds(20) && gap < .seconds(45), "\(gap)")
        try await client.check(after: "a controller that died for good")
        try cluster.run()
        try await cluster.ready()
    }
}
