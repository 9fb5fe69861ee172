extension PatroniStatus: Decodable {
    private enum Keys: String, CodingKey {
        case state, role, timeline, xlog, pause, replication, tags, patroni
        case serverVersion = "server_version"
        case postmasterStartTime = "postmaster_start_time"
        case systemIdentifier = "database_system_identifier"
        case pendingRestart = "pending_restart"
        case pendingRestartReason = "pending_restart_reason"
        case clusterUnlocked = "cluster_unlocked"
        case failsafe = "failsafe_mode_is_active"
        case replicationState = "replication_state"
        case syncStandby = "sync_standby"
        case quorumStandby = "quorum_standby"
        case storeLastSeen = "dcs_last_seen"
    }
    private struct Patroni: Decodable {
        var name: String?
        var scope: String?
        var version: String?
    }
    private struct Difference: Decodable {
        var oldValue: String?
        var newValue: String?
        private enum CodingKeys: String, CodingKey {
            case oldValue = "old_value"
            case newValue = "new_value"
        }
    }

    /// Reads the answer to `GET /health`; fields of another type than expected count as absent.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        func optional<Value: Decodable>(_ key: Keys) -> Value? { try? fields.decodeIfPresent(Value.self, forKey: key) }
        state = try fields.decode(String.self, forKey: .state)
        role = optional(.role)
        timeline = optional(.timeline)
        wal = optional(.xlog)
        serverVersion = optional(.serverVersion)
        postmasterStartTime = optional(.postmasterStartTime)
        systemIdentifier = optional(.systemIdentifier)
        isRestartPending = optional(.pendingRestart) ?? false
        let reasons: [String: Difference] = optional(.pendingRestartReason) ?? [:]
        pendingParameters = reasons.sorted { $0.key < $1.key }.map { name, values in
            PatroniPendingParameter(name: name, oldValue: values.oldValue ?? "", newValue: values.newValue ?? "")
        }
        isPaused = optional(.pause) ?? false
        isClusterUnlocked = optional(.clusterUnlocked) ?? false
        isFailsafeActive = optional(.failsafe) ?? false
        replicationState = optional(.replicationState)
        isSynchronous = optional(.syncStandby) ?? optional(.quorumStandby) ?? false
        replication = optional(.replication) ?? []
        storeLastSeen = optional(.storeLastSeen)
        let tags: [String: Scalar] = optional(.tags) ?? [:]
        self.tags = tags.mapValues(\.text)
        let patroni: Patroni? = optional(.patroni)
        (name, scope, patroniVersion) = (patroni?.name, patroni?.scope, patroni?.version)
    }
}

extension PatroniWAL: Decodable {
    private enum Keys: String, CodingKey {
        case location, paused
        case received = "received_location"
        case replayed = "replayed_location"
        case replayedTimestamp = "replayed_timestamp"
    }

    /// Reads `xlog`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        location = try? fields.decodeIfPresent(Int64.self, forKey: .location)
        received = try? fields.decodeIfPresent(Int64.self, forKey: .received)
        replayed = try? fields.decodeIfPresent(Int64.self, forKey: .replayed)
        replayedTimestamp = try? fields.decodeIfPresent(String.self, forKey: .replayedTimestamp)
        isPaused = (try? fields.decodeIfPresent(Bool.self, forKey: .paused)) ?? false
    }
}

extension PatroniReplication: Decodable {
    private enum Keys: String, CodingKey {
        case state
        case applicationName = "application_name"
        case clientAddress = "client_addr"
        case syncState = "sync_state"
        case syncPriority = "sync_priority"
        case user = "usename"
    }

    /// Reads an element of `replication`.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        applicationName = try? fields.decodeIfPresent(String.self, forKey: .applicationName)
        clientAddress = try? fields.decodeIfPresent(String.self, forKey: .clientAddress)
        state = try? fields.decodeIfPresent(String.self, forKey: .state)
        syncState = try? fields.decodeIfPresent(String.self, forKey: .syncState)
        syncPriority = try? fields.decodeIfPresent(Int.self, forKey: .syncPriority)
        user = try? fields.decodeIfPresent(String.self, forKey: .user)
    }
}

/// A JSON value as text: tags are booleans, numbers and strings alike.
struct Scalar: Decodable {
    let text: String
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            text = value ? "true" : "false"
        } else if let value = try? container.decode(Int64.self) {
            text = "\(value)"
        } else if let value = try? container.decode(Double.self) {
            text = "\(value)"
        } else {
            text = (try? container.decode(String.self)) ?? ""
        }
    }
}
