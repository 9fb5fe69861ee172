/// One line of the event log.
public struct Event: Sendable, Hashable, Codable {
    /// What kind of line it is.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Something was done.
        case action = "Action"
        /// Something failed or stayed uncertain.
        case failure = "Failure"
        /// A guard refused something.
        case refusal = "Refusal"
        /// A condition changed.
        case condition = "Condition"
        /// Something happened that the controller did not do.
        case notice = "Notice"
    }
    /// RFC 3339 in UTC.
    public var time: String
    /// The cluster.
    public var cluster: String
    /// What kind of line it is.
    public var kind: Kind
    /// What it is about, `container pg-node-1`.
    public var object: String
    /// What was done or what holds, one phrase.
    public var what: String
    /// Why.
    public var reason: String
    /// The answer, the error, or what to do next.
    public var message: String
    /// How long it took, where that is worth remembering.
    public var measured: Measurement?

    /// A line.
    public init(
        time: String, cluster: String, kind: Kind, object: String, what: String, reason: String, message: String,
        measured: Measurement? = nil
    ) {
        self.time = time
        self.cluster = cluster
        self.kind = kind
        self.object = object
        self.what = what
        self.reason = reason
        self.message = message
        self.measured = measured
    }
}
