extension PostgresConnection {
    /// Runs one statement with bound parameters (`$1`, `$2`, …) and returns its rows.
    ///
    /// Errors: `server` (the connection stays usable), `timedOut`, `cancelled`, `connectionLost`, `closed`,
    /// `malformed` (a NUL character, or a COPY).
    public func query(
        _ sql: String, _ parameters: [PostgresValue] = [], deadline: Duration = .seconds(5)
    ) async throws(PostgresError) -> PostgresResult {
        try refuseNUL([sql] + parameters.compactMap(\.text))
        let results = try await exchange(deadline) { $0.send(sql, parameters.map(\.text)) }
        guard let result = results.last else {
            throw PostgresError(.malformed, host: host, message: "the server answered with no result")
        }
        return result
    }

    /// Runs a script of any number of statements in the simple protocol and returns each one's result.
    ///
    /// Without transaction commands in it, it is one transaction: all of it or nothing. Errors as in `query`.
    @discardableResult
    public func execute(
        script: String, deadline: Duration = .seconds(30)
    ) async throws(PostgresError) -> [PostgresResult] {
        try refuseNUL([script])
        return try await exchange(deadline) { $0.send(script: script) }
    }

    private func refuseNUL(_ texts: [String]) throws(PostgresError) {
        guard texts.allSatisfy({ !$0.utf8.contains(0) }) else {
            throw PostgresError(.malformed, host: host, message: "a statement or parameter has a NUL character")
        }
    }

    /// One request and all its answers.
    private func exchange(
        _ deadline: Duration, _ send: (Session) -> Bool
    ) async throws(PostgresError) -> [PostgresResult] {
        let end = ContinuousClock.now + deadline
        await takeTurn()
        defer { endTurn() }
        if let failure { throw failure }
        // Nothing is sent yet, so the connection stays usable.
        if Task.isCancelled { throw PostgresError(.cancelled, host: host, message: "cancelled before it was sent") }
        if end <= ContinuousClock.now {
            throw PostgresError(.timedOut, host: host, message: "others used the connection until the deadline")
        }
        guard send(session) else { throw broken() }
        try await flush(until: end)
        return try await collect(until: end)
    }

    private func flush(until end: ContinuousClock.Instant) async throws(PostgresError) {
        while true {
            guard let isFlushed = session.flush() else { throw broken() }
            if isFlushed { return }
            // Reading too: a server that waits to be read does not read (libpq manual, 34.4).
            try await wait(for: [.readable, .writable], until: end)
            guard session.consume() else { throw broken() }
        }
    }

    private func collect(until end: ContinuousClock.Instant) async throws(PostgresError) -> [PostgresResult] {
        var results: [PostgresResult] = []
        var refusal: PostgresError?
        while true {
            while session.isBusy {
                try await wait(for: .readable, until: end)
                // What came before the end of the stream is still to be read from libpq.
                if !session.consume() { break }
            }
            guard let answer = session.nextResult() else { break }
            switch answer.outcome {
            case .done(let columns, let rows, let tag):
                let notices = session.takeNotices()
                results.append(PostgresResult(columns: columns, rows: rows, tag: tag, notices: notices))
            case .failed(let error):
                refusal = refusal ?? error
            case .copying:
                fail(PostgresError(.malformed, host: host, message: "COPY is not offered on this connection"))
                throw broken()
            }
        }
        if !session.isSound {
            var error = lost()
            if let refusal, refusal.sqlstate != nil {
                (error.message, error.sqlstate) = (refusal.message, refusal.sqlstate)
                (error.detail, error.hint) = (refusal.detail, refusal.hint)
            }
            fail(error)
            throw error
        }
        if let refusal { throw refusal }
        return results
    }

    /// Marks the connection as lost, unless it already failed for another reason, and returns the reason.
    private func broken() -> PostgresError {
        let error = failure ?? lost()
        fail(error)
        return error
    }

    private func wait(for interest: Interest, until end: ContinuousClock.Instant) async throws(PostgresError) {
        let readiness = await ReadinessLoop.shared.wait(for: interest, on: session.descriptor, ticket, until: end)
        let error: PostgresError
        switch readiness {
        case .ready: return
        case .retired: throw broken()
        case .timedOut: error = PostgresError(.timedOut, host: host, message: "the statement took too long")
        case .cancelled: error = PostgresError(.cancelled, host: host, message: "the task was cancelled")
        }
        session.requestCancel()
        fail(error)
        throw error
    }
}
