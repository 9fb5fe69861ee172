import Model

/// A switchover behind the poolers: clients wait for a moment, and get no error.
enum SwitchoverMachine: PhaseMachine {
    static let table: [Transition] =
        Transition.untilBegun + [
            Transition(.requested, when: "there is no candidate", { $0.candidate.obstacle != nil }) { _, facts in
                .delayed(facts.candidate.obstacle ?? "", facts)
            },
            Transition(
                .requested, when: "no pooler can pause clients for the candidate",
                { if case .throughPatroni = $0.candidate { true } else { false } }
            ) { phase, facts in
                guard case .throughPatroni(let name) = facts.candidate else { return SwitchoverStep(phase) }
                return SwitchoverStep(
                    .requested, [.patroniSwitchover(to: name)],
                    waiting: "the switchover \(Handover(to: name).words)", lookAgain: .milliseconds(250))
            },
            Transition.obstacle,
            Transition(.requested, when: "Docker would start the old primary again", \.isKeptUpByDocker) { _, facts in
                SwitchoverStep(
                    .requested, [.keepDown], waiting: "\(facts.record.from) to stay down when it shuts down",
                    lookAgain: .milliseconds(200))
            },
            Transition.checkpoint,
            .otherwise(.requested) { phase, facts in
                guard case .behindPoolers(let candidate) = facts.candidate else { return SwitchoverStep(phase) }
                return SwitchoverStep(.pausing(candidate: candidate), lookAgain: .zero)
            },
            Transition.limit(.pausing, .shuttingDown, .dead, .electing),
        ] + Transition.callOff + [
            Transition(.pausing, when: "the candidate cannot take over any more", { !$0.isCandidateReady }) {
                phase, facts in .callOff("\(phase.candidate) cannot take over any more", facts)
            }
        ] + Transition.pause + [
            Transition(.pausing, when: "the old primary's container does not run", { !$0.isRunning }) { _, facts in
                .callOff("\(facts.record.from) does not run", facts)
            },
            .otherwise(.pausing) { phase, facts in
                SwitchoverStep(
                    .shuttingDown(candidate: phase.candidate), [.shutdownPrimary],
                    waiting: "\(facts.record.from) to shut down", lookAgain: .milliseconds(150))
            },
            .otherwise(.shuttingDown) { phase, facts in
                SwitchoverStep(phase, waiting: "\(facts.record.from) to shut down", lookAgain: .milliseconds(150))
            },
            Transition(.dead, when: "its death is not proven, or the candidate cannot take over", { !$0.canRelease }) {
                phase, _ in SwitchoverStep(phase, waiting: "\(phase.candidate) to lead", lookAgain: .briefly)
            },
            .otherwise(.dead) { phase, _ in
                SwitchoverStep(
                    .electing(candidate: phase.candidate), [.releaseLeader], waiting: "\(phase.candidate) to lead",
                    lookAgain: .briefly)
            },
            .otherwise(.electing) { phase, _ in
                SwitchoverStep(phase, waiting: "\(phase.candidate) to lead", lookAgain: .briefly)
            },
        ] + Transition.resume + Transition.retry
}

/// A restart of the primary where it is, while the poolers pause their clients.
enum RestartMachine: PhaseMachine {
    static let table: [Transition] =
        Transition.untilBegun + [
            Transition.obstacle,
            Transition.checkpoint,
            .otherwise(.requested) { _, facts in
                SwitchoverStep(.pausing(candidate: facts.record.from), lookAgain: .zero)
            },
            Transition.limit(.pausing, .restarting, .dead),
        ] + Transition.callOff + Transition.pause + [
            Transition(.pausing, when: "nothing waits for the restart any more", { !$0.isRestartWanted }) { _, facts in
                .callOff("nothing waits for it any more", facts)
            },
            Transition(.pausing, when: "the primary is in maintenance", \.isInMaintenance) { _, facts in
                .callOff("\(facts.record.from) is in maintenance", facts)
            },
            Transition(.pausing, when: "another node is not healthy", { !$0.areOthersHealthy }) { _, facts in
                .callOff("not all other nodes do their part", facts)
            },
            Transition(.pausing, when: "a third of the clients' pause has passed", \.isTooLateToRestart) { _, facts in
                .callOff("it could not be restarted in time", facts)
            },
            .otherwise(.pausing) { _, facts in
                SwitchoverStep(
                    .restarting, [.restart], waiting: "\(facts.record.from) to take writes again",
                    lookAgain: .milliseconds(100))
            },
            // there is no way back: PostgreSQL may have begun to stop, and a client that goes on would get an error
            .otherwise(.restarting) { phase, facts in
                SwitchoverStep(
                    phase, waiting: "\(facts.record.from) to take writes again", lookAgain: .milliseconds(100))
            },
            .otherwise(.dead) { _, facts in SwitchoverStep(.over(why: "\(facts.record.from) has ended")) },
        ] + Transition.resume + Transition.retry
}

