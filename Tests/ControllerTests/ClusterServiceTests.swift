import Foundation
import Logging
import Model
import Supervisor
import Synchronization
import Testing

@testable import Controller
@testable import PlanningFixtures

/// A world that shows what it is told to, and notes what is done to it.
private final class ShownWorld: KeptWorld {
    private struct State {
        var fixture: PlanningFixture
        var looks: [ObservationScope] = []
        var performed: [Effect] = []
        var trigger: AsyncStream<Void>.Continuation?
        var death: AsyncStream<Void>.Continuation?
        var trouble: Condition?
        /// What an effect changes in what is shown.
        var consequence: @Sendable (Effect, inout PlanningFixture) -> Void = { _, _ in }
    }
    private let state: Mutex<State>

    init(_ fixture: PlanningFixture) { state = Mutex(State(fixture: fixture)) }

    func observe(_ cluster: Cluster, scope: ObservationScope) async -> Observation {
        state.withLock {
            $0.looks.append(scope)
            return $0.fixture.observed
        }
    }
    func perform(_ effects: [Effect], for cluster: Cluster) async -> [Outcome] {
        state.withLock { state in
            state.performed += effects
            for effect in effects { state.consequence(effect, &state.fixture) }
        }
        return effects.map { _ in .done("") }
    }
    func now() async -> Moment { PlanningFixture.now }
    func triggers(_ cluster: Cluster) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        state.withLock { $0.trigger = continuation }
        return stream
    }
    func deathTriggers() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        state.withLock { $0.death = continuation }
        return stream
    }
    func reloadSecrets(_ cluster: Cluster) async -> Condition? { state.withLock { $0.trouble } }
    func provesWrite(on node: NodeName, for cluster: Cluster) async -> Bool { true }

    /// Changes what is shown, and wakes the service.
    func change(_ body: @Sendable (inout PlanningFixture) -> Void) {
        state.withLock {
            body(&$0.fixture)
            $0.trigger?.yield()
        }
    }
    /// Changes what is shown, and tells the failover lane alone.
    func die(_ body: @Sendable (inout PlanningFixture) -> Void) {
        state.withLock {
            body(&$0.fixture)
            $0.death?.yield()
        }
    }
    func onEffect(_ consequence: @escaping @Sendable (Effect, inout PlanningFixture) -> Void) {
        state.withLock { $0.consequence = consequence }
    }
    func lose(_ secret: Condition) { state.withLock { $0.trouble = secret } }
    var performed: [Effect] { state.withLock { $0.performed } }
    var starts: [Effect] { performed.filter { if case .docker(_, .start) = $0 { true } else { false } } }
    var releases: [Effect] { performed.filter { if case .etcd(.releaseLeader) = $0 { true } else { false } } }
    var looks: [ObservationScope] { state.withLock { $0.looks } }
}

/// A lock that another controller has from the second question on.
private final class LostLock: ActingLock {
    private let questions = Mutex(0)
    var isInDoubt: Bool { false }
    var rivalInWords: String? {
        questions.withLock {
            $0 += 1
            return $0 > 1 ? "the supervisor container other keeps this cluster" : nil
        }
    }
}

@Suite("The loop that keeps a cluster", .timeLimit(.minutes(1)))
struct ClusterServiceTests {
    /// A manifest, a state directory, and the service over them.
    private struct Bench {
        let folder: URL
        let state: StateDirectory
        var manifest: String { folder.path + "/cluster.yaml" }

        init() throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("service-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            state = try StateDirectory(folder.path + "/state", cluster: "demo")
            try write("nodes: {count: 3}")
        }

        func write(_ spec: String) throws {
            let text = """
                apiVersion: pg-controller.io/v1
                kind: PostgresCluster
                metadata:
                  name: demo
                spec:
                  \(spec)
                """
            try text.write(toFile: manifest, atomically: true, encoding: .utf8)
        }

        func service(_ world: ShownWorld, lock: (any ActingLock)? = nil) throws -> ClusterService<ShownWorld> {
            ClusterService(
                source: try ManifestSource(path: manifest), world: world, state: state,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, lock: lock)
        }

