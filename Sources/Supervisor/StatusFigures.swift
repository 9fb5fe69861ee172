public import Model

/// Figures of PostgreSQL that the metrics have too; here as an on-call engineer reads them.
extension StatusReport {
    /// The questions of the metrics that these figures need, by name.
    public static let figureQueries: Set<String> = [
        "pg_settings", "pg_stat_activity", "pg_long_running_transactions", "pg_replication", "pg_replication_slots",
        "pg_wal", "pg_database",
    ]

    /// What one node's PostgreSQL said; nil for what it did not say.
    public struct Figures: Sendable, Hashable, Codable {
        /// How far replay is behind the primary, in seconds; 0 where nothing is left to replay. Nil on a primary.
        public var lagSeconds: Double?
        /// Sessions of clients.
        public var connections: Int?
        /// How many there may be: `max_connections` without those that are kept for superusers.
        public var connectionLimit: Int?
        /// How long the oldest transaction of a client has been open.
        public var longestTransactionSeconds: Double?
        /// All its WAL files together.
        public var walBytes: Int64?
        /// All databases together; on the primary alone.
        public var dataBytes: Int64?
    }

    /// A replication slot.
    public struct Slot: Sendable, Hashable, Codable {
        /// Its name.
        public var name: String
        /// `physical` or `logical`.
        public var type: String
        /// The node it is on.
        public var node: String
        /// The database of a logical one; empty for a physical one.
        public var database: String
        /// Whether a client reads from it.
        public var active: Bool
        /// How much WAL it keeps.
        public var retainedBytes: Int64
        /// `reserved`, `extended`, `unreserved` or `lost`, as in `pg_replication_slots`.
        public var walStatus: String
    }

    /// Something that was measured when it was over.
    public struct Cost: Sendable, Hashable, Codable {
        /// When it was over, RFC 3339.
        public var time: String
        /// What it was.
        public var what: String
        /// How long no write was possible.
        public var seconds: Double

        /// A change and its cost.
        public init(time: String, what: String, seconds: Double) {
            self.time = time
            self.what = what
            self.seconds = seconds
        }
    }

    /// A certificate and its end.
    public struct Expiry: Sendable, Hashable, Codable {
        /// Its owner, as `controller certificates` names it.
        public var owner: String
        /// When it ends, to the second.
        public var notAfter: String
    }

    /// Takes over what the nodes said.
    public mutating func add(figures families: [MetricFamily]) {
        let answers = Answers(families)
        for index in nodes.indices { nodes[index].figures = Figures(node: nodes[index], answers) }
        slots = nodes.flatMap { answers.slots(of: $0.name) }
    }
}

/// Samples by metric and node.
private struct Answers {
    private var samples: [String: [MetricSample]] = [:]

    init(_ families: [MetricFamily]) {
        for family in families { samples[family.name, default: []] += family.samples }
    }

    func all(_ name: String, of node: String) -> [MetricSample] {
        samples[name, default: []].filter { $0.text("node") == node }
    }

    func value(_ name: String, of node: String) -> Double? { all(name, of: node).first?.value }

    func slots(of node: String) -> [StatusReport.Slot] {
        all("pg_replication_slots_pg_wal_lsn_diff", of: node).map { sample in
            let name = sample.text("slot_name") ?? ""
            let active = all("pg_replication_slots_active", of: node).first { $0.text("slot_name") == name }
            return StatusReport.Slot(
                name: name, type: sample.text("slot_type") ?? "", node: node, database: sample.text("database") ?? "",
                active: active?.value == 1, retainedBytes: max(0, Int64(clamping: sample.value)),
                walStatus: sample.text("wal_status") ?? "")
        }
    }
}

extension StatusReport.Figures {
    /// Nil where the node said nothing.
    fileprivate init?(node: StatusReport.Node, _ answers: Answers) {
        func value(_ name: String) -> Double? { answers.value(name, of: node.name) }
        func sum(_ name: String, where isWanted: (MetricSample) -> Bool = { _ in true }) -> Double? {
            let all = answers.all(name, of: node.name)
            return all.isEmpty ? nil : all.filter(isWanted).reduce(0) { $0 + $1.value }
        }
        if value("pg_replication_is_replica") == 1 { lagSeconds = value("pg_replication_lag_seconds") }
        connections = sum("pg_stat_activity_count") { $0.text("backend_type") == "client backend" }.map { Int($0) }
        if let all = value("pg_settings_max_connections") {
            let kept =
                (value("pg_settings_superuser_reserved_connections") ?? 0)
                + (value("pg_settings_reserved_connections") ?? 0)
            connectionLimit = Int(all - kept)
        }
        longestTransactionSeconds = value("pg_long_running_transactions_oldest_seconds")
        walBytes = value("pg_wal_size_bytes").map { Int64(clamping: $0) }
        dataBytes = sum("pg_database_size_bytes").map { Int64(clamping: $0) }
        if self == StatusReport.Figures() { return nil }
    }
}

extension MetricSample {
    fileprivate func text(_ label: String) -> String? { labels.first { $0.name == label }?.value }
}

extension Int64 {
    /// The nearest whole number, also of what is no number or out of range.
    fileprivate init(clamping value: Double) {
        guard !value.isNaN else {
            self = 0
            return
        }
        self = Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }
}
