/// A node, by the name that a case gives it: `a` leads when the case begins. In the modes in which one standby is
/// synchronous `b` is that standby.
enum Letter: String, Sendable, CaseIterable { case a, b, c }

/// What happens to three Patroni nodes, in words that mean the same in both worlds.
enum PatroniAction: Sendable, Hashable {
    /// What the controller does.
    case kill(Letter)
    case start(Letter)
    case releaseLeader
    case switchover(to: Letter?)
    /// What etcd does when a lease has not been renewed: the node's keys go with it.
    case expire(Letter)
    /// A replica receives no more WAL, and receives it again.
    case lag(Letter)
    case catchUp(Letter)
    /// The primary writes more than a failover may lose.
    case write
    /// What a person does.
    case pause
    case resume
}

/// Which replicas receive no WAL.
struct Lag: Sendable {
    private(set) var letters: Set<Letter> = []
    /// Whether the primary that they received from has died. A receiver that is stopped then hangs on a dead connection, and
    /// no commit can wait for it; a slow one, as the model has it, would be connected to the next primary.
    private(set) var isCut = false

    mutating func follow(_ action: PatroniAction) {
        switch action {
        case .lag(let letter): letters.insert(letter)
        case .catchUp(let letter): letters.remove(letter)
        case .kill(.a): isCut = !letters.isEmpty
        case _: break
        }
        if letters.isEmpty { isCut = false }
    }
}

/// Actions without a look between them, after which both worlds have to look alike.
struct PatroniStep: Sendable, CustomStringConvertible {
    let actions: [PatroniAction]
    /// The nodes among which the rules leave open which one leads, or is synchronous: they are named anew afterwards.
    var equals: Set<Letter> = []

    var description: String {
        let words = actions.map { "\($0)".replacing("ModelContractTests.Letter.", with: "") }.joined(separator: ", ")
        return equals.isEmpty ? words : "\(words), open among \(equals.map(\.rawValue).sorted())"
    }

    static func then(_ actions: PatroniAction...) -> PatroniStep { PatroniStep(actions: actions) }

    /// The same step, with its outcome open among some nodes.
    func open(among equals: Letter...) -> PatroniStep { PatroniStep(actions: actions, equals: Set(equals)) }
}

/// A case begins with a primary and two replicas that stream from it, and gives the names; it ends in the same way.
struct PatroniCase: Sendable {
    let name: String
    let steps: [PatroniStep]

    init(_ name: String, _ steps: [PatroniStep]) {
        self.name = name
        self.steps = steps
    }
}