extension Transition {
    /// What ends a request before it begins.
    fileprivate static let untilBegun = [
        Transition.otherwise(.unreadable) { _, _ in SwitchoverStep(.over(why: "it is unreadable")) },
        Transition(.requested, .calledOff, when: "another node leads", { $0.leadership.other != nil }) { _, facts in
            SwitchoverStep(.over(why: "\(facts.leadership.other ?? "") leads"))
        },
        Transition(.requested, .calledOff, when: "the request is of no use any more", { $0.lapse != nil }) { _, facts in
            SwitchoverStep(.over(why: facts.lapse ?? ""))
        },
        Transition(.requested, when: "no node leads", { $0.leadership == .missing }) { phase, _ in
            SwitchoverStep(phase, waiting: "a primary that can hand over", lookAgain: .seconds(1))
        },
    ]

    /// Everything that may take its time comes before clients are paused.
    fileprivate static let obstacle = Transition(
        .requested, when: "something would make the clients' pause long", { $0.obstacle != nil }
    ) { _, facts in .delayed(facts.obstacle ?? "", facts) }

    fileprivate static let checkpoint = Transition(
        .requested, when: "there was no checkpoint for it", { !$0.isCheckpointed }
    ) { phase, facts in
        SwitchoverStep(
            phase, [.checkpoint], waiting: "a checkpoint on \(facts.record.from), before \(facts.record.phrase)",
            lookAgain: .milliseconds(200))
    }

    /// Clients are never paused for longer, whatever becomes of the rest.
    fileprivate static func limit(_ phases: SwitchoverPhase.Name...) -> Transition {
        Transition(phases: phases, when: "clients have been paused for \(ClientPause.words)", \.isOverLimit) {
            _, facts in
            .callOff("it took longer than \(ClientPause.words)", facts)
        }
    }

    /// What calls it off while there is a way back.
    fileprivate static let callOff = [
        Transition(.pausing, when: "a person has paused the cluster", \.isClusterPaused) { _, facts in
            .callOff("the cluster is paused", facts)
        },
        Transition(.pausing, when: "Patroni is paused", \.isPatroniPaused) { _, facts in
            .callOff("Patroni is paused", facts)
        },
        Transition(.pausing, when: "there are no poolers any more", { !$0.hasPoolers }) { _, facts in
            .callOff("there are no poolers any more", facts)
        },
    ]

    /// Until every pooler pauses its clients.
    fileprivate static let pause = [
        Transition(
            .pausing, when: "a pooler could not pause its clients in \(SeenFacts.pausingLimit.milliseconds) ms",
            { $0.isPausingLate && !$0.poolersToPause.isEmpty }
        ) { _, facts in
            let names = facts.poolersToPause.map(\.text).joined(separator: " and ")
            return .callOff("\(names) could not pause its clients in time", facts)
        },
        Transition(.pausing, when: "a pooler does not pause its clients yet", { !$0.poolersToPause.isEmpty }) {
            phase, facts in
            SwitchoverStep(
                phase, [.pauseClients(facts.poolersToPause)], waiting: "the poolers to pause their clients",
                lookAgain: .briefly)
        },
    ]

    /// The poolers turn to the node that leads by themselves; it is over when their clients go on.
    fileprivate static let resume = [
        Transition(
            .resuming, when: "clients have gone on, or have been paused for \(ClientPause.words)",
            { $0.haveClientsResumed || $0.isOverLimit }
        ) { phase, _ in SwitchoverStep(.over(why: "\(phase.candidate) leads")) },
        .otherwise(.resuming) { phase, _ in
            SwitchoverStep(phase, waiting: "\(phase.candidate) to take writes", lookAgain: .briefly)
        },
    ]

    /// Between two attempts.
    fileprivate static let retry = [
        Transition(.calledOff, when: "the pause between attempts is not over", { $0.timeToRetry != nil }) {
            phase, facts in
            SwitchoverStep(
                phase, waiting: "another attempt at \(facts.record.phrase)",
                lookAgain: min(facts.timeToRetry ?? .zero, .seconds(5)),
                delay: facts.record.note + "; it is tried again")
        },
        .otherwise(.calledOff) { _, facts in
            SwitchoverStep(.requested, waiting: "another attempt at \(facts.record.phrase)")
        },
    ]
}

extension Leadership {
    fileprivate var other: NodeName? { if case .other(let node) = self { node } else { nil } }
}

extension SwitchoverCandidate {
    fileprivate var obstacle: String? { if case .none(let why) = self { why } else { nil } }
}

extension SwitchoverPhase {
    /// The node that clients go on with in this phase.
    fileprivate var candidate: NodeName {
        switch self {
        case .pausing(let node), .shuttingDown(let node), .dead(let node), .electing(let node), .resuming(let node):
            node
        case .unreadable, .requested, .restarting, .calledOff, .over: ""
        }
    }
}

extension Duration {
    /// How soon to look again while clients wait.
    fileprivate static let briefly: Duration = .milliseconds(20)
    fileprivate var milliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
