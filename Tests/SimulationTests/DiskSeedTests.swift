import Model
import Simulation
import Testing

/// A disk of 100 GiB that fills up and is made room on, in the modelled world, with many seeds. The marks are 5 GiB and 7.5 GiB.
@Suite("The simulation of a disk that fills up")
struct DiskSeedTests {
    /// Lives through it with the guard on; the changes of the parameter, and how it ended.
    private func live(_ seed: UInt64, _ faults: [(at: Int, fault: Fault)]) async -> (Verdict, [String]) {
        var cluster = Cluster(name: "sim")
        cluster.disk.readOnly = .share(percent: 5)
        let schedule = FaultSchedule(faults.map { .timed(.seconds($0.at), $0.fault) })
        let run = Run(seed: seed, cluster: cluster, schedule: schedule, faultsEnd: .seconds(240))
        let (verdict, world) = await run.run(keepsTrace: true) { RealController(world: $0) }
        return (verdict, await world.trace.filter { $0.contains("→ done") && $0.contains("_read_only") })
    }

    @Test("read-only below the mark, and back once there is room", arguments: 1...10 as ClosedRange<UInt64>)
    func onAndOff(seed: UInt64) async {
        let (verdict, changes) = await live(seed, [(60, .leaveFree(gibibytes: 4)), (150, .leaveFree(gibibytes: 90))])
        #expect(verdict.isPassed, "\(verdict)")
        #expect(changes.count == 2, "\(changes)")
        #expect(changes.first?.contains("\"on\"") == true, "\(changes)")
        #expect(changes.last?.contains("null") == true, "\(changes)")
    }

    @Test("a little room changes nothing in either direction", arguments: 1...5 as ClosedRange<UInt64>)
    func between(seed: UInt64) async {
        let (verdict, changes) = await live(
            seed,
            [(60, .leaveFree(gibibytes: 6)), (120, .leaveFree(gibibytes: 4)), (180, .leaveFree(gibibytes: 6))])
        #expect(verdict.isPassed, "\(verdict)")
        #expect(changes.count == 1, "\(changes)")
    }

    @Test("a primary that dies while all is read-only has a successor", arguments: 1...10 as ClosedRange<UInt64>)
    func failover(seed: UInt64) async {
        let (verdict, changes) = await live(
            seed, [(60, .leaveFree(gibibytes: 4)), (150, .kill(.primary)), (200, .leaveFree(gibibytes: 90))])
        #expect(verdict.isPassed, "\(verdict)")
        #expect(changes.count == 2, "\(changes)")
    }
}
