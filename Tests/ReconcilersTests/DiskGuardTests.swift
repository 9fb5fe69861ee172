import Model
import Testing

@testable import PlanningFixtures
@testable import Reconcilers

@Suite("Read-only before the disk is full")
struct DiskGuardTests {
    private static let name = "default_transaction_read_only"

    /// A disk of 100 GiB, with the guard switched on.
    /// - Parameter isOn: whether etcd holds the parameter already.
    private func fixture(free: Int64?, isOn: Bool) -> PlanningFixture {
        var fixture = PlanningFixture()
        fixture.cluster.disk.readOnly = .share(percent: 5)
        fixture.engine.disk =
            free.map {
                .present(
                    DiskView(sizeBytes: ByteCount.gibibytes(100).bytes, freeBytes: ByteCount.gibibytes($0).bytes))
            } ?? .unknown(UnknownReason(.unreachable, "gone"))
        if isOn { set(.string("on"), in: &fixture) }
        return fixture
    }

    private func set(_ value: JSONValue, of name: String = DiskGuardTests.name, in fixture: inout PlanningFixture) {
        guard case .present(var dcs) = fixture.observation.dcs,
            case .members(let top)? = dcs.configuration?.json,
            case .members(let section)? = dcs.configuration?.json["postgresql"],
            case .members(let parameters)? = dcs.configuration?.parameters
        else { return }
        let others = parameters.filter { $0.name != name }.map { ($0.name, $0.value) }
        let rest = section.filter { $0.name != "parameters" }.map { ($0.name, $0.value) }
        dcs.configuration = .object(
            top.filter { $0.name != "postgresql" }.map { ($0.name, $0.value) }
                + [("postgresql", .object(rest + [("parameters", .object(others + [(name, value)]))]))])
        fixture.observation.dcs = .present(dcs)
    }

    private func patch(_ value: JSONValue) -> [Effect] {
        let parameters = JSONValue.object([(DiskGuardTests.name, value)])
        return [
            .patroni(
                "pg-node-1", .patchConfiguration(.object([("postgresql", .object([("parameters", parameters)]))])))
        ]
    }

    private func effects(free: Int64?, isOn: Bool, _ change: (inout PlanningFixture) -> Void = { _ in }) -> [Effect] {
        var fixture = fixture(free: free, isOn: isOn)
        change(&fixture)
        return fixture.effects(Configuration())
    }

    private func messages(free: Int64?, isOn: Bool) -> [String] {
        Disk().propose(fixture(free: free, isOn: isOn).input).conditions.map(\.message)
    }

    private func reasons(free: Int64?, isOn: Bool) -> [String] {
        Disk().propose(fixture(free: free, isOn: isOn).input).conditions.map(\.reason)
    }

    @Test("it goes on below the mark, at once and without a trial, and goes off one and a half times above it")
    func hysteresis() {
        #expect(effects(free: 5, isOn: false) == [])
        #expect(effects(free: 4, isOn: false) == patch(.string("on")))
        #expect(effects(free: 4, isOn: true) == [])
        #expect(effects(free: 7, isOn: true) == [])
        #expect(effects(free: 8, isOn: true) == patch(.null))
        #expect(reasons(free: 4, isOn: false) == ["ReadOnly"])
        #expect(reasons(free: 7, isOn: true) == ["ReadOnly"])
        #expect(reasons(free: 8, isOn: true) == ["Critical"])
    }

    @Test("unknown free space changes nothing, and that it stays read-only is told")
    func unknown() {
        #expect(effects(free: nil, isOn: false) == [])
        #expect(effects(free: nil, isOn: true) == [])
        #expect(reasons(free: nil, isOn: true) == ["ReadOnly"])
        #expect(reasons(free: nil, isOn: false) == ["DiskUnseen"])
    }

    @Test("it is said to be read-only once etcd holds it, and before that only that it shall be")
    func saidAsItIs() {
        #expect(messages(free: 4, isOn: true).first?.contains(". New transactions are read-only until") == true)
        #expect(messages(free: 4, isOn: false).first?.contains(". Not done yet: ") == true)
    }

    @Test("a mark that is larger than half of the disk counts as half, so that there is always a way back")
    func wayBack() {
        for mark in [DiskMark.share(percent: 90), .amount(.gibibytes(500))] {
            #expect(effects(free: 49, isOn: false) { $0.cluster.disk.readOnly = mark } == patch(.string("on")))
            #expect(effects(free: 50, isOn: false) { $0.cluster.disk.readOnly = mark } == [])
            #expect(effects(free: 75, isOn: true) { $0.cluster.disk.readOnly = mark } == patch(.null))
        }
    }

    @Test("a switched-off guard goes back, and does not begin")
    func switchedOff() {
        #expect(effects(free: 1, isOn: false) { $0.cluster.disk.makesReadOnly = false } == [])
        #expect(effects(free: 1, isOn: true) { $0.cluster.disk.makesReadOnly = false } == patch(.null))
    }

    @Test("it waits for no trial of other parameters")
    func noTrial() {
        var fixture = fixture(free: 1, isOn: false)
        set(.string("9MB"), of: "work_mem", in: &fixture)
        let effects = fixture.effects(Configuration())
        #expect(effects.contains(patch(.string("on"))[0]))
        #expect(Configuration().propose(fixture.input).waiting == ["the trial of the parameters"])
    }

    @Test("nodes whose volumes are on other disks are not made read-only")
    func elsewhere() {
        let found = effects(free: 1, isOn: false) { fixture in
            for place in fixture.engine.volumes.indices { fixture.engine.volumes[place].isOnEngineDisk = false }
        }
        #expect(found == [])
    }
}
