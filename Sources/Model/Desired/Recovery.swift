/// What a restore brings back: from which repository, up to where.
public struct Recovery: Sendable, Hashable {
    /// Where the backups lie; nil means the cluster's own repository.
    public var source: RecoverySource?
    /// Up to where WAL is replayed after the backup.
    public var target: RecoveryTarget
    /// The backup to start from, by its label; nil takes the newest that lies before the target.
    public var backup: String?

    /// A restore of the cluster's own backups.
    public init(source: RecoverySource? = nil, target: RecoveryTarget = .latest, backup: String? = nil) {
        self.source = source
        self.target = target
        self.backup = backup
    }
}

/// Another cluster's repository.
public struct RecoverySource: Sendable, Hashable {
    /// The volume it lies in; it is mounted for reading only. Nil where it lies in S3.
    public var volume: VolumeName?
    /// The storage it lies in, where it is no volume.
    public var s3: ObjectStore?
    /// How it is encrypted.
    public var encryption = RepositoryEncryption()
    /// The stanza in it.
    public var stanza: String
    /// A stanza in a volume, or in storage that is named afterwards.
    public init(volume: VolumeName?, stanza: String) {
        self.volume = volume
        self.stanza = stanza
    }
}

/// Up to where a restore replays WAL (pgBackRest's `--type`, PostgreSQL's `recovery_target…`).
public enum RecoveryTarget: Sendable, Hashable {
    /// To the end of the archive.
    case latest
    /// Only as far as the backup itself needs to be consistent.
    case immediate
    /// Up to a moment; what was committed later is not there.
    case time(Timestamp)
    /// Up to a WAL position, `0/3000060`.
    case lsn(String)
    /// Up to and with a transaction.
    case transaction(String)
    /// Up to a restore point made by `pg_create_restore_point`.
    case name(String)

    /// pgBackRest's options.
    public var arguments: [String] {
        switch self {
        case .latest: []
        case .immediate: ["--type=immediate", "--target-action=promote"]
        case .time(let time): ["--type=time", "--target=\(time.text)", "--target-action=promote"]
        case .lsn(let lsn): ["--type=lsn", "--target=\(lsn)", "--target-action=promote"]
        case .transaction(let id): ["--type=xid", "--target=\(id)", "--target-action=promote"]
        case .name(let name): ["--type=name", "--target=\(name)", "--target-action=promote"]
        }
    }

    /// In words.
    public var text: String {
        switch self {
        case .latest: "the end of the archive"
        case .immediate: "the end of the backup"
        case .time(let time): time.text
        case .lsn(let lsn): "WAL position \(lsn)"
        case .transaction(let id): "transaction \(id)"
        case .name(let name): "restore point \(name)"
        }
    }

    /// The manifest's field and what stands in it; `immediate` and `latest` are flags.
    public var field: (name: String, value: String) {
        switch self {
        case .latest: ("latest", "true")
        case .immediate: ("immediate", "true")
        case .time(let time): ("time", time.text)
        case .lsn(let lsn): ("lsn", lsn)
        case .transaction(let id): ("xid", id)
        case .name(let name): ("name", name)
        }
    }

    /// A target from its field, or nil where the value makes no sense.
    public init?(field: String, value: String) {
        switch field {
        case "latest": self = .latest
        case "immediate": self = .immediate
        case "time":
            guard let time = Timestamp(value) else { return nil }
            self = .time(time)
        case "lsn":
            guard value.wholeMatch(of: /[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}/) != nil else { return nil }
            self = .lsn(value)
        case "xid":
            guard value.wholeMatch(of: /[0-9]{1,20}/) != nil else { return nil }
            self = .transaction(value)
        case "name":
            guard value.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.:-]{0,62}/) != nil else { return nil }
            self = .name(value)
        case _: return nil
        }
    }
}
