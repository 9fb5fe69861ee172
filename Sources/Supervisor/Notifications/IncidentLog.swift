public import Model

/// What people have been told, and what they have to be told: one message when something begins to be bad, and one when it is
/// over. It is a value that is kept in a file, so that a controller that starts anew neither repeats nor forgets.
public struct IncidentLog: Sendable, Hashable, Codable {
    /// Something bad that lasts.
    public struct Incident: Sendable, Hashable, Codable {
        /// The condition's type and object.
        public var key: String
        /// When it began, in milliseconds since 1970.
        public var since: Int64
        /// When it was last seen to be bad.
        public var seen: Int64
        /// The message that was sent; nil until it has lasted for long enough.
        public var told: IncidentMessage?
    }

    /// What is bad now, or was a moment ago, by key.
    public private(set) var incidents: [Incident] = []
    /// Whether the cluster was ever as its manifest wants it. Before that nothing of it is news.
    private var wasReady = false
    /// When the controller saw the cluster for the first time.
    private var begin: Int64?
    /// The time of the newest event that was noted, RFC 3339; empty for none.
    public private(set) var newestEvent = ""

    /// How long something has to be bad before people are told: a restart is no incident.
    static func patience(_ severity: Severity) -> Int64 { severity == .critical ? 15_000 : 60_000 }
    /// How long it has to be good before people are told that it is over.
    static let calm: Int64 = 30_000
    /// How long a new cluster may take to become ready without a message.
    static let birth: Int64 = 600_000

    /// Nothing known.
    public init() {}

    /// Notes a pass and what was told of it; the messages that are due now.
    public mutating func note(_ report: PassReport, events: [Event]) -> [IncidentMessage] {
        let now = report.input.now
        let isReady = report.conditions.contains { $0.type == .ready && $0.status == .true }
        begin = begin ?? now.wallMilliseconds
        wasReady = wasReady || isReady
        var messages = note(events)
        // a pause is a person's word that it is known
        let isSilent =
            report.input.isInMaintenance
            || !wasReady && now.wallMilliseconds - (begin ?? 0) < IncidentLog.birth
        see(report.conditions, at: now, isSilent: isSilent)
        if !isSilent { messages += told(report, at: now) }
        messages += over(at: now)
        return messages
    }

    /// Until when to look again, because something lasts for long enough then; nil where nothing does.
    public func nextChange(after now: Moment) -> Duration? {
        let moments = incidents.flatMap { incident in
            incident.told == nil
                ? Severity.allCases.map { incident.since + IncidentLog.patience($0) }
                : [incident.seen + IncidentLog.calm]
        }
        return moments.filter { $0 > now.wallMilliseconds }.min().map { .milliseconds($0 - now.wallMilliseconds) }
    }

    /// What is bad. While nothing new is news, what people were told of is still followed.
    private mutating func see(_ conditions: [Condition], at now: Moment, isSilent: Bool) {
        for condition in conditions where condition.isBad && condition.type.incident != nil {
            let key = IncidentLog.key(condition)
            if let place = incidents.firstIndex(where: { $0.key == key }) {
                incidents[place].seen = now.wallMilliseconds
            } else if !isSilent {
                incidents.append(Incident(key: key, since: now.wallMilliseconds, seen: now.wallMilliseconds))
            }
        }
        incidents.sort { $0.key < $1.key }
    }

    /// The first message of what has lasted for long enough.
    private mutating func told(_ report: PassReport, at now: Moment) -> [IncidentMessage] {
        var messages: [IncidentMessage] = []
        for place in incidents.indices where incidents[place].told == nil {
            let incident = incidents[place]
            guard let condition = report.conditions.first(where: { $0.isBad && IncidentLog.key($0) == incident.key }),
                let (kind, severity) = condition.type.incident,
                now.wallMilliseconds - incident.since >= IncidentLog.patience(severity)
            else { continue }
            let cluster = report.input.cluster.name.text
            let message = IncidentMessage(
                cluster: cluster, incident: "\(cluster)/\(incident.key)/\(incident.since)", kind: kind,
                severity: severity, stage: .begun, object: condition.subject.text,
                title: "\(condition.type.rawValue)=\(condition.status.rawValue) \(condition.reason)",
                text: condition.message, since: Moment.text(wallMilliseconds: incident.since), time: now.text)
            incidents[place].told = message
            messages.append(message)
        }
        return messages
    }

    /// The last message of what has been good for long enough, and the end of what nobody was told of.
    private mutating func over(at now: Moment) -> [IncidentMessage] {
        var messages: [IncidentMessage] = []
        incidents.removeAll { incident in
            guard incident.seen < now.wallMilliseconds else { return false }
            guard var message = incident.told else { return true }
            guard now.wallMilliseconds - incident.seen >= IncidentLog.calm else { return false }
            message.stage = .over
            message.time = now.text
            messages.append(message)
            return true
        }
        return messages
    }

    private static func key(_ condition: Condition) -> String { "\(condition.type.rawValue)/\(condition.subject.text)" }

    /// What happened and is over at once.
    private mutating func note(_ events: [Event]) -> [IncidentMessage] {
        events.compactMap { event in
            newestEvent = max(newestEvent, event.time)
            guard let (kind, severity) = event.measured?.kind.notification else { return nil }
            return IncidentMessage(
                cluster: event.cluster, incident: "\(event.cluster)/\(kind.rawValue)/\(event.time)", kind: kind,
                severity: severity, stage: .happened, object: event.object, title: event.what,
                text: event.message.isEmpty ? event.reason : "\(event.reason); \(event.message)", since: event.time,
                time: event.time)
        }
    }
}

extension Measurement.Kind {
    /// What people are told of something that was measured, which is over then.
    fileprivate var notification: (NotificationKind, Severity)? {
        switch self {
        case .failover: (.failover, .critical)
        case .clientPause: (.switchover, .info)
        case .newReplica, .replicaRenewal: (.node, .info)
        case .switchover, .primaryRestart, .replicaRestart: nil
        }
    }
}
