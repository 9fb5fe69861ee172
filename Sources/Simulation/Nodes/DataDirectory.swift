package import Model

/// A place in the WAL: a stretch between two promotions, and how far into it. Two servers that promote apart from each
/// other write the same timeline number and different stretches.
package struct WALPosition: Sendable, Hashable {
    /// The stretch.
    package var stretch: Int
    /// Bytes from the beginning of all WAL.
    package var lsn: Int64
    /// A position.
    package init(stretch: Int, lsn: Int64) {
        self.stretch = stretch
        self.lsn = lsn
    }
}

/// A PostgreSQL data directory as far as replication and recovery care.
package struct DataDirectory: Sendable {
    /// Where a stretch of WAL begins.
    package struct Stretch: Sendable, Hashable {
        /// Its identity.
        package var id: Int
        /// The timeline number it is written under.
        package var timeline: Int64
        /// Where it begins.
        package var start: Int64
    }

    /// The system identifier `initdb` gave it.
    package var systemIdentifier: String
    /// The stretches that lead to what it holds, oldest first; never empty.
    package var history: [Stretch]
    /// The end of its WAL.
    package var lsn: Int64
    /// What is in its databases at that point.
    package var catalog: Catalog
    /// Whether it was a primary when it was last open.
    package var wasPrimary: Bool
    /// The locale that `initdb` was told.
    package var locale: String?
    /// Whether it was shut down in an orderly way.
    package var isClean = false
    /// The limits that the last primary ran with, which `pg_control` remembers and no standby may be below.
    package var limits: [LabelValue] = []
    /// `synchronous_standby_names` as last written to its configuration.
    package var commitsAwait: CommitRule = .noStandby

    /// The directory that `initdb` leaves.
    package init(systemIdentifier: String, stretch: Int) {
        self.systemIdentifier = systemIdentifier
        history = [Stretch(id: stretch, timeline: 1, start: 0)]
        lsn = 100
        catalog = Catalog()
        wasPrimary = true
    }

    /// Where it ends.
    package var end: WALPosition { WALPosition(stretch: history.last?.id ?? 0, lsn: lsn) }
    /// Its timeline.
    package var timeline: Int64 { history.last?.timeline ?? 1 }

    /// The name of the WAL segment it is in.
    package var segment: String {
        let digits = String(timeline, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits + "0000000000000001"
    }

    /// Whether it holds everything up to a position.
    package func contains(_ position: WALPosition) -> Bool {
        guard let place = history.firstIndex(where: { $0.id == position.stretch }) else { return false }
        let end = place + 1 < history.count ? history[place + 1].start : lsn
        return position.lsn <= end
    }

    /// Whether a server with this data can go on from another's WAL without a rewind.
    package func canFollow(_ other: DataDirectory) -> Bool {
        systemIdentifier == other.systemIdentifier && other.contains(end)
    }

    /// What `PG_VERSION` and `pg_control` say, and its WAL where that is read to its end.
    package func view(isMeasured: Bool) -> DataView {
        .postgres(
            PostgresData(
                systemIdentifier: systemIdentifier, majorVersion: 18, timeline: timeline, wasPrimary: wasPrimary,
                walPosition: isMeasured || isClean ? lsn : lsn - lsn % 5000))
    }
}

/// Whom commits wait for (`synchronous_standby_names`).
package enum CommitRule: Sendable, Hashable {
    /// No standby.
    case noStandby
    /// All of these that are listed first, so many of them.
    case first(Int, [NodeName])
    /// Any so many of these.
    case any(Int, [NodeName])
    /// Any standby at all (`*`, Patroni's strict mode without a candidate).
    case anybody

    /// Whether these standbys' confirmations are enough.
    package func isSatisfied(by standbys: [NodeName]) -> Bool {
        switch self {
        case .noStandby: true
        case .first(let count, let names): names.prefix(count).allSatisfy { standbys.contains($0) }
        case .any(let count, let names): names.filter { standbys.contains($0) }.count >= count
        case .anybody: !standbys.isEmpty
        }
    }
}

/// What is in the databases, as far as planners care.
package struct Catalog: Sendable, Hashable {
    /// Databases, sorted.
    package var databases: [DatabaseName] { contents.map(\.name) }
    /// Databases with who owns them and what is in them, sorted by name.
    package var contents: [DeclaredDatabaseView] = [DeclaredDatabaseView(name: "postgres", owner: "postgres")]
    /// Installed extensions, sorted by name.
    package var extensions: [ExtensionView] = []
    /// The migration history; nil while there is no table for it.
    package var migrations: [AppliedMigration]?
    /// Roles with attributes, sorted by name.
    package var roles: [RoleView] = []
    /// Whether the poolers' login function is there.
    package var hasPoolerLogin = false
    /// Whether the monitor's function is there.
    package var hasMonitorFunction = false
    /// The databases that the monitor may not connect to, sorted.
    package var closed: [DatabaseName] = []
    /// Whether the admin role may create in `public`.
    package var isGranted = false
    /// What `initdb` leaves.
    package init() {}
}
