/// Serialises what decides who leads: the release of a dead leader's key, and whatever starts, stops or disconnects a
/// container. Each is judged by a look that was made while nothing else of the kind could be done.
actor LeadershipLock {
    private var isHeld = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Returns when the lock is the caller's. Callers have their turn in the order in which they came.
    func acquire() async {
        if isHeld {
            await withCheckedContinuation { waiting.append($0) }
        } else {
            isHeld = true
        }
    }

    /// Hands the lock to the next caller.
    func release() {
        if waiting.isEmpty {
            isHeld = false
        } else {
            waiting.removeFirst().resume()
        }
    }
}
