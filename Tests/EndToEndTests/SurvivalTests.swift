import Foundation
import TestSupport
import Testing

/// One cluster under a writing client, and one disaster after the other; after each the history is checked.
@Suite("A cluster that is hit again and again", .serialized)
struct SurvivalTests {
    @Test("loses nothing that was acknowledged, never has two primaries, and is whole again after each blow")
    func survives() async throws {
        try await ClusterFixture.with { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await Client(cluster)
            for blow in Blow.all { try await client.suffer(blow) }
            await client.stop()
        }
    }

    @Test("goes through what its own supports do: Patroni, etcd, the network, the controller")
    func survivesMore() async throws {
        let only = ProcessInfo.processInfo.environment["BLOW"]
        try await ClusterFixture.with { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await Client(cluster)
            for blow in Blow.more + Blow.ground where only.map({ blow.name.contains($0) }) ?? true {
                try await client.suffer(blow)
            }
            await client.stop()
        }
    }

    /// `make chaos ROUNDS=30 SEED=7`: blows drawn at random, at random moments.
    @Test("goes through chaos")
    func chaos() async throws {
        let environment = ProcessInfo.processInfo.environment
        let rounds = Int(environment["CHAOS_ROUNDS"] ?? "") ?? 2
        let seed = UInt64(environment["CHAOS_SEED"] ?? "") ?? UInt64.random(in: 1..<1_000_000)
        print("chaos: SEED=\(seed) ROUNDS=\(rounds)")
        var dice = Seeded(seed: seed)
        try await ClusterFixture.with { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await Client(cluster)
            let blows = Blow.all + Blow.more + Blow.ground
            for round in 1...rounds {
                let blow = blows[Int(dice.next() % UInt64(blows.count))]
                try await Task.sleep(for: .milliseconds(Int(dice.next() % 2000)))
                print("chaos: round \(round) of \(rounds)")
                try await client.suffer(blow)
            }
            await client.stop()
            print("chaos: SEED=\(seed) passed \(rounds) rounds")
        }
    }
}
