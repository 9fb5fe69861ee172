import Model

/// What was seen of the backup repository, and the question that is under way where it is slow to answer.
actor RepositoryCache {
    private var seen: Sighting<RepositoryView>?
    private var until: ContinuousClock.Instant?
    private var inquiry: (begun: ContinuousClock.Instant, isStale: Bool, answer: Sighting<RepositoryView>?)?
    private var failure: (seen: Sighting<RepositoryView>, at: ContinuousClock.Instant)?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let wake: @Sendable () async -> Void

    /// - Parameter wake: called when an answer comes that was not waited for.
    init(
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, wake: @escaping @Sendable () async -> Void
    ) {
        self.now = now
        self.wake = wake
    }

    /// What was seen, while it is good.
    var known: Sighting<RepositoryView>? {
        if let until, until < now() { return nil }
        return seen
    }

    /// What was seen last with backups in it, however long ago.
    private(set) var latest: Sighting<RepositoryView>?

    /// Changes when what was seen is forgotten: what was being read at that moment is not kept.
    private(set) var ticket = 0

    /// - Parameters:
    ///   - duration: how long it is good; nil means until something can have changed it.
    ///   - ticket: what `ticket` was when the look began.
    func keep(_ repository: Sighting<RepositoryView>, for duration: Duration?, ticket: Int) {
        guard ticket == self.ticket else { return }
        seen = repository
        until = duration.map { now() + $0 }
        if case .present(let view) = repository, !view.backups.isEmpty { latest = repository }
    }

    /// Forgets what was seen, and whether the answer that is under way can still be used: a command may have changed it.
    func forget() {
        forgetView()
        inquiry?.isStale = true
    }

    /// Forgets what was seen; a question that is under way goes on.
    func forgetView() {
        seen = nil
        ticket += 1
    }

    /// What `ask` finds out, asked once at a time, and not again for a while after it failed. The wait is no longer than the
    /// patience: an answer that comes later wakes the controller.
    func answer(
        within patience: Duration, ask: @escaping @Sendable () async -> Sighting<RepositoryView>
    ) async -> Sighting<RepositoryView> {
        if let failure, now() - failure.at < .seconds(10) { return failure.seen }
        if inquiry == nil || inquiry?.answer != nil || inquiry?.isStale == true {
            let begun = now()
            inquiry = (begun, false, nil)
            Task {
                let seen = await ask()
                await self.conclude(begun, seen, patience)
            }
        }
        while let inquiry, now() - inquiry.begun < patience {
            if let answer = inquiry.answer { return answer }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return .unknown(UnknownReason(.timedOut, "it is slow to answer"))
    }

    private func conclude(
        _ begun: ContinuousClock.Instant, _ seen: Sighting<RepositoryView>, _ patience: Duration
    ) async {
        // a later question is under way where something has changed meanwhile
        guard inquiry?.begun == begun else { return }
        failure = seen.isUnknown ? (seen, now()) : nil
        inquiry?.answer = seen
        guard now() - begun > patience else { return }
        if inquiry?.isStale == false, !seen.isUnknown { keep(seen, for: nil, ticket: ticket) }
        await wake()
    }
}
