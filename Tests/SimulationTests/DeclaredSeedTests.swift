import Model
import Simulation
import Testing

/// Declared roles and databases, in the modelled world under a clear sky, with many seeds.
@Suite("The simulation of declared roles and databases")
struct DeclaredSeedTests {
    /// Lives through what people do; what was dropped, and how it ended.
    private func live(_ seed: UInt64, _ faults: [(at: Int, fault: Fault)]) async -> (Verdict, [String]) {
        let schedule = FaultSchedule(faults.map { .timed(.seconds($0.at), $0.fault) })
        let run = Run(seed: seed, cluster: Cluster(name: "sim"), schedule: schedule, faultsEnd: .seconds(240))
        let (verdict, world) = await run.run(keepsTrace: true) { RealController(world: $0) }
        return (verdict, await world.trace.filter { $0.contains("→ done") && $0.contains(" drop ") })
    }

    /// In a sixteenth of the seeds a switchover to TLS with etcd comes first, and a database waits for a backup after it.
    @Test(
        "what shall be absent goes once nobody is connected, and nothing else does",
        arguments: (1...21 as ClosedRange<UInt64>).filter { $0 % 16 != 9 })
    func absent(seed: UInt64) async {
        let (verdict, drops) = await live(
            seed,
            [
                (60, .edit(.declare)), (100, .connect("scratch", true)), (110, .edit(.dismiss)),
                (150, .connect("scratch", false)),
            ])
        #expect(verdict.isPassed, "\(verdict)")
        #expect(drops.count == 2, "\(drops)")
        #expect(drops.first?.contains("drop database scratch") == true, "\(drops)")
        #expect(drops.last?.contains("drop role temporary") == true, "\(drops)")
    }

    @Test(
        "what people drop, alter and promote is put back, and nothing is dropped for it",
        arguments: 1...20 as ClosedRange<UInt64>)
    func drift(seed: UInt64) async {
        let (verdict, drops) = await live(
            seed,
            [
                (60, .edit(.declare)), (90, .spoilRole("app")), (100, .dropRole("readers")), (110, .promoteRole("app")),
                (120, .dropDatabase("appdb")), (130, .disownDatabase("scratch")), (140, .dropRole("app")),
            ])
        #expect(verdict.isPassed, "\(verdict)")
        #expect(drops.isEmpty, "\(drops)")
    }

    @Test("what is taken out of the manifest stays", arguments: 1...20 as ClosedRange<UInt64>)
    func forgotten(seed: UInt64) async {
        let (verdict, drops) = await live(seed, [(60, .edit(.declare)), (100, .edit(.undeclare))])
        #expect(verdict.isPassed, "\(verdict)")
        #expect(drops.isEmpty, "\(drops)")
    }

    @Test(
        "after a failover a database waits for a backup of the new timeline", arguments: 1...20 as ClosedRange<UInt64>)
    func timeline(seed: UInt64) async {
        let (verdict, drops) = await live(
            seed, [(60, .edit(.declare)), (100, .kill(.primary)), (140, .edit(.dismiss))])
        #expect(verdict.isPassed, "\(verdict)")
        #expect(!drops.contains { $0.contains("database") }, "\(drops)")
    }
}
