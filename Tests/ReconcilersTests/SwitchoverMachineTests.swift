import Foundation
import Model
import TestSupport
import Testing

@testable import Reconcilers

/// The machines by themselves, with facts drawn at random: what holds for all of them is checked for each.
@Suite("The machines of switchover and restart")
struct SwitchoverMachineTests {
    /// Facts as values.
    struct GivenFacts: SwitchoverFacts {
        var record = SwitchoverRecord(
            from: "pg-node-1", to: "pg-node-2", author: .person, why: "a test", at: Timestamp(seconds: 7),
            modRevision: 3)
        var leadership = Leadership.old
        var lapse: String?
        var candidate = SwitchoverCandidate.behindPoolers("pg-node-2")
        var obstacle: String?
        var isKeptUpByDocker = false
        var isCheckpointed = true
        var isOverLimit = false
        var isPausingLate = false
        var isClusterPaused = false
        var isPatroniPaused = false
        var hasPoolers = true
        var isCandidateReady = true
        var poolersToPause: [ContainerName] = []
        var isRunning = true
        var canRelease = true
        var haveClientsResumed = false
        var timeToRetry: Duration?
        var isRestartWanted = true
        var isInMaintenance = false
        var areOthersHealthy = true
        var isTooLateToRestart = false

        /// Each fact is the usual one in three of four draws, so that the last rows of a phase are reached, too.
        static func random(_ source: inout Seeded) -> GivenFacts {
            func rarely() -> Bool { Int.random(in: 0..<4, using: &source) == 0 }
            var facts = GivenFacts()
            if rarely() { facts.leadership = [.other("pg-node-3"), .missing].randomElement(using: &source) ?? .old }
            if rarely() { facts.lapse = "it lapsed" }
            if rarely() {
                facts.candidate =
                    [.none(why: "none"), .throughPatroni(name: nil), .throughPatroni(name: "pg-node-2")]
                    .randomElement(using: &source) ?? .none(why: "none")
            }
            if rarely() { facts.obstacle = "an obstacle" }
            if rarely() { facts.timeToRetry = .seconds(3) }
            if rarely() { facts.poolersToPause = ["pgbouncer-1"] }
            let flags: [WritableKeyPath<GivenFacts, Bool>] = [
                \.isKeptUpByDocker, \.isCheckpointed, \.isOverLimit, \.isPausingLate, \.isClusterPaused,
                \.isPatroniPaused, \.hasPoolers, \.isCandidateReady, \.isRunning, \.canRelease, \.haveClientsResumed,
                \.isRestartWanted, \.isInMaintenance, \.areOthersHealthy, \.isTooLateToRestart,
            ]
            for flag in flags where rarely() { facts[keyPath: flag].toggle() }
            return facts
        }
    }

    /// What a row led to in all draws.
    private struct Outcomes {
        var next: Set<SwitchoverPhase.Name> = []
        var effects: [String] = []
    }

    private static let phases: [SwitchoverPhase] = [
        .unreadable, .requested, .pausing(candidate: "pg-node-2"), .shuttingDown(candidate: "pg-node-2"),
        .dead(candidate: "pg-node-2"), .electing(candidate: "pg-node-2"), .restarting,
        .resuming(leader: "pg-node-3"), .calledOff(why: "it was"), .over(why: "it is"),
    ]

    /// The phases that a machine has rows for.
    private static func phases(of machine: any PhaseMachine.Type) -> [SwitchoverPhase] {
        phases.filter { phase in machine.table.contains { $0.phases.contains(phase.name) } }
    }

    private static func draws(
        _ machine: any PhaseMachine.Type, _ body: (SwitchoverPhase, GivenFacts, Int?, SwitchoverStep) -> Void
    ) {
        var source = Seeded(seed: 1)
        for _ in 0..<5_000 {
            let facts = GivenFacts.random(&source)
            for phase in phases(of: machine) {
                body(phase, facts, machine.row(for: phase, facts), machine.next(phase, facts))
            }
        }
    }

