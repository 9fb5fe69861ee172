import HTTPTransport

/// A question that Patroni answers with a status alone (200 yes, else no).
public enum PatroniProbe: String, Sendable, Hashable, CaseIterable {
    /// PostgreSQL runs.
    case health
    /// Patroni's loop runs: its last turn is not too long ago.
    case liveness
    /// It is the leader, or a replica that follows closely enough.
    case readiness
    /// It is the primary and holds the leader key. Writes may still fail for some hundred milliseconds.
    case primary
    /// It is a running replica.
    case replica
    /// It is a running synchronous replica.
    case synchronous
}

extension PatroniClient {
    /// What the node says about itself, at once, whether PostgreSQL runs or not (`GET /health`, which has the body of
    /// `GET /patroni`; that one asks a PostgreSQL that has just died again and again for `retry_timeout`, 10 s).
    public func status(deadline: Duration = .seconds(2)) async throws(PatroniError) -> PatroniStatus {
        // 503 with the same body while PostgreSQL does not run.
        let response = try await exchange(.get, "/health", deadline: deadline)
        guard response.status == 200 || response.status == 503 else {
            let text = String(decoding: response.body, as: UTF8.self)
            throw PatroniError(status: response.status, body: text, target: target("/health"))
        }
        return try decode(PatroniStatus.self, response, "/health")
    }

    /// The cluster as etcd shows it to the node (`GET /cluster`); reads etcd.
    public func cluster(deadline: Duration = .seconds(5)) async throws(PatroniError) -> PatroniCluster {
        try decode(PatroniCluster.self, await demand(.get, "/cluster", deadline: deadline), "/cluster")
    }

    /// The ends of the timelines so far (`GET /history`).
    public func history(deadline: Duration = .seconds(5)) async throws(PatroniError) -> [PatroniHistoryEntry] {
        try decode([PatroniHistoryEntry].self, await demand(.get, "/history", deadline: deadline), "/history")
    }

    /// Asks a yes-or-no question (`GET /health`, …).
    public func probe(_ probe: PatroniProbe, deadline: Duration = .seconds(2)) async throws(PatroniError) -> Bool {
        let response = try await exchange(.get, "/\(probe.rawValue)", deadline: deadline)
        switch response.status {
        case 200...299: return true
        case 503: return false
        default:
            let text = String(decoding: response.body, as: UTF8.self)
            throw PatroniError(status: response.status, body: text, target: target("/\(probe.rawValue)"))
        }
    }

    /// The dynamic configuration (`GET /config`), as the node knows it. Errors: `failed` while etcd has none.
    public func configuration<Document: Decodable>(
        as type: Document.Type, deadline: Duration = .seconds(5)
    ) async throws(PatroniError) -> Document {
        try decode(type, await demand(.get, "/config", deadline: deadline), "/config")
    }
}

extension PatroniClient {
    /// Patroni's own metrics, in Prometheus' text format (`GET /metrics`).
    public func metrics(deadline: Duration = .seconds(2)) async throws(PatroniError) -> [UInt8] {
        try await demand(.get, "/metrics", deadline: deadline).body
    }
}
