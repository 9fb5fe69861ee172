import HTTPTransport

extension PatroniClient {
    /// Changes some of the dynamic configuration (`PATCH /config`): null removes a key, objects are merged. Wakes the
    /// node's loop. Returns the whole as it is now. Errors: `conflict` when it changed meanwhile, `failed` while
    /// etcd has none.
    @discardableResult
    public func patchConfiguration<Document: Decodable>(
        _ patch: some Encodable, as type: Document.Type, deadline: Duration = .seconds(5)
    ) async throws(PatroniError) -> Document {
        let body = try encode(patch, "/config")
        return try decode(type, await demand(.patch, "/config", body: body, deadline: deadline), "/config")
    }

    /// Changes some of the dynamic configuration; see the variant that returns it.
    public func patchConfiguration(
        _ patch: some Encodable, deadline: Duration = .seconds(5)
    ) async throws(PatroniError) {
        let body = try encode(patch, "/config")
        _ = try await demand(.patch, "/config", body: body, deadline: deadline)
    }

    /// Wakes the node's HA loop at once and changes nothing.
    ///
    /// It is a `PATCH /config` that removes a key which does not exist: `do_PATCH_config` (patroni/api.py, 4.1) calls
    /// `ha.wakeup()` whether or not the patch changed anything, and writes to etcd only if it did. An empty patch
    /// would be refused with 400 before that. Errors: `failed` while etcd has no configuration.
    public func wake(deadline: Duration = .seconds(2)) async throws(PatroniError) {
        let body = Array(#"{"controller_wake_up":null}"#.utf8)
        _ = try await demand(.patch, "/config", body: body, deadline: deadline)
    }

    /// Moves the leader's role to the candidate, or to the best one (`POST /switchover`), and returns when it is
    /// done, with Patroni's sentence. Errors: `preconditionFailed` (no good candidate; another leader than named),
    /// `failed`, `timedOut` (it may go on: look who leads).
    @discardableResult
    public func switchover(
        from leader: String, to candidate: String? = nil, deadline: Duration = .seconds(60)
    ) async throws(PatroniError) -> String {
        var body = ["leader": leader]
        body["candidate"] = candidate
        return try await post("/switchover", body, deadline)
    }

    /// Restarts PostgreSQL (`POST /restart`) and returns when it runs again; with `onlyIfPending`, only when a changed
    /// parameter waits for it (otherwise `failed`). Errors: `failed`, `timedOut` (it goes on).
    @discardableResult
    public func restart(
        onlyIfPending: Bool = false, deadline: Duration = .seconds(120)
    ) async throws(PatroniError) -> String {
        try await post("/restart", onlyIfPending ? ["restart_pending": true] : [:], deadline)
    }

    /// Makes Patroni read its configuration file again and reload PostgreSQL's (`POST /reload`); returns before it is
    /// done.
    @discardableResult
    public func reload(deadline: Duration = .seconds(5)) async throws(PatroniError) -> String {
        try await post("/reload", [String: Bool](), deadline)
    }

    private func post(
        _ path: String, _ body: some Encodable, _ deadline: Duration
    ) async throws(PatroniError) -> String {
        let response = try await demand(.post, path, body: try encode(body, path), deadline: deadline)
        return String(decoding: response.body, as: UTF8.self)
    }
}
