import Model

/// The fixed scripts, by synchronous mode.
extension PatroniCase {
    /// All cases of a mode, on one cluster. Strict mode differs from the other one only in what commits wait for.
    static func all(_ mode: SynchronousSettings.Mode) -> [PatroniCase] {
        let first = [death(mode), returning, lastNodes]
        if mode == .strict { return first }
        let more = first + [laggingReplica, laggingReplicas, pause, namedSwitchover(mode), unnamedSwitchover(mode)]
        return namesOne(mode) ? more : more + [laggingCandidate(mode)]
    }

    /// Whether one standby is synchronous, which alone may follow the primary.
    private static func namesOne(_ mode: SynchronousSettings.Mode) -> Bool { mode == .on || mode == .strict }

    private static func death(_ mode: SynchronousSettings.Mode) -> PatroniCase {
        PatroniCase(
            "the primary dies, and its key is released",
            [
                .then(.kill(.a)),
                namesOne(mode) ? .then(.releaseLeader) : .then(.releaseLeader).open(among: .a, .b, .c),
                namesOne(mode) ? .then(.start(.a)) : .then(.start(.c)),
            ])
    }

    /// The key is still its own, so no other node leads; whichever standby is connected first is synchronous.
    private static let returning = PatroniCase(
        "the primary dies and is back before its lease ends", [.then(.kill(.a), .start(.a)).open(among: .b, .c)])

    /// A node that has been away is no candidate where commits waited for others, nor in failsafe mode, in which the last
    /// leader has written down who its members were.
    private static let lastNodes = PatroniCase(
        "the standbys die one after the other, then the primary, and the one that died first is back first",
        [
            .then(.kill(.c), .expire(.c)), .then(.kill(.b), .expire(.b)),
            .then(.kill(.a), .expire(.a), .start(.c)), .then(.start(.a)), .then(.start(.b)),
        ])

    private static let laggingReplica = PatroniCase(
        "the primary dies, and the replica that is not b lacks too much",
        [
            .then(.lag(.c), .write), .then(.kill(.a), .expire(.a)),
            .then(.catchUp(.c), .start(.a)).open(among: .a, .c),
        ])

    /// No node leads until the old primary is back, and then only that one.
    private static let laggingReplicas = PatroniCase(
        "the primary dies, and all replicas lack too much",
        [
            .then(.lag(.b), .lag(.c), .write), .then(.kill(.a), .releaseLeader), .then(.start(.a)),
            .then(.catchUp(.b), .catchUp(.c)).open(among: .b, .c),
        ])

    /// PostgreSQL of the node that died is not started before the pause ends, and then each of the three may lead.
    private static let pause = PatroniCase(
        "switchovers while Patroni is paused, without a name and with one, a death, and the end of the pause",
        [
            .then(.pause), .then(.switchover(to: nil)), .then(.switchover(to: .b)).open(among: .a, .c),
            .then(.kill(.b), .expire(.b)), .then(.start(.b)), .then(.resume).open(among: .a, .b, .c),
        ])

    private static func namedSwitchover(_ mode: SynchronousSettings.Mode) -> PatroniCase {
        PatroniCase(
            "a switchover to c, which is refused where b alone is synchronous",
            [namesOne(mode) ? .then(.switchover(to: .c)) : .then(.switchover(to: .c)).open(among: .a, .b)])
    }

    private static func unnamedSwitchover(_ mode: SynchronousSettings.Mode) -> PatroniCase {
        let step = PatroniStep.then(.switchover(to: nil))
        return PatroniCase(
            "a switchover without a name",
            [namesOne(mode) ? step.open(among: .a, .c) : step.open(among: .a, .b, .c)])
    }

    /// In quorum mode no switchover without a name either: the one that is left may not have confirmed the last commit.
    private static func laggingCandidate(_ mode: SynchronousSettings.Mode) -> PatroniCase {
        PatroniCase(
            "a switchover to a replica that lacks too much",
            [.then(.lag(.c), .write), .then(.switchover(to: .c))]
                + (mode == .quorum ? [.then(.switchover(to: nil))] : []) + [.then(.catchUp(.c))])
    }
}
