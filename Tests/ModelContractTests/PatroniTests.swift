import Model
import Testing

@Suite("The simulated Patroni against a real one", .timeLimit(.minutes(5)))
struct PatroniTests {
    /// The modes side by side: each waits for Patroni's loops most of the time.
    @Test("agrees after every step of the fixed scripts, in every synchronous mode")
    func agrees() async throws {
        let seed = Seeds.first(1)[0]
        print("model contract, Patroni: seed \(seed); replay with MODEL_SEEDS=\(seed)")
        try await withThrowingTaskGroup { group in
            for mode in SynchronousSettings.Mode.allCases {
                group.addTask { try await hold(mode, seed: seed) }
            }
            try await group.waitForAll()
        }
    }

    private func hold(_ mode: SynchronousSettings.Mode, seed: UInt64) async throws {
        let fixture = PatroniFixture(mode: mode)
        try await PatroniLive.with(Engines.all[0], fixture) { live in
            var comparison = try await PatroniComparison(model: PatroniModel(fixture, seed: seed), live: live)
            for script in PatroniCase.all(mode) {
                guard let disagreement = try await comparison.play(script) else { continue }
                Issue.record("synchronous mode \(mode), \(disagreement)")
                return
            }
        }
    }
}
