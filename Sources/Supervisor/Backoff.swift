import Model

/// The memory of what was tried, so that nothing is repeated in a hot loop: 1, 2, 4 … 60 s between identical actions.
/// It is the only memory the controller has, and losing it costs nothing but one early retry.
struct Backoff: Sendable {
    /// What is known of one effect.
    struct Entry: Sendable {
        /// Attempts without a calm in between, for people.
        var attempts = 0
        /// Attempts close upon each other, for the delay.
        var pressing = 0
        var lastAttempt: Duration
        var lastProposed: Duration
        var failure: String?
    }

    private var entries: [(effect: Effect, entry: Entry)] = []

    /// Nothing tried yet.
    init() {}

    /// Whether an effect may be tried now, and when else.
    func delay(of effect: Effect, at now: Duration) -> Duration? {
        guard let entry = entries.first(where: { $0.effect == effect })?.entry, entry.pressing > 0 else { return nil }
        let due = entry.lastAttempt + Backoff.interval(after: entry.pressing, of: effect)
        return due > now ? due - now : nil
    }

    /// Notes which effects are wanted now; one that was not wanted for a while is forgotten.
    mutating func note(proposed effects: [Effect], at now: Duration) {
        for effect in effects {
            if let index = entries.firstIndex(where: { $0.effect == effect }) {
                let calm = now - entries[index].entry.lastProposed
                let forgiveness = Backoff.forgiveness(entries[index].entry, effect)
                if calm > forgiveness { entries[index].entry.pressing = 0 }
                if calm > max(forgiveness, Backoff.memory(of: effect)) {
                    entries[index].entry.attempts = 0
                    entries[index].entry.failure = nil
                }
                entries[index].entry.lastProposed = now
            } else {
                entries.append((effect, Entry(lastAttempt: now, lastProposed: now)))
            }
        }
        entries.removeAll { now - $0.entry.lastProposed > .seconds(180) }
    }

    /// Notes an attempt and what came of it.
    mutating func note(_ outcome: Outcome, of effect: Effect, at now: Duration) {
        guard let index = entries.firstIndex(where: { $0.effect == effect }) else { return }
        entries[index].entry.attempts += 1
        entries[index].entry.pressing += 1
        entries[index].entry.lastAttempt = now
        switch outcome {
        case .done: entries[index].entry.failure = nil
        case .refused(let refusal): entries[index].entry.failure = refusal.message
        case .uncertain(let why): entries[index].entry.failure = why
        }
    }

    /// Effects that were tried several times and are still wanted: attempts, and the last answer if it was a failure.
    func repeatedFailures(at now: Duration) -> [(effect: Effect, attempts: Int, failure: String?)] {
        entries.filter { $0.entry.attempts >= 3 && now - $0.entry.lastProposed < .seconds(90) }
            .map { ($0.effect, $0.entry.attempts, $0.entry.failure) }
    }

    private static func interval(after attempts: Int, of effect: Effect) -> Duration {
        if effect.isNudge { return .milliseconds(min(300 << min(attempts - 1, 5), 10_000)) }
        return .seconds(min(1 << min(attempts - 1, 6), 60))
    }

    private static func forgiveness(_ entry: Entry, _ effect: Effect) -> Duration {
        if effect.isNudge { return .seconds(3) }
        // somebody who stops a container every ten seconds (fault U02) is somebody to be told of `maintenance`
        let least: Duration = if case .docker(_, .start) = effect { .seconds(20) } else { .seconds(8) }
        return max(least, interval(after: max(entry.pressing, 1), of: effect) * 3 / 2)
    }

    /// A container that runs for half a minute each time is started at once, and is in a crash loop all the same: etcd
    /// on a full disk lives until it next needs a file.
    private static func memory(of effect: Effect) -> Duration {
        if case .docker(_, .start) = effect { .seconds(45) } else { .zero }
    }
}
