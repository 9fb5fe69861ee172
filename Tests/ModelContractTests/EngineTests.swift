import Foundation
import Testing

/// The engines the model is held against: `CONTROLLER_TEST_ENGINES`, comma-separated addresses.
enum Engines {
    static let all: [String] =
        (ProcessInfo.processInfo.environment["CONTROLLER_TEST_ENGINES"] ?? "unix:///var/run/docker.sock")
        .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
}

/// Seeds: `MODEL_SEEDS=7,8` replays these, otherwise new ones are drawn; every one is printed.
enum Seeds {
    static func drawn(_ count: Int) -> [UInt64] {
        let named = ProcessInfo.processInfo.environment["MODEL_SEEDS"] ?? ""
        let seeds = named.split(separator: ",").compactMap { UInt64($0.trimmingCharacters(in: .whitespaces)) }
        return seeds.isEmpty ? (0..<count).map { _ in UInt64.random(in: 1..<1_000_000) } : seeds
    }
}

@Suite("The simulated engine against a real one", .timeLimit(.minutes(3)))
struct EngineTests {
    @Test("agrees in every scenario", arguments: Engines.all, Scenario.all)
    func fixed(_ address: String, _ scenario: Scenario) async throws { try await hold(scenario.deeds, on: address) }

    @Test("agrees after every step of random scripts", arguments: Engines.all)
    func random(_ address: String) async throws {
        for seed in Seeds.drawn(2) {
            var script = Script(seed: seed)
            let deeds = script.deeds(40)
            print("model contract: \(address), seed \(seed), \(deeds.count) steps")
            try await hold(deeds, on: address, "replay with MODEL_SEEDS=\(seed)")
        }
    }
}

/// Holds the model against an engine through a script.
func hold(_ deeds: [Deed], on address: String, _ comment: Comment? = nil) async throws {
    let stage = Stage()
    try await LiveSide.with(address, stage) { live in
        var comparison = Comparison(model: ModelSide(stage: stage), live: live)
        for deed in deeds {
            guard let disagreement = try await comparison.step(deed) else { continue }
            Issue.record("\(disagreement)\n\(comment.map { "\($0)" } ?? "")")
            return
        }
    }
}
