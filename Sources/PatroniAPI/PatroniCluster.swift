/// The cluster as etcd shows it to a node (`GET /cluster`).
public struct PatroniCluster: Sendable, Hashable, Decodable {
    /// The cluster's name in etcd.
    public let scope: String?
    /// The members, sorted by name.
    public let members: [PatroniMember]
    /// Whether it is paused (maintenance mode).
    public let isPaused: Bool

    private enum Keys: String, CodingKey { case scope, members, pause }

    /// Reads the answer.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        scope = try? fields.decodeIfPresent(String.self, forKey: .scope)
        members = try fields.decode([PatroniMember].self, forKey: .members)
        isPaused = (try? fields.decodeIfPresent(Bool.self, forKey: .pause)) ?? false
    }
}

/// A member as etcd shows it.
public struct PatroniMember: Sendable, Hashable, Decodable {
    /// Its name.
    public let name: String
    /// `leader`, `standby_leader`, `sync_standby`, `quorum_standby`, `replica`.
    public let role: String
    /// `running`, `streaming`, `in archive recovery`, `stopped`, …
    public let state: String
    /// Its REST API's URL.
    public let apiURL: String?
    /// Where PostgreSQL listens.
    public let host: String?
    /// PostgreSQL's port.
    public let port: Int?
    /// Its timeline.
    public let timeline: Int64?
    /// How many bytes it is behind the leader in replay; nil on the leader, and where it is not known.
    public let lagBytes: Int64?
    /// Whether a changed parameter waits for a restart.
    public let isRestartPending: Bool

    private enum Keys: String, CodingKey {
        case name, role, state, host, port, timeline, lag
        case apiURL = "api_url"
        case pendingRestart = "pending_restart"
    }

    /// Reads an element of `members`; an unknown lag is the word `unknown`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        name = try fields.decode(String.self, forKey: .name)
        role = (try? fields.decodeIfPresent(String.self, forKey: .role)) ?? ""
        state = (try? fields.decodeIfPresent(String.self, forKey: .state)) ?? ""
        apiURL = try? fields.decodeIfPresent(String.self, forKey: .apiURL)
        host = try? fields.decodeIfPresent(String.self, forKey: .host)
        port = try? fields.decodeIfPresent(Int.self, forKey: .port)
        timeline = try? fields.decodeIfPresent(Int64.self, forKey: .timeline)
        lagBytes = try? fields.decodeIfPresent(Int64.self, forKey: .lag)
        isRestartPending = (try? fields.decodeIfPresent(Bool.self, forKey: .pendingRestart)) ?? false
    }
}

/// The end of a timeline (an element of `GET /history`).
public struct PatroniHistoryEntry: Sendable, Hashable, Decodable {
    /// The timeline that ended.
    public let timeline: Int64
    /// Where it ended, in bytes.
    public let position: Int64
    /// Why.
    public let reason: String
    /// When the next one began; absent in old entries.
    public let timestamp: String?
    /// Who became the leader then; absent in old entries.
    public let leader: String?

    /// Reads the array of three to five elements.
    public init(from decoder: any Decoder) throws {
        var elements = try decoder.unkeyedContainer()
        timeline = try elements.decode(Int64.self)
        position = try elements.decode(Int64.self)
        reason = (try? elements.decode(String.self)) ?? ""
        timestamp = elements.isAtEnd ? nil : try? elements.decode(String.self)
        leader = elements.isAtEnd ? nil : try? elements.decode(String.self)
    }
}
