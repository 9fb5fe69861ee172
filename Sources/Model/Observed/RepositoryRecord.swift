/// That the repository held backups of this cluster: the controller's own key in etcd, without which one that was emptied
/// could not be told from a new one.
public struct RepositoryRecord: Sendable, Hashable {
    /// The stanza they lay in.
    public var stanza: String
    /// The label of the newest one.
    public var newest: String
    /// When none of them was there any more, while that is so. A person who asks for a full backup after that wants the
    /// repository to begin again.
    public var lostAt: Timestamp?
    /// The revision at which the key was last written.
    public var modRevision: Int64

    /// A record.
    public init(stanza: String, newest: String, lostAt: Timestamp? = nil, modRevision: Int64 = 0) {
        self.stanza = stanza
        self.newest = newest
        self.lostAt = lostAt
        self.modRevision = modRevision
    }

    /// Its key.
    public static func key(of cluster: ClusterName) -> String { "/controller/\(cluster)/repository" }

    /// Reads the record from etcd; nil where it is not one of ours.
    public init?(_ value: JSONValue, modRevision: Int64) {
        guard let stanza = value["stanza"]?.string, let newest = value["newest"]?.string else { return nil }
        self.init(
            stanza: stanza, newest: newest, lostAt: value["lostAt"]?.integer.map { Timestamp(microseconds: $0) },
            modRevision: modRevision)
    }

    /// The key's value.
    public var value: String {
        var members: [(String, JSONValue)] = [("stanza", .string(stanza)), ("newest", .string(newest))]
        if let lostAt { members.append(("lostAt", .integer(lostAt.microseconds))) }
        return JSONValue.object(members).text
    }
}
