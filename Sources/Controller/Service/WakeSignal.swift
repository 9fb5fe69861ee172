/// Wakes the loop: any number of signals before the next wait count as one, and say nothing but "look again".
actor WakeSignal {
    private var hasRung = false
    private var waiter: CheckedContinuation<Void, Never>?
    private var turn = 0

    /// Look again.
    func wake() {
        if let waiter {
            self.waiter = nil
            waiter.resume()
        } else {
            hasRung = true
        }
    }

    /// Returns at the next ring, or after the time is over, or when the task is cancelled. One waiter only.
    /// - Returns: whether it rang.
    @discardableResult
    func wait(atMost limit: Duration) async -> Bool {
        if hasRung {
            hasRung = false
            return true
        }
        turn += 1
        let own = turn
        let timer = Task { [weak self] in
            try? await Task.sleep(for: limit, tolerance: .milliseconds(limit > .seconds(5) ? 200 : 1))
            await self?.expire(own)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter = $0 }
        } onCancel: {
            timer.cancel()
        }
        return expired != own
    }

    private var expired = 0

    private func expire(_ turn: Int) {
        guard turn == self.turn, let waiter else { return }
        expired = turn
        self.waiter = nil
        waiter.resume()
    }
}
