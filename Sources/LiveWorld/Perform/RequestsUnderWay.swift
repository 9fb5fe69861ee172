/// Requests whose answer may take long. Each is sent once and goes on in the background; no pass waits for it, because a
/// failover would have to wait, too. The next look shows that it is under way.
actor RequestsUnderWay<Key: Hashable & Sendable, Failure: Error> {
    /// How long a pass waits for an answer.
    private let patience: Duration

    /// The objects whose request was sent and is not answered.
    private(set) var underWay: Set<Key> = []
    /// Answers that no pass has taken yet; a late success is never taken.
    private var answers: Cache<Key, Result<String, Failure>>

    /// - Parameters:
    ///   - patience: how long a pass waits for an answer; a server that refuses does so at once.
    ///   - memory: how long a late refusal stands for the next request of the same; after that it says nothing of it any more.
    init(patience: Duration = .milliseconds(200), memory: Duration = .seconds(60)) {
        self.patience = patience
        answers = Cache(lifetime: memory, capacity: 64)
    }

    /// Whether a request was sent and is not answered.
    func isUnderWay(_ key: Key) -> Bool { underWay.contains(key) }

    /// The answer of a request that has ended, which no pass has taken yet.
    func takeAnswer(_ key: Key) -> Result<String, Failure>? {
        defer { answers.forget(key) }
        return answers[key]
    }

    /// Sends a request, unless one for the same object is under way.
    /// - Parameters:
    ///   - request: answers in words.
    ///   - ended: called when the answer is there.
    /// - Returns: the answer; nil while the request is under way.
    /// - Throws: what the server refused, now or after the pass before had gone on.
    func begin(
        _ key: Key, _ request: @escaping @Sendable () async throws(Failure) -> String,
        ended: @escaping @Sendable () async -> Void
    ) async throws(Failure) -> String? {
        // a late success is seen by looking; when the same is wanted again after it, it is another request
        if case .failure(let failure)? = takeAnswer(key) { throw failure }
        if underWay.insert(key).inserted {
            Task {
                do throws(Failure) {
                    self.end(key, .success(try await request()))
                } catch {
                    self.end(key, .failure(error))
                }
                await ended()
            }
        }
        let start = ContinuousClock.now
        while underWay.contains(key), ContinuousClock.now - start < patience {
            try? await Task.sleep(for: .milliseconds(5))
        }
        return try takeAnswer(key)?.get()
    }

    private func end(_ key: Key, _ answer: Result<String, Failure>) {
        underWay.remove(key)
        answers.keep(answer, for: key)
    }
}
