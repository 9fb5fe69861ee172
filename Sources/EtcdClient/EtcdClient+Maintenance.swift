public import HTTPTransport

/// What one member says about itself.
public struct EtcdMemberStatus: Sendable, Hashable {
    /// The header, with its own and the cluster's ID.
    public let header: EtcdHeader
    /// Its version, `3.5.30`.
    public let version: String
    /// The leader it knows; 0 for none.
    public let leaderID: UInt64
    /// Its raft index.
    public let raftIndex: UInt64
    /// Its raft term.
    public let raftTerm: UInt64
    /// What it has applied.
    public let raftAppliedIndex: UInt64
    /// The size of its backend's file in bytes.
    public let databaseBytes: Int64
    /// What of that is in use, in bytes; the rest is for a defragmentation to give back.
    public let databaseBytesInUse: Int64
    /// Whether it does not vote yet.
    public let isLearner: Bool
    /// What it complains about, such as `NOSPACE` and a missing leader.
    public let errors: [String]
}

/// A raised alarm.
public struct EtcdRaisedAlarm: Sendable, Hashable {
    /// The kinds.
    public enum Kind: String, Sendable, Hashable {
        /// The store is full.
        case noSpace = "NOSPACE"
        /// The member's data does not match its peers'.
        case corrupt = "CORRUPT"
    }
    /// Whose.
    public let memberID: UInt64
    /// What.
    public let kind: Kind
    /// An alarm of a member.
    public init(memberID: UInt64, kind: Kind) {
        self.memberID = memberID
        self.kind = kind
    }
}

/// A member's health (`GET /health`).
public struct EtcdHealth: Sendable, Hashable {
    /// Whether it could agree with a quorum and has no alarm.
    public let isHealthy: Bool
    /// Why not.
    public let reason: String
}

extension EtcdClient {
    /// A member's own status (`/v3/maintenance/status`); needs no quorum.
    public func status(of endpoint: HTTPEndpoint, deadline: Duration? = nil) async throws(EtcdError) -> EtcdMemberStatus
    {
        let fields = try await member(endpoint, "/v3/maintenance/status", [:], .repeatable, deadline)
        return EtcdMemberStatus(
            header: try EtcdHeader(in: fields), version: try fields.string("version"),
            leaderID: try fields.uint64("leader"), raftIndex: try fields.uint64("raftIndex"),
            raftTerm: try fields.uint64("raftTerm"), raftAppliedIndex: try fields.uint64("raftAppliedIndex"),
            databaseBytes: try fields.int64("dbSize"), databaseBytesInUse: try fields.int64("dbSizeInUse"),
            isLearner: try fields.bool("isLearner"), errors: try fields.strings("errors"))
    }

    /// A member's health (`GET /health`), which includes a linearizable read.
    public func health(of endpoint: HTTPEndpoint, deadline: Duration? = nil) async throws(EtcdError) -> EtcdHealth {
        let limit = deadline ?? configuration.deadline
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await HTTPClient(endpoint: endpoint).send(HTTPRequest(.get, "/health"), deadline: limit)
        } catch {
            throw EtcdError(error)
        }
        let fields = try Fields(parsing: response.body, target: "\(endpoint.name)/health")
        let isHealthy = try fields.string("health") == "true"
        return EtcdHealth(isHealthy: isHealthy && response.status == 200, reason: try fields.string("reason"))
    }

    /// A member's own metrics, in Prometheus' text format (`GET /metrics`); needs no quorum and no user.
    public static func metrics(of endpoint: HTTPEndpoint, deadline: Duration) async throws(EtcdError) -> [UInt8] {
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await HTTPClient(endpoint: endpoint).send(HTTPRequest(.get, "/metrics"), deadline: deadline)
        } catch {
            throw EtcdError(error)
        }
        guard response.status == 200 else {
            throw EtcdError(
                .malformed, target: "\(endpoint.name)/metrics", message: "HTTP status \(response.status)")
        }
        return response.body
    }

    /// All raised alarms (`/v3/maintenance/alarm`). Kinds that this version does not know are left out.
    public func alarms(deadline: Duration? = nil) async throws(EtcdError) -> [EtcdRaisedAlarm] {
        let body: [String: JSONNode] = ["action": .string("GET")]
        let fields = try await call("/v3/maintenance/alarm", body, .repeatable, deadline: deadline)
        var alarms: [EtcdRaisedAlarm] = []
        for entry in try fields.objects("alarms") {
            guard let kind = EtcdRaisedAlarm.Kind(rawValue: try entry.string("alarm")) else { continue }
            alarms.append(EtcdRaisedAlarm(memberID: try entry.uint64("memberID"), kind: kind))
        }
        return alarms
    }

    /// Takes an alarm back (`/v3/maintenance/alarm`); it returns when its cause has not gone.
    public func disarm(_ alarm: EtcdRaisedAlarm, deadline: Duration? = nil) async throws(EtcdError) {
        let body: [String: JSONNode] = [
            "action": .string("DEACTIVATE"), "memberID": .uint64(alarm.memberID),
            "alarm": .string(alarm.kind.rawValue),
        ]
        _ = try await call("/v3/maintenance/alarm", body, .repeatable, deadline: deadline)
    }

    /// Gives a member's unused space back to the file system (`/v3/maintenance/defragment`). The member gives
    /// no answers meanwhile: one member at a time, the leader last.
    public func defragment(_ endpoint: HTTPEndpoint, deadline: Duration = .seconds(60)) async throws(EtcdError) {
        _ = try await member(endpoint, "/v3/maintenance/defragment", [:], .once, deadline)
    }

    /// The hash of a member's store at its present revision (`/v3/maintenance/hash`), to compare members with.
    public func hash(of endpoint: HTTPEndpoint, deadline: Duration? = nil) async throws(EtcdError) -> UInt32 {
        let fields = try await member(endpoint, "/v3/maintenance/hash", [:], .repeatable, deadline)
        return UInt32(truncatingIfNeeded: try fields.int64("hash"))
    }

    private func member(
        _ endpoint: HTTPEndpoint, _ path: String, _ body: [String: JSONNode], _ nature: Nature, _ deadline: Duration?
    ) async throws(EtcdError) -> Fields {
        let client = pinned(to: endpoint)
        client.book.setToken(book.token)
        let fields = try await client.call(path, body, nature, deadline: deadline)
        book.setToken(client.book.token)
        return fields
    }
}
