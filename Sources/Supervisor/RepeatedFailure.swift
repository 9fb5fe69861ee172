import Model

/// An action that was tried several times and is still wanted, in words for people.
struct RepeatedFailure {
    let action: Action
    let attempts: Int
    let failure: String?

    /// A start that succeeds and does not last is a crash loop; everything else fails.
    func condition(in input: PlanningInput) -> Condition {
        guard failure == nil, case .docker(let engine, .start(let id)) = action.effect,
            let seen = input.observation.engine(engine).value?.container(id: id)
        else {
            return Condition(
                .actionFailing, .true, reason: "KeepsFailing",
                message: "\(action.effect.phrase), tried \(attempts) times: \(failure ?? action.reason.sentence)",
                subject: action.subject)
        }
        return Condition(
            .crashLoop, .true, reason: "KeepsStopping",
            message:
                "\(seen.name) was started \(attempts) times and stopped again each time; \(cause(of: seen)). It is "
                + "started again each time, later and later when it stops at once",
            subject: action.subject, details: seen.lastLines)
    }

    private func cause(of seen: ContainerView) -> String {
        guard case .exited(let exit) = seen.state else { return action.reason.sentence }
        if exit.outOfMemory || seen.ranOutOfMemoryAt != nil {
            return "it ran out of memory (exit code \(exit.code)): its limit is "
                + "\(ByteCount(bytes: seen.settings.memory)), raise it in the manifest"
        }
        switch exit.code {
        // an orderly end, or the signals that people and Docker send
        case 0, 130, 137, 143:
            return "exit code \(exit.code) says that somebody stops it: `maintenance: true` in the manifest keeps the "
                + "controller away while you work on it"
        case let code: return "exit code \(code), and its last lines may say why"
        }
    }
}
