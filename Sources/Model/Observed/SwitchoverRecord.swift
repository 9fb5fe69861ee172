/// A switchover through the poolers that was asked for: the controller's own key in etcd, from the request to its end.
/// One from a node to itself is a restart of its PostgreSQL, for which clients are paused in the same way.
public struct SwitchoverRecord: Sendable, Hashable {
    /// How far it has come, as far as that cannot be seen.
    public enum Stage: String, Sendable, Hashable, CaseIterable {
        /// Asked for; no client is paused yet.
        case requested
        /// The poolers pause their clients, or are about to. The image's `node` reads the key, too, by this word.
        case pausing = "holding"
        /// Called off, and to be tried again after a while; clients go on.
        case calledOff
        /// The key holds what this version does not understand.
        case unreadable
    }

    /// Who asked.
    public enum Author: String, Sendable, Hashable, CaseIterable {
        /// Somebody, by a command.
        case person
        /// The controller, before it interrupts the primary.
        case controller
    }

    /// Who leads and hands over.
    public var from: NodeName
    /// Who is to lead, who may be the same when it is restarted; nil leaves the choice to the moment at which it begins.
    public var to: NodeName?
    /// Who asked.
    public var author: Author
    /// Why.
    public var why: String
    /// When it was asked for.
    public var at: Timestamp
    /// How far it has come.
    public var stage: Stage
    /// Since when.
    public var since: Timestamp
    /// How often it was called off.
    public var attempts: Int
    /// Why it was called off last.
    public var note: String
    /// The revision at which the key was last written.
    public var modRevision: Int64

    /// A request.
    public init(
        from: NodeName, to: NodeName?, author: Author, why: String, at: Timestamp, modRevision: Int64 = 0
    ) {
        self.from = from
        self.to = to
        self.author = author
        self.why = why
        self.at = at
        self.modRevision = modRevision
        stage = .requested
        since = at
        attempts = 0
        note = ""
    }

    /// The key of a cluster.
    public static func key(of cluster: ClusterName) -> String { "/controller/\(cluster)/switchover" }

    /// Reads the record from etcd; what is not understood is a record, too, because it is in the way of the next.
    public init(value: JSONValue?, modRevision: Int64) {
        let at = SwitchoverRecord.time(value?["at"])
        let author = value?["by"]?.string.flatMap(Author.init(rawValue:))
        self.init(
            from: NodeName(value?["from"]?.string ?? ""), to: value?["to"]?.string.map { NodeName($0) },
            author: author ?? .controller, why: value?["why"]?.string ?? "", at: at ?? Timestamp(seconds: 0),
            modRevision: modRevision)
        stage = value?["stage"]?.string.flatMap(Stage.init(rawValue:)) ?? .unreadable
        since = SwitchoverRecord.time(value?["since"]) ?? self.at
        attempts = Int(min(max(value?["attempts"]?.integer ?? 0, 0), 1000))
        note = value?["note"]?.string ?? ""
        if at == nil || author == nil || from == "" || stage == .pausing && to == nil { stage = .unreadable }
    }

    /// The key may have been written by hand, with any number; arithmetic goes on with those of this century.
    private static func time(_ value: JSONValue?) -> Timestamp? {
        value?.integer.map { Timestamp(microseconds: min(max($0, 0), 4_000_000_000_000_000)) }
    }

    /// The key's value.
    public var value: String {
        var pairs: [(String, JSONValue)] = [
            ("from", .string(from.text)), ("by", .string(author.rawValue)), ("why", .string(why)),
            ("at", .integer(at.microseconds)), ("stage", .string(stage.rawValue)),
            ("since", .integer(since.microseconds)), ("attempts", .integer(Int64(attempts))),
        ]
        if let to { pairs.append(("to", .string(to.text))) }
        if !note.isEmpty { pairs.append(("note", .string(note))) }
        return JSONValue.object(pairs).text
    }

    /// Whether the primary stays: its PostgreSQL is restarted.
    public var isRestart: Bool { author == .controller && to == from }

    /// Whether clients are paused for it: it is finished or called off, and nothing else begins meanwhile.
    public var pausesClients: Bool { stage == .pausing }

    /// Whether clients are paused while this node is restarted where it is.
    public func pausesClients(forRestartOf node: NodeName) -> Bool { pausesClients && isRestart && from == node }

    /// The record at another stage.
    public func at(_ stage: Stage, since now: Timestamp) -> SwitchoverRecord {
        var record = self
        record.stage = stage
        record.since = now
        return record
    }
}
