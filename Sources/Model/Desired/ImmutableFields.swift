/// A change that a cluster that exists cannot take.
public struct RefusedChange: Sendable, Hashable, CustomStringConvertible {
    /// The field.
    public var path: String
    /// What it was when the cluster was created.
    public var current: String
    /// What the manifest asks for now.
    public var wanted: String
    /// What to do instead.
    public var remedy: String
    /// A change from what is to what is asked for.
    public init(path: String, current: String, wanted: String, remedy: String) {
        self.path = path
        self.current = current
        self.wanted = wanted
        self.remedy = remedy
    }

    /// The refusal as a sentence.
    public var description: String {
        "\(path): cannot change after creation (from \(current) to \(wanted)); \(remedy)"
    }
}

/// What a cluster is created with and keeps for as long as it exists.
public enum ImmutableFields {
    /// One field: how it is read, and what to do instead of changing it.
    struct Field: Sendable {
        let path: String
        let read: @Sendable (Cluster) -> String
        let remedy: String
        init(_ path: String, _ remedy: String, _ read: @escaping @Sendable (Cluster) -> String) {
            self.path = path
            self.read = read
            self.remedy = remedy
        }
    }

    /// The cluster's name.
    public static let name = "metadata.name"
    /// What etcd members are called.
    public static let etcdPrefix = "spec.etcd.namePrefix"
    /// What nodes are called.
    public static let nodePrefix = "spec.nodes.namePrefix"
    /// PostgreSQL's major version.
    public static let version = "spec.postgres.version"
    /// The locale.
    public static let locale = "spec.postgres.locale"
    /// Whether pages carry checksums.
    public static let checksums = "spec.postgres.checksums"
    /// The repository's volume.
    public static let volume = "spec.backups.volume"

    /// How a newer major version is reached, as long as it is not done in place.
    public static let upgrade =
        "a major upgrade in place is not available, and neither backups nor data directories can be read by another "
        + "major version: create another cluster of that version (with names and ports of its own), move the data by "
        + "pg_dump and pg_restore or by logical replication, and change over"

    private static let another =
        "write the old value back; to have another, create another cluster and move the data by "
        + "pg_dump and pg_restore"
    private static let moving =
        "Write the old value back; to move, create another cluster from the backups (bootstrap.recovery) that has its own "
        + "repository elsewhere"
    private static let back = "write the old value back; destroy and create the cluster to have another"

    static let fields: [Field] = [
        Field(name, back + "; a second cluster beside it needs prefixes, a network, a volume and ports of its own") {
            $0.name.text
        },
        Field("spec.network.driver", back) { $0.network.driver },
        Field(etcdPrefix, back) { $0.etcd.namePrefix },
        Field(nodePrefix, back) { $0.nodes.namePrefix },
        Field(version, upgrade) { String($0.postgres.version) },
        Field(locale, another) { $0.postgres.locale },
        Field(checksums, another) { String($0.postgres.checksums) },
        Field("spec.database.name", "write the old value back; rename it by ALTER DATABASE in a cluster of its own") {
            $0.accounts.database.text
        },
        Field("spec.database.admin.user", back) { $0.accounts.admin.role.text },
        Field("spec.database.replication.user", back) { $0.accounts.replication.role.text },
        Field("spec.database.rewind.user", back) { $0.accounts.rewind.role.text },
        Field("spec.console.user", back) { $0.console.account.role.text },
        Field(volume, "the backups so far lie in the old volume. " + moving) { $0.backups.volume.text },
        Field("spec.backups.s3", "the backups so far lie in the old place. " + moving) { place(of: $0.backups) },
        Field(
            "spec.backups.encryption.cipher", "what is in the repository stays as it was written. " + moving
        ) { $0.backups.encryption.cipher.rawValue },
    ]

    /// What of a repository's place is the place; how it is reached may change.
    private static func place(of backups: BackupSettings) -> String {
        backups.s3.map { "bucket \($0.bucket), folder \($0.folder)" } ?? "a volume"
    }

    /// Every field with its value, by its path in the manifest.
    public static func values(of cluster: Cluster) -> [LabelValue] {
        fields.map { LabelValue($0.path, $0.read(cluster)) }
    }

    /// What a manifest asks for that differs from these values; of fields that are not among them nothing is known.
    public static func changes(from current: [LabelValue], to wanted: Cluster) -> [RefusedChange] {
        fields.compactMap { field in
            guard let old = current.value(of: field.path), old != field.read(wanted) else { return nil }
            return RefusedChange(path: field.path, current: old, wanted: field.read(wanted), remedy: field.remedy)
        }
    }
}
