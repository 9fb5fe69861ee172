import Foundation
import TestSupport
import Testing

/// A cluster under a writing client, and one disaster after the other; after each the history is checked.
@Suite("A cluster that is hit again and again")
struct SurvivalTests {
    @Test("loses nothing that was acknowledged, never has two primaries, and is whole again after each fault")
    func survives() async throws { try await survive(Fault.all) }

    @Test("goes through what its own supports do: Patroni, etcd, the network, the controller")
    func survivesMore() async throws { try await survive(Fault.more) }

    @Test("goes through what all stand on: a network that splits or loses, a full disk, a file that lies")
    func survivesGround() async throws { try await survive(Fault.ground) }

    /// `FAULT=N03 swift test …` for one of them.
    private func survive(_ faults: [Fault]) async throws {
        let only = ProcessInfo.processInfo.environment["FAULT"]
        let faults = faults.filter { fault in only.map { fault.name.contains($0) } ?? true }
        if faults.isEmpty { return }
        try await ClusterFixture.with { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await Client(cluster)
            for fault in faults { try await client.survive(fault) }
            await client.stop()
        }
    }

    /// `make chaos ROUNDS=30 SEED=7`: faults drawn at random, at random moments.
    @Test("goes through chaos")
    func chaos() async throws {
        let environment = ProcessInfo.processInfo.environment
        let rounds = Int(environment["CHAOS_ROUNDS"] ?? "") ?? 2
        // a test that is part of all tests does the same every time; `make chaos` draws a seed
        let seed =
            UInt64(environment["CHAOS_SEED"] ?? "")
            ?? (environment["CHAOS_ROUNDS"] == nil ? 7 : .random(in: 1..<1_000_000))
        print("chaos: SEED=\(seed) ROUNDS=\(rounds)")
        var dice = Seeded(seed: seed)
        try await ClusterFixture.with { cluster in
            try cluster.run()
            try await cluster.ready()
            let client = try await Client(cluster)
            let faults = Fault.all + Fault.more + Fault.ground
            for round in 1...rounds {
                let fault = faults[Int(dice.next() % UInt64(faults.count))]
                try await Task.sleep(for: .milliseconds(Int(dice.next() % 2000)))
                print("chaos: round \(round) of \(rounds)")
                try await client.survive(fault)
            }
            await client.stop()
            print("chaos: SEED=\(seed) passed \(rounds) rounds")
        }
    }
}