        var events: [Event] {
            let text = (try? String(contentsOfFile: state.events, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap {
                try? JSONDecoder().decode(Event.self, from: Data($0.utf8))
            }
        }
    }

    private func withBench(_ body: (Bench) async throws -> Void) async throws {
        let bench = try Bench()
        defer { try? FileManager.default.removeItem(at: bench.folder) }
        try await body(bench)
    }

    /// Runs a service until a pass's report is as wanted.
    private func run(
        _ service: ClusterService<ShownWorld>, until isEnough: @escaping @Sendable (PassReport) -> Bool
    ) async throws -> [PassReport] {
        let reports = Mutex<[PassReport]>([])
        let (passes, pass) = AsyncStream<PassReport>.makeStream()
        var service = service
        service.onPass = { report in
            reports.withLock { $0.append(report) }
            pass.yield(report)
        }
        let running = service
        let task = Task { try await running.run() }
        for await report in passes where isEnough(report) { break }
        task.cancel()
        _ = await task.result
        return reports.withLock { $0 }
    }

    /// The cluster that the manifest describes, as it is when all is well.
    private static func healthy(_ bench: Bench, withBackups: Bool = true) throws -> PlanningFixture {
        let fixture = PlanningFixture(withBackups: withBackups)
        #expect(try ManifestSource(path: bench.manifest).cluster == fixture.cluster)
        return fixture
    }

    @Test("the death of the primary is answered by the failover lane, without a pass that something else woke")
    func lane() async throws {
        try await withBench { bench in
            let world = ShownWorld(PlanningFixture())
            world.onEffect { effect, fixture in
                if case .etcd(.releaseLeader) = effect { fixture.dcs { $0.leader = nil } }
            }
            let reports = try await run(try bench.service(world)) { report in
                if world.releases.isEmpty { world.die { $0.stop("pg-node-1") } }
                return report.performed.contains {
                    if case .etcd(.releaseLeader) = $0.planned.action.effect { true } else { false }
                }
            }
            #expect(world.releases.count == 1)
            #expect(reports.count > 1)
            #expect(bench.events.contains { $0.what.contains("release the leader key of pg-node-1") })
        }
    }

    @Test("ends once all is as wanted where it is told to, and has done nothing to a cluster that is")
    func endsWhenConverged() async throws {
        try await withBench { bench in
            let world = ShownWorld(try Self.healthy(bench))
            var service = try bench.service(world)
            service.endsWhenConverged = true
            try await service.run()
            #expect(world.performed == [])
            #expect(world.looks.first == .everythingAfresh)
            let kept = ConditionHistory(path: bench.state.conditions).line(of: .ready)
            #expect(kept?.status == "True")
            #expect(FileManager.default.fileExists(atPath: bench.state.lastManifest))
        }
    }

    @Test("does what is due, tells it, looks again at once, and wakes when something happens")
    func acts() async throws {
        try await withBench { bench in
            var fixture = try Self.healthy(bench)
            let whole = fixture
            fixture.stop("pg-node-3")
            let world = ShownWorld(fixture)
            world.onEffect { effect, shown in
                if case .docker(_, .start("id-pg-node-3")) = effect { shown = whole }
            }
            let service = try bench.service(world)
            let reports = try await run(service) { $0.isConverged }
            #expect(world.starts == [.docker(.local, .start("id-pg-node-3"))])
            #expect(bench.events.contains { $0.kind == .action && $0.what.hasPrefix("start ") })
            #expect(bench.events.contains { $0.what == "Ready is True" })
            #expect(reports.count >= 2)
        }
    }

    @Test("a trigger brings a pass long before the next look of its own")
    func wakes() async throws {
        try await withBench { bench in
            // with backups, archiving is looked at each 30 s: that would do what the trigger is to do
            try bench.write("nodes: {count: 3}\n  backups: {enabled: false}")
            let world = ShownWorld(try Self.healthy(bench, withBackups: false))
            let isBroken = Mutex(false)
            let reports = try await run(try bench.service(world)) { report in
                if isBroken.withLock({ $0 }) { return report.performed.count > 0 }
                // at rest: nothing but the trigger comes before the resync, a minute later
                isBroken.withLock { $0 = true }
                #expect(report.lookAgain == nil)
                world.change { $0.stop("pg-node-3") }
                return false
            }
            #expect(reports.count == 2)
            // the second pass was no resync
            #expect(world.looks.filter { $0 == .everythingAfresh }.count == 1)
            #expect(world.starts == [.docker(.local, .start("id-pg-node-3"))])
        }
    }

    @Test("ends with its own exit code, and does nothing more, when another controller has the lock")
    func endsBesideRival() async throws {
        try await withBench { bench in
            var fixture = try Self.healthy(bench)
            fixture.stop("pg-node-3")
            let world = ShownWorld(fixture)
            let failure = await #expect(throws: Failure.self) {
                try await bench.service(world, lock: LostLock()).run()
            }
            #expect(failure?.code == .standby)
            #expect(failure?.message.contains("other keeps this cluster") == true)
            #expect(world.starts.count == 1)
        }
    }

    @Test(
        "a manifest with mistakes and secrets that are lost are conditions, and the last good manifest stays in force")
    func goesOnWithTheLastGood() async throws {
        try await withBench { bench in
            let world = ShownWorld(try Self.healthy(bench))
            let service = try bench.service(world)
            try bench.write("nodes: {count: many}")
            let broken = try await run(service) { _ in true }
            #expect(broken[0].conditions.contains { $0.type == .manifestInvalid && $0.message.contains("nodes.count") })
            #expect(broken[0].input.cluster.nodes.count == 3)
            try bench.write("nodes: {count: 3}")
            world.lose(
                Condition(.secretLost, .true, reason: "Missing", message: "postgres-admin is not where it should be"))
            let lost = try await run(service) { _ in true }
            #expect(lost[0].conditions.contains { $0.type == .secretLost })
            #expect(bench.events.contains { $0.what == "SecretLost is True" })
        }
    }

    @Test(
        "what this cluster cannot have changes nothing: `apply` ends with exit code 2, the loop keeps the last good one"
    )
    func refusesChange() async throws {
        try await withBench { bench in
            let world = ShownWorld(try Self.healthy(bench))
            _ = try await run(try bench.service(world)) { _ in true }
            try bench.write("postgres: {locale: C}")
            var once = try bench.service(world)
            once.endsWhenConverged = true
            let failure = await #expect(throws: Failure.self) { try await once.run() }
            #expect(failure?.code == .badInput)
            let reports = try await run(try bench.service(world)) { _ in true }
            #expect(reports[0].input.cluster.postgres.locale == PlanningFixture().cluster.postgres.locale)
            #expect(reports[0].conditions.contains { $0.type == .unsupportedChange })
            #expect(world.performed == [])
        }
    }
}
