public import Model

/// A message to people.
public struct IncidentMessage: Sendable, Hashable, Codable {
    /// Where in the course of an incident it belongs.
    public enum Stage: String, Sendable, Hashable, Codable {
        /// It has begun, and lasts.
        case begun = "firing"
        /// It is over.
        case over = "resolved"
        /// It happened; there is nothing to be over.
        case happened = "info"
    }
    /// The cluster.
    public var cluster: String
    /// The incident: the same in its first and in its last message.
    public var incident: String
    /// What it is about.
    public var kind: NotificationKind
    /// How bad it is.
    public var severity: Severity
    /// Where in the course of the incident it belongs.
    public var stage: Stage
    /// What is concerned, `node pg-node-1`.
    public var object: String
    /// One line.
    public var title: String
    /// What to know and to do.
    public var text: String
    /// When the incident began, RFC 3339.
    public var since: String
    /// When this message was made, RFC 3339.
    public var time: String

    /// A message.
    public init(
        cluster: String, incident: String, kind: NotificationKind, severity: Severity, stage: Stage, object: String,
        title: String, text: String, since: String, time: String
    ) {
        self.cluster = cluster
        self.incident = incident
        self.kind = kind
        self.severity = severity
        self.stage = stage
        self.object = object
        self.title = title
        self.text = text
        self.since = since
        self.time = time
    }
}
