import Foundation
import Testing

/// The engines the model is held against: `CONTROLLER_TEST_ENGINES`, comma-separated addresses.
enum Engines {
    static let all: [String] =
        (ProcessInfo.processInfo.environment["CONTROLLER_TEST_ENGINES"] ?? "unix:///var/run/docker.sock")
        .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
}

/// Seeds: the same ones every time, or those of `MODEL_SEEDS=7,8`; every one is printed.
enum Seeds {
    static func first(_ count: UInt64) -> [UInt64] {
        let named = ProcessInfo.processInfo.environment["MODEL_SEEDS"] ?? ""
        let seeds = named.split(separator: ",").compactMap { UInt64($0.trimmingCharacters(in: .whitespaces)) }
        return seeds.isEmpty ? Array(1...count) : seeds
    }
}

@Suite("The simulated engine against real ones", .timeLimit(.minutes(3)))
struct EngineTests {
    @Test("agrees in every scenario", arguments: Scenario.all)
    func fixed(_ scenario: Scenario) async throws {
        try await eachEngine { try await hold(scenario.actions, on: $0) }
    }

    @Test("agrees after every step of random scripts", arguments: Seeds.first(2))
    func random(_ seed: UInt64) async throws {
        var script = Script(seed: seed)
        let actions = script.actions(40)
        print("model contract: seed \(seed), \(actions.count) steps; replay with MODEL_SEEDS=\(seed)")
        try await eachEngine { try await hold(actions, on: $0) }
    }

    private func eachEngine(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            for address in Engines.all { group.addTask { try await body(address) } }
            try await group.waitForAll()
        }
    }
}

/// Holds the model against an engine through a script.
func hold(_ actions: [ContractAction], on address: String) async throws {
    let fixture = ContractFixture()
    try await LiveSide.with(address, fixture) { live in
        var comparison = Comparison(model: ModelSide(fixture: fixture), live: live)
        for action in actions {
            guard let disagreement = try await comparison.step(action) else { continue }
            Issue.record("on \(address), \(disagreement)")
            return
        }
    }
}
