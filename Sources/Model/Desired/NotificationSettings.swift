/// Who is told of what (an entry of `spec.notifications`).
public struct NotificationReceiver: Sendable, Hashable {
    /// What a receiver understands.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// One JSON object for each message.
        case webhook
        /// `{"text": …}`, as Slack's and Mattermost's incoming webhooks take it.
        case slack
        /// `{"text": …}` with Teams' line breaks.
        case teams
        /// Alertmanager's API (`POST /api/v2/alerts`).
        case alertmanager
    }
    /// Its name, for events and conditions.
    public var name: String
    /// What it understands.
    public var format: Format = .webhook
    /// Where it is; nil where a file says it.
    public var url: String?
    /// A file that holds the URL, which may be a secret.
    public var urlFile: String?
    /// A file that holds a bearer token for it; nil for none.
    public var tokenFile: String?
    /// What it is told of; empty for everything.
    public var kinds: [NotificationKind] = []
    /// The least severity that it is told of.
    public var severity: Severity = .info
    /// A receiver of everything.
    public init(name: String) { self.name = name }

    /// The secret that holds its URL, where a file says it.
    public var urlSecret: SecretName { SecretName("notification-url-\(name)") }
    /// The secret that holds its token.
    public var tokenSecret: SecretName { SecretName("notification-token-\(name)") }

    /// Whether it is told of this.
    public func wants(_ kind: NotificationKind, _ severity: Severity) -> Bool {
        severity >= self.severity && (kinds.isEmpty || kinds.contains(kind))
    }
}

/// What a message is about.
public enum NotificationKind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Another node became the primary because the primary died.
    case failover
    /// Another node became the primary because a person or a change asked for it.
    case switchover
    /// A node was made anew.
    case node
    /// A part of the cluster is away, or does not do its work.
    case availability
    /// Archiving, backups, and the repository.
    case backup
    /// A restore drill.
    case drill
    /// A certificate.
    case certificate
    /// Disks and WAL.
    case disk
    /// A person has to decide.
    case person
    /// The manifest asks for what cannot be.
    case configuration
    /// A message that a person asked for (`controller notify test`).
    case test
}

/// How bad something is.
public enum Severity: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// To be known.
    case info
    /// To be looked at today.
    case warning
    /// To be looked at now.
    case critical

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
    /// The milder one comes first.
    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}

extension ConditionType {
    /// What people are told when a condition is a bad sign; nil for what is worth no message.
    public var incident: (kind: NotificationKind, severity: Severity)? {
        switch self {
        // that a receiver takes no messages cannot be told by a message
        case .ready, .exposed, .imagesCurrent, .paused, .retired, .notificationFailing: nil
        case .primaryAvailable, .poolerAvailable, .engineUnreachable, .etcdHealthy: (.availability, .critical)
        case .replicasStreaming, .synchronousStandby, .crashLoop, .outOfMemory: (.availability, .warning)
        case .consoleAvailable, .prometheusAvailable, .monitoringAvailable, .metricQueryFailing: (.availability, .info)
        case .archiving, .repositoryVerified: (.backup, .critical)
        case .backupAvailable, .backupFailed: (.backup, .warning)
        case .restoreProven: (.drill, .warning)
        case .walGrowing, .diskSpaceLow: (.disk, .warning)
        case .certificateExpiring, .certificateInvalid: (.certificate, .warning)
        case .repositoryLost, .restoreFailed, .secretLost, .dataLost, .foreignData: (.person, .critical)
        case .strayTimeline, .notOwned, .collationMismatch, .actionFailing, .actionRefused, .rolloutStopped:
            (.person, .warning)
        case .schemaCurrent, .rolesCurrent, .databasesCurrent, .manifestInvalid, .portTaken, .imageMissing,
            .unsupportedChange, .parametersRefused:
            (.configuration, .warning)
        case .switchoverDelayed: (.switchover, .info)
        }
    }
}
