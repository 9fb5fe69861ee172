import Model

/// A procedure in phases as a pure function: the first row of the table that fits the phase and the facts says what
/// comes next. `docs/switchover.md` shows the tables as a test printed them.
protocol PhaseMachine {
    /// The rows, in the order in which they are tried.
    static var table: [Transition] { get }
}

/// One row of a machine's table.
struct Transition: Sendable {
    /// The phases that the row is for.
    let phases: Set<SwitchoverPhase.Name>
    /// When the row applies, in words.
    let condition: String
    /// When the row applies.
    let applies: @Sendable (any SwitchoverFacts) -> Bool
    /// What comes next.
    let step: @Sendable (SwitchoverPhase, any SwitchoverFacts) -> SwitchoverStep

    init(
        phases: [SwitchoverPhase.Name], when condition: String,
        _ applies: @escaping @Sendable (any SwitchoverFacts) -> Bool,
        then step: @escaping @Sendable (SwitchoverPhase, any SwitchoverFacts) -> SwitchoverStep
    ) {
        self.phases = Set(phases)
        self.condition = condition
        self.applies = applies
        self.step = step
    }

    init(
        _ phases: SwitchoverPhase.Name..., when condition: String,
        _ applies: @escaping @Sendable (any SwitchoverFacts) -> Bool,
        then step: @escaping @Sendable (SwitchoverPhase, any SwitchoverFacts) -> SwitchoverStep
    ) {
        self.init(phases: phases, when: condition, applies, then: step)
    }

    /// The row for what no row above it applies to.
    static func otherwise(
        _ phases: SwitchoverPhase.Name...,
        then step: @escaping @Sendable (SwitchoverPhase, any SwitchoverFacts) -> SwitchoverStep
    ) -> Transition {
        Transition(phases: phases, when: "otherwise", { _ in true }, then: step)
    }
}

extension PhaseMachine {
    /// The row that decides; nil when the procedure is over.
    static func row(for phase: SwitchoverPhase, _ facts: any SwitchoverFacts) -> Int? {
        table.firstIndex { $0.phases.contains(phase.name) && $0.applies(facts) }
    }

    /// The next phase, and what is to be done and waited for on the way to it.
    static func next(_ phase: SwitchoverPhase, _ facts: any SwitchoverFacts) -> SwitchoverStep {
        guard let row = row(for: phase, facts) else { return SwitchoverStep(.over(why: "it has ended")) }
        return table[row].step(phase, facts)
    }
}

/// The phases of a switchover, and of a restart of the primary where it is. `requested`, `pausing` and `calledOff` are
/// recorded in etcd (`SwitchoverRecord`); those between `pausing` and `over` are seen.
enum SwitchoverPhase: Hashable {
    /// The record is not understood.
    case unreadable
    /// Asked for; no client is paused yet.
    case requested
    /// The old primary leads, and the poolers pause their clients.
    case pausing(candidate: NodeName)
    /// The old primary shuts down and does not answer.
    case shuttingDown(candidate: NodeName)
    /// The old primary's container has ended, and the leader key is still its own.
    case dead(candidate: NodeName)
    /// The old primary's container has ended, and there is no leader key.
    case electing(candidate: NodeName)
    /// The primary's PostgreSQL is being restarted.
    case restarting
    /// The node that is to take the clients leads: another one, or the restarted primary.
    case resuming(leader: NodeName)
    /// Called off, and to be tried again after a while; clients go on.
    case calledOff(why: String)
    /// It has come to its end, and the record is deleted.
    case over(why: String)

    /// A phase without what belongs to it.
    enum Name: String, CaseIterable {
        case unreadable, requested, pausing
        case shuttingDown = "shutting down"
        case dead, electing, restarting, resuming
        case calledOff = "called off"
        case over
    }

    var name: Name {
        switch self {
        case .unreadable: .unreadable
        case .requested: .requested
        case .pausing: .pausing
        case .shuttingDown: .shuttingDown
        case .dead: .dead
        case .electing: .electing
        case .restarting: .restarting
        case .resuming: .resuming
        case .calledOff: .calledOff
        case .over: .over
        }
    }

    /// Whether the poolers pause their clients, or are about to.
    var pausesClients: Bool {
        switch self {
        case .pausing, .shuttingDown, .dead, .electing, .restarting, .resuming: true
        case .unreadable, .requested, .calledOff, .over: false
        }
    }
}

/// What a machine has done.
enum SwitchoverEffect: Hashable {
    /// Patroni switches over by itself, where no pooler can pause clients; without a name the replicas elect.
    case patroniSwitchover(to: NodeName?)
    /// Docker is told not to start the old primary again.
    case keepDown
    case checkpoint
    /// These poolers pause their clients.
    case pauseClients([ContainerName])
    case shutdownPrimary
    /// The dead primary's leader key is deleted, and the candidate is named where it may be.
    case releaseLeader
    /// Patroni restarts the primary's PostgreSQL.
    case restart
    /// Poolers that still lead to the old primary let their clients go on.
    case resumeClients

    /// The effect in words, without what belongs to it.
    var name: String {
        switch self {
        case .patroniSwitchover: "Patroni switches over"
        case .keepDown: "Docker does not start it again"
        case .checkpoint: "checkpoint"
        case .pauseClients: "poolers pause clients"
        case .shutdownPrimary: "shut the primary down"
        case .releaseLeader: "delete the leader key"
        case .restart: "restart PostgreSQL"
        case .resumeClients: "poolers let clients go on"
        }
    }
}

/// What a row says: the next phase, and what is done and waited for on the way.
struct SwitchoverStep {
    var next: SwitchoverPhase
    var effects: [SwitchoverEffect]
    /// What is waited for, in words.
    var waiting: String?
    /// When to look again at the latest; long where etcd or Docker tells of the next phase, because a look takes the
    /// machine from what is waited for.
    var lookAgain: Duration?
    /// Why it does not go on, for the condition.
    var delay: String?

    init(
        _ next: SwitchoverPhase, _ effects: [SwitchoverEffect] = [], waiting: String? = nil, lookAgain: Duration? = nil,
        delay: String? = nil
    ) {
        self.next = next
        self.effects = effects
        self.waiting = waiting
        self.lookAgain = lookAgain
        self.delay = delay
    }

    /// It does not begin yet.
    static func delayed(_ why: String, _ facts: any SwitchoverFacts) -> SwitchoverStep {
        SwitchoverStep(
            .requested, waiting: "\(facts.record.phrase), because \(why)", lookAgain: .seconds(1), delay: why)
    }

    /// Clients go on at once, and it is tried again after a while.
    static func callOff(_ why: String, _ facts: any SwitchoverFacts) -> SwitchoverStep {
        SwitchoverStep(
            .calledOff(why: why), [.resumeClients], waiting: "another attempt at \(facts.record.phrase)",
            lookAgain: .zero, delay: why)
    }
}
