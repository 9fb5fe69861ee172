import Model
import TestSupport

/// One step of a script about etcd. Leases have names.
enum StoreAction: Sendable, Hashable {
    /// What the controller does.
    case putIfAbsent(String, String)
    case deleteKey(String, isCurrent: Bool)
    case release(Mistake?)
    case addLearner(Int)
    case promote(Int)
    case removeMember(Int)
    case movePeer(Int, to: Int)
    case setRole(Bool)
    case setUser(String)
    case removeUser(String)
    case enableAuthentication
    case compact
    /// What Patroni does, and people.
    case put(String, String, lease: Int64)
    case delete(String)
    case grant(Int64)
    case revoke(Int64)
    case killMember(Int)

    /// What is wrong with a release of the leader key.
    enum Mistake: Sendable, CaseIterable { case node, lease, createRevision }

    static let retired = "retired"
    /// Switchovers that Patroni is asked for: to somebody, or to whom the others elect.
    static let wishes: [StoreAction] = [.put("failover", "n2", lease: 0), .put("failover", "", lease: 0)]

    /// Random actions over Patroni's keys, a record of the controller's own and two leases.
    static func script(seed: UInt64, _ count: Int) -> [StoreAction] {
        var random = Seeded(seed: seed)
        func pick<Value>(_ list: [Value], _ random: inout Seeded) -> Value {
            list[Int.random(in: list.indices, using: &random)]
        }
        return (0..<count).map { _ in
            let lease = pick([4711, 4712] as [Int64], &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<3: return .grant(lease)
            case 3..<5: return .revoke(lease)
            case 5..<8: return .put("leader", pick(["n1", "n2"], &random), lease: lease)
            case 8..<10: return .put("members/" + pick(["n1", "n2"], &random), "running", lease: lease)
            case 10: return pick([.put("initialize", "73", lease: 0)] + StoreAction.wishes, &random)
            case 11: return .delete(pick(["leader", "initialize", "members/n1", "failover"], &random))
            case 12: return .putIfAbsent("initialize", "73")
            case 13: return .putIfAbsent(retired, #"{"since":"s","why":"w"}"#)
            case 14..<16: return .deleteKey(retired, isCurrent: pick([true, true, false], &random))
            case 16..<19: return .release(pick([nil, nil] + Mistake.allCases, &random))
            default: return .compact
            }
        }
    }

    /// What chance rarely lines up: a leader key that is released by exactly the right compare, and a record.
    static let opening: [StoreAction] =
        [.grant(4711), .grant(4712), .put("leader", "n1", lease: 4711), .put("members/n1", "running", lease: 4711)]
        + [.put("members/n2", "running", lease: 4712), .put("initialize", "73", lease: 0)]
        + wishes
        + [.release(.node), .release(.lease), .release(.createRevision), .release(nil), .release(nil)]
        + [.putIfAbsent(retired, #"{"since":"s","why":"w"}"#), .deleteKey(retired, isCurrent: false)]
        + [.deleteKey(retired, isCurrent: true), .putIfAbsent("initialize", "74"), .grant(4711)]

    /// Users and roles: authentication needs its superuser, and each step may be taken twice.
    static let access: [StoreAction] = [
        .enableAuthentication, .setRole(true), .setRole(false), .setRole(false), .setUser("n1.etcd"),
        .setUser("n1.etcd"),
        .enableAuthentication, .setUser("root"), .enableAuthentication, .setUser("n2.etcd"), .setRole(true),
        .setRole(false),
        .removeUser("n1.etcd"), .setUser("n1.etcd"), .putIfAbsent("initialize", "75"),
    ]

    /// Membership, which chance would soon leave without a quorum.
    static let membership: [StoreAction] = [
        .promote(1), .addLearner(1), .addLearner(9), .addLearner(9), .addLearner(8), .promote(9), .promote(7),
        .movePeer(7, to: 8), .movePeer(3, to: 1), .movePeer(3, to: 6), .movePeer(6, to: 3), .removeMember(7),
        .removeMember(9), .removeMember(9), .killMember(3), .removeMember(2), .removeMember(3),
        .addLearner(3), .promote(3), .putIfAbsent("initialize", "73"),
        // no learner any more
        .movePeer(3, to: 6),
    ]
}
