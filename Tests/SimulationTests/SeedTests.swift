import Foundation
import Simulation
import Testing

/// The real planners, guards and loop against the modelled world: generator first, then a clear sky in which it must
/// converge; every invariant is checked after every step. `SIM_SEEDS` says how many seeds.
@Suite("The simulation")
struct SeedTests {
    static let count = UInt64(ProcessInfo.processInfo.environment["SIM_SEEDS"] ?? "") ?? 200

    @Test("holds every invariant and converges, whatever the generator")
    func holds() async {
        let lanes: UInt64 = 2
        let failures = await withTaskGroup(of: [String].self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    var failures: [String] = []
                    for seed in stride(from: lane + 1, through: SeedTests.count, by: Int(lanes)) {
                        let run = Run(seed: seed)
                        let (verdict, _) = await run.run(keepsTrace: false) { RealController(world: $0) }
                        if !verdict.isPassed { failures.append(run.report(verdict)) }
                    }
                    return failures
                }
            }
            var all: [String] = []
            for await some in group { all += some }
            return all
        }
        print("simulation: \(SeedTests.count) seeds, \(failures.count) failures")
        for failure in failures.prefix(5) { print(failure) }
        #expect(failures.isEmpty, "replay one with `make sim SEED=…`")
    }

    @Test("plays the same seed the same way twice")
    func isDeterministic() async {
        for seed: UInt64 in [3, 77, 4711] {
            let (_, first) = await Run(seed: seed).run(keepsTrace: true) { RealController(world: $0) }
            let (_, second) = await Run(seed: seed).run(keepsTrace: true) { RealController(world: $0) }
            let trace = await first.trace
            #expect(trace.count > 50)
            #expect(await second.trace == trace)
        }
    }
}
