import HTTPTransport

extension DockerEngine {
    /// Starts a container: `POST /containers/{id}/start`.
    /// - Returns: whether it was started; `false` if it ran already (304).
    /// - Throws: `.portAllocated`, `.cannotStart`, `.notFound` (also for a network that is gone).
    @discardableResult
    public func start(_ reference: String, deadline: Duration = .seconds(30)) async throws(DockerError) -> Bool {
        try await perform(call(.post, reference, "start", to: "start", deadline: deadline)).status != 304
    }

    /// Stops a container, with a kill if it does not end by itself: `POST /containers/{id}/stop`.
    /// - Parameters:
    ///   - grace: what it has to end by itself; whole seconds.
    ///   - margin: what the engine has on top of that to answer.
    /// - Returns: whether it was stopped; `false` if it did not run (304).
    @discardableResult
    public func stop(
        _ reference: String, grace: Duration = .seconds(10), margin: Duration = .seconds(15)
    ) async throws(DockerError) -> Bool {
        let query = [(name: "t", value: String?.some("\(grace.components.seconds)"))]
        let call = call(.post, reference, "stop", query: query, to: "stop", deadline: grace + margin)
        return try await perform(call).status != 304
    }

    /// Stops and starts a container: `POST /containers/{id}/restart`.
    public func restart(
        _ reference: String, grace: Duration = .seconds(10), margin: Duration = .seconds(30)
    ) async throws(DockerError) {
        let query = [(name: "t", value: String?.some("\(grace.components.seconds)"))]
        try await perform(call(.post, reference, "restart", query: query, to: "restart", deadline: grace + margin))
    }

    /// Sends a signal to a container's first process: `POST /containers/{id}/kill`.
    /// - Parameter signal: `SIGKILL`, `SIGHUP`, or a number.
    /// - Throws: `.notRunning`. A paused one can be killed.
    public func kill(
        _ reference: String, signal: String = "SIGKILL", deadline: Duration = .seconds(10)
    ) async throws(DockerError) {
        try await perform(call(.post, reference, "kill", query: [("signal", signal)], to: "kill", deadline: deadline))
    }

    /// Freezes a container: `POST /containers/{id}/pause`.
    /// - Throws: `.notModified` if it is frozen, `.notRunning`.
    public func pause(_ reference: String, deadline: Duration = .seconds(10)) async throws(DockerError) {
        try await perform(call(.post, reference, "pause", to: "pause", deadline: deadline))
    }

    /// Thaws a container: `POST /containers/{id}/unpause`.
    /// - Throws: `.wrongPauseState` if it is not frozen.
    public func unpause(_ reference: String, deadline: Duration = .seconds(10)) async throws(DockerError) {
        try await perform(call(.post, reference, "unpause", to: "unpause", deadline: deadline))
    }

    /// What `wait` waits for.
    public enum WaitCondition: String, Sendable {
        /// It does not run: returns at once if so.
        case notRunning = "not-running"
        /// It ends, from now on.
        case nextExit = "next-exit"
        /// It is removed.
        case removed
    }

    /// Waits for a container's end and returns its exit code: `POST /containers/{id}/wait`.
    /// - Throws: `.timedOut` if the condition is not met within `deadline`.
    public func wait(
        _ reference: String, until condition: WaitCondition = .notRunning, deadline: Duration
    ) async throws(DockerError) -> Int {
        struct Answer: Decodable {
            let StatusCode: Int
            let Error: Message?
            struct Message: Decodable { let Message: String? }
        }
        let call = call(
            .post, reference, "wait", query: [("condition", condition.rawValue)], to: "wait for", deadline: deadline)
        let answer = try await fetch(call, as: Answer.self)
        if let message = answer.Error?.Message, !message.isEmpty { throw call.error(.serverError, message) }
        return answer.StatusCode
    }
}