    /// The table as Markdown, with what the rows led to.
    private static func markdown(_ machine: any PhaseMachine.Type) -> [String] {
        var outcomes = [Outcomes](repeating: Outcomes(), count: machine.table.count)
        draws(machine) { phase, _, row, step in
            guard let row else { return }
            if step.next.name != phase.name { outcomes[row].next.insert(step.next.name) }
            for effect in step.effects.map(\.name) where !outcomes[row].effects.contains(effect) {
                outcomes[row].effects.append(effect)
            }
        }
        let order = SwitchoverPhase.Name.allCases
        func list(_ names: Set<SwitchoverPhase.Name>) -> String {
            order.filter(names.contains).map(\.rawValue).joined(separator: ", ")
        }
        return ["| In phase | when | effects | next phase |", "|---|---|---|---|"]
            + zip(machine.table, outcomes).map { row, outcome in
                let effects = outcome.effects.joined(separator: ", ")
                return "| \(list(row.phases)) | \(row.condition) | \(effects.isEmpty ? "–" : effects) "
                    + "| \(outcome.next.isEmpty ? "stays" : list(outcome.next)) |"
            }
    }

    @Test("every row decides for some facts", arguments: [true, false])
    func everyRowDecides(isRestart: Bool) {
        let machine: any PhaseMachine.Type = isRestart ? RestartMachine.self : SwitchoverMachine.self
        var decided = Set<Int>()
        Self.draws(machine) { phase, _, row, _ in
            guard let row else {
                Issue.record("no row decides in phase \(phase)")
                return
            }
            decided.insert(row)
        }
        for row in machine.table.indices where !decided.contains(row) {
            Issue.record("no facts lead to row \(row + 1), \(machine.table[row].condition)")
        }
    }

    @Test("the primary stops or restarts only while all clients are paused in time, and no person wants it otherwise")
    func interruptsOnlyBehindPoolers() {
        for machine in [SwitchoverMachine.self, RestartMachine.self] as [any PhaseMachine.Type] {
            Self.draws(machine) { phase, facts, _, step in
                let interrupts = step.effects.contains(.shutdownPrimary) || step.effects.contains(.restart)
                guard interrupts else { return }
                #expect(phase.pausesClients && step.next.pausesClients)
                #expect(facts.poolersToPause.isEmpty && facts.hasPoolers && !facts.isOverLimit)
                #expect(!facts.isClusterPaused && !facts.isPatroniPaused)
                if step.effects.contains(.shutdownPrimary) { #expect(facts.isCandidateReady) }
                if step.effects.contains(.restart) { #expect(facts.areOthersHealthy && !facts.isInMaintenance) }
            }
        }
    }

    @Test("the leader key is deleted only when its holder is proven dead")
    func releasesOnlyTheDead() {
        Self.draws(SwitchoverMachine.self) { phase, facts, _, step in
            guard step.effects.contains(.releaseLeader) else { return }
            #expect(phase.name == .dead && facts.canRelease)
        }
    }

    @Test("no phase pauses clients for longer than the limit")
    func pausesAreLimited() {
        for machine in [SwitchoverMachine.self, RestartMachine.self] as [any PhaseMachine.Type] {
            Self.draws(machine) { phase, facts, _, step in
                guard phase.pausesClients, facts.isOverLimit else { return }
                #expect(!step.next.pausesClients, "\(phase) \(facts)")
            }
        }
    }

    @Test("clients that are paused are never let go while the primary stops or restarts")
    func noWayBack() {
        for machine in [SwitchoverMachine.self, RestartMachine.self] as [any PhaseMachine.Type] {
            Self.draws(machine) { phase, facts, _, step in
                guard [.shuttingDown, .dead, .electing, .restarting].contains(phase.name), !facts.isOverLimit else {
                    return
                }
                #expect(!step.effects.contains(.resumeClients), "\(phase)")
            }
        }
    }

    /// With `UPDATE_DOCS=1` the page is written anew.
    @Test("docs/switchover.md shows the tables as they are")
    func documented() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/switchover.md")
        var text = try String(contentsOf: page, encoding: .utf8)
        for (name, machine) in [
            ("switchover", SwitchoverMachine.self), ("restart", RestartMachine.self),
        ] as [(String, any PhaseMachine.Type)] {
            let begin = "<!-- table: \(name) -->\n"
            let end = "<!-- end -->"
            guard let start = text.range(of: begin)?.upperBound,
                let stop = text.range(of: end, range: start..<text.endIndex)?.lowerBound
            else {
                Issue.record("docs/switchover.md has no place for the table of \(name)")
                continue
            }
            let table = Self.markdown(machine).map { $0 + "\n" }.joined()
            if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
                text.replaceSubrange(start..<stop, with: table)
            } else {
                #expect(String(text[start..<stop]) == table, "run it with UPDATE_DOCS=1 and read what changes")
            }
        }
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            try text.write(to: page, atomically: true, encoding: .utf8)
        }
    }
}
