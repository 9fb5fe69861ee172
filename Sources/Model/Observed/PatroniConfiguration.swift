/// Patroni's dynamic configuration (etcd's `/config` key) with types: each member's name and Patroni's default for it stand
/// here and nowhere else. What the controller does not know is kept in `json`.
public struct PatroniConfiguration: Sendable, Hashable {
    /// The document as it lies in etcd.
    public var json: JSONValue

    /// Types over a document.
    public init(_ json: JSONValue) { self.json = json }

    /// A document of these members.
    public static func object(_ members: [(String, JSONValue)]) -> PatroniConfiguration {
        PatroniConfiguration(.object(members))
    }

    /// For how long the leader key lives without its holder.
    public var ttl: Duration { seconds("ttl", 30) }
    /// The pause between two loops of a node's Patroni.
    public var loopWait: Duration { seconds("loop_wait", 10) }
    /// For how long etcd and PostgreSQL may fail before it counts.
    public var retryTimeout: Duration { seconds("retry_timeout", 10) }
    /// How much a replica may lack of what the last leader wrote and be elected all the same, in bytes.
    public var maximumLag: Int64 { json["maximum_lag_on_failover"]?.integer ?? 1 << 20 }
    /// Whether a person has paused Patroni.
    public var isPaused: Bool { json["pause"]?.bool ?? false }
    /// Whether the primary stays one without etcd as long as it reaches every member.
    public var isFailsafe: Bool { json["failsafe_mode"]?.bool ?? false }
    /// Whether commits wait for a quorum of standbys.
    public var isQuorum: Bool { json["synchronous_mode"]?.string == "quorum" }
    /// Whether commits wait for standbys.
    public var isSynchronous: Bool { json["synchronous_mode"]?.bool ?? isQuorum }
    /// Whether commits wait even when no standby is there.
    public var isStrict: Bool { json["synchronous_mode_strict"]?.bool ?? false }
    /// How many standbys confirm a commit.
    public var synchronousCount: Int { Int(json["synchronous_node_count"]?.integer ?? 1) }
    /// PostgreSQL's parameters, by name.
    public var parameters: JSONValue? { json["postgresql"]?["parameters"] }

    private func seconds(_ name: String, _ fallback: Int64) -> Duration {
        .seconds(json[name]?.integer ?? fallback)
    }
}
