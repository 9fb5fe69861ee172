import Model
import Simulation
import Testing

/// Edits that roll through the nodes, in the modelled world under a clear sky, with many seeds.
@Suite("The simulation of changes")
struct RolloutSeedTests {
    /// Lives through edits; what was asked of Patroni and Docker.
    private func live(_ seed: UInt64, _ edits: [(at: Int, edit: ManifestEdit)]) async -> (Verdict, [String]) {
        let schedule = FaultSchedule(edits.map { .timed(.seconds($0.at), .edit($0.edit)) })
        let run = Run(seed: seed, cluster: Cluster(name: "sim"), schedule: schedule, faultsEnd: .seconds(300))
        let (verdict, world) = await run.run(keepsTrace: true) { RealController(world: $0) }
        return (verdict, await world.trace)
    }

    /// What was done from the first edit on; before it a cluster with an older build's authority changes over to TLS with etcd.
    private func edited(_ trace: [String]) -> [String] {
        trace.filter { line in
            line.contains("done") && line.split(separator: " ").first.flatMap { Double($0) }.map { $0 >= 60 } == true
        }
    }

    private func restarts(_ trace: [String]) -> [String] {
        edited(trace).filter { $0.contains("restart pg-node") || $0.contains("shutdownPrimary") }
    }

    @Test(
        "a raised limit costs two restarts and a switchover; a lowered one no switchover, and nobody restarts for ever",
        arguments: 1...20 as ClosedRange<UInt64>)
    func limits(seed: UInt64) async {
        let (verdict, trace) = await live(
            seed, [(60, .parameter("max_connections", "300")), (180, .parameter("max_connections", "50"))])
        #expect(verdict.isPassed)
        let steps = restarts(trace)
        #expect(steps.filter { $0.contains("shutdownPrimary") }.count == 1, "\(steps)")
        // three restarts each; a replica that has not replayed the primary's word yet is restarted once more
        #expect((6...8).contains(steps.count), "\(steps)")
    }

    @Test("a refused value restarts nobody and never reaches Patroni", arguments: 1...20 as ClosedRange<UInt64>)
    func refusals(seed: UInt64) async {
        let (verdict, trace) = await live(
            seed, [(60, .parameter("timezone", "Nowhere")), (200, .parameter("timezone", "UTC"))])
        #expect(verdict.isPassed)
        #expect(restarts(trace).isEmpty)
        #expect(!trace.contains { $0.contains("patch") && $0.contains("Nowhere") })
    }

    @Test(
        "an image that does not start takes one replica and nobody else, and going back heals it",
        arguments: 1...20 as ClosedRange<UInt64>)
    func brokenImages(seed: UInt64) async {
        let (verdict, trace) = await live(
            seed, [(60, .image("broken/postgres:18")), (200, .image(NodeSettings().image))])
        #expect(verdict.isPassed)
        #expect(restarts(trace).isEmpty)
        let made = edited(trace).filter { $0.contains("createContainer pg-node") }
        #expect(made.count == 2, "\(made)")
    }
}
