public import Model

/// What the controller's side says of one pass.
public struct PassSummary: Sendable {
    /// When it wants to look again at the latest; nil waits for an event or the resync.
    public var lookAgain: Duration?
    /// Whether it wants nothing and waits for nothing.
    public var isConverged: Bool
    /// Whether it did anything.
    public var hasActed: Bool
    /// What it waits for, what it was refused, in words.
    public var waiting: [String]

    /// A summary.
    public init(lookAgain: Duration?, isConverged: Bool, hasActed: Bool = false, waiting: [String] = []) {
        self.lookAgain = lookAgain
        self.isConverged = isConverged
        self.hasActed = hasActed
        self.waiting = waiting
    }
}

/// The controller's side of a run: one value for each life of the controller, made anew after each kill.
public protocol Controlling {
    /// One pass over the world.
    mutating func pass(_ cluster: Cluster) async -> PassSummary
}

/// How a run ended.
public enum Verdict: Sendable, Hashable {
    /// Safe, and converged after so many passes under a clear sky.
    case passed(digest: UInt64, passes: Int)
    /// An invariant was broken.
    case unsafe(String)
    /// It did not converge: what was still to do, and what the controller waited for.
    case stuck(String, waiting: [String])

    /// Whether it is a failure of the same kind.
    func isLike(_ other: Verdict) -> Bool {
        switch (self, other) {
        case (.passed, .passed): true
        case (.unsafe(let own), .unsafe(let theirs)): own.prefix(3) == theirs.prefix(3)
        case (.stuck, .stuck): true
        case (.passed, _), (.unsafe, _), (.stuck, _): false
        }
    }

    /// Whether everything held.
    public var isPassed: Bool {
        switch self {
        case .passed: true
        case .unsafe, .stuck: false
        }
    }
}

/// How long to rest: as the pass asks, and longer the more passes in a row had nothing to do but wait. Whatever happens
/// meanwhile ends a rest anyway.
struct Patience {
    private var idle = 0

    mutating func limit(after summary: PassSummary) -> Duration {
        idle = summary.hasActed ? 0 : idle + 1
        let asked = summary.lookAgain ?? .seconds(30)
        return min(max(asked, .milliseconds(50 << min(idle, 6))), .seconds(30))
    }
}

/// One simulated life of a cluster: faults until a certain time, then none, and it must converge.
public struct Run: Sendable {
    /// The seed that everything is drawn from.
    public let seed: UInt64
    /// The manifest at the beginning.
    public let cluster: Cluster
    /// The faults.
    public let schedule: FaultSchedule
    /// Until when there are faults.
    public let faultsEnd: Duration
    /// How many passes it may take under a clear sky.
    public var passLimit = 1500
    /// How much time it may take under a clear sky.
    public var timeLimit: Duration = .seconds(900)

    /// The run of a seed: cluster and faults are drawn from it.
    public init(seed: UInt64) {
        var generator = FaultGenerator(seed: seed)
        self.seed = seed
        cluster = generator.drawCluster()
        schedule = generator.drawSchedule(for: cluster)
        faultsEnd = generator.end
    }

    /// A run of chosen faults.
    public init(seed: UInt64, cluster: Cluster, schedule: FaultSchedule, faultsEnd: Duration) {
        self.seed = seed
        self.cluster = cluster
        self.schedule = schedule
        self.faultsEnd = faultsEnd
    }

    /// Lives through it with controllers that `makeController` makes, one for each life.
    public func run<Controller: Controlling>(
        keepsTrace: Bool = false, makeController: @Sendable (SimulatedWorld) -> Controller
    ) async -> (verdict: Verdict, world: SimulatedWorld) {
        let world = SimulatedWorld(seed: seed, cluster: cluster, schedule: schedule, keepsTrace: keepsTrace)
        var controller = makeController(world)
        var patience = Patience()
        while await world.now().uptime < faultsEnd {
            let summary = await controller.pass(world.cluster)
            if let violation = await world.violation { return (.unsafe(violation), world) }
            if await world.buryController() {
                controller = makeController(world)
            } else {
                await world.rest(atMost: patience.limit(after: summary))
            }
        }
        await world.clearSky()
        return await (converge(world, &controller, makeController), world)
    }

    private func converge<Controller: Controlling>(
        _ world: SimulatedWorld, _ controller: inout Controller, _ makeController: (SimulatedWorld) -> Controller
    ) async -> Verdict {
        let deadline = await world.now().uptime + timeLimit
        var passes = 0
        var quiet = 0
        var patience = Patience()
        var summary = PassSummary(lookAgain: nil, isConverged: false)
        while passes < passLimit, await world.now().uptime < deadline {
            passes += 1
            let cluster = await world.cluster
            summary = await controller.pass(cluster)
            if let violation = await world.violation { return .unsafe(violation) }
            let isDone = await world.pending() == nil
            quiet = summary.isConverged && isDone ? quiet + 1 : 0
            // twice in a row: a converged cluster yields an empty plan, and keeps yielding it
            if quiet == 2 { return .passed(digest: await world.digest, passes: passes) }
            await world.rest(atMost: patience.limit(after: summary))
        }
        let pending = await world.pending() ?? "the controller never comes to rest"
        return .stuck(pending, waiting: summary.waiting)
    }
}
