/// The controller's own HTTP server (`spec.monitoring`): metrics, health, and how it is reached.
public struct MonitoringSettings: Sendable, Hashable {
    /// Whether there is one.
    public var enabled = true
    /// The port.
    public var port = 9187
    /// The address that the port binds to.
    public var bindAddress = "127.0.0.1"
    /// Whether it may be reached from other hosts.
    public var remoteAccess = false
    /// Whether it speaks TLS, with a certificate of the cluster's authority.
    public var tls = false
    /// A file that holds the token which every request for metrics has to carry; nil for none.
    public var tokenFile: String?
    /// Host names by which it may be called. Addresses, `localhost` and the supervisor's own name need no entry.
    public var hosts: [String] = []
    /// Whether there is a page for people.
    public var page = true
    /// Metrics of the user's own.
    public var queries: [MetricQuery] = []
    /// A Prometheus of the cluster's own.
    public var prometheus = PrometheusSettings()
    /// Every default.
    public init() {}

    /// The port inside the supervisor's container, which `deploy/setup/supervisor.sh` publishes as the manifest says.
    public static let containerPort = 9187

    /// The names of `hosts` that `spec.tls.hostNames` does not have.
    func ownNames(of cluster: Cluster) -> [String] {
        hosts.filter { !cluster.tls.hostNames.contains($0) && $0 != "localhost" }
    }
}

/// A Prometheus of the cluster's own (`spec.monitoring.prometheus`): it scrapes the controller, and evaluates the alert rules.
public struct PrometheusSettings: Sendable, Hashable {
    /// Whether there is one.
    public var enabled = false
    /// The image.
    public var image: ImageReference = "pg-controller/prometheus:1"
    /// The container's name.
    public var name: ContainerName = "prometheus"
    /// The published port.
    public var port = 9091
    /// The address that the port binds to.
    public var bindAddress = "127.0.0.1"
    /// Whether it may be reached from other hosts.
    public var remoteAccess = false
    /// How long it keeps samples.
    public var retention: Duration = .seconds(15 * 86_400)
    /// Memory limit.
    public var memory: ByteCount = .mebibytes(512)
    /// Every default.
    public init() {}
}

/// A question to PostgreSQL whose answer becomes metrics. It runs as the monitor (`MonitorSettings`), with limits on rows and
/// time. The shape is CloudNativePG's: each column of the answer is a label, a value, or ignored.
public struct MetricQuery: Sendable, Hashable {
    /// The nodes that are asked.
    public enum Target: String, Sendable, Hashable, CaseIterable {
        /// Every node that runs.
        case all
        /// The primary.
        case primary
        /// The replicas.
        case replicas
    }
    /// The first part of the metrics' names.
    public var name: String
    /// One statement.
    public var sql: String
    /// The database; nil for the application's.
    public var database: DatabaseName?
    /// The nodes that are asked.
    public var target: Target
    /// For how long an answer is good.
    public var every: Duration
    /// What the columns of the answer are.
    public var columns: [MetricColumn]

    /// What tells its success from that of others: several questions may make metrics of one name's first part.
    public var collector: String { every == .zero ? name : "\(name)_\(every.components.seconds)s" }

    /// For how long an answer is good, as the manifest writes it: nil asks at each scrape.
    public var interval: Duration? {
        get { every == .zero ? nil : every }
        set { every = newValue ?? .zero }
    }

    /// A question.
    public init(
        _ name: String, _ sql: String, database: DatabaseName? = nil, target: Target = .all, every: Duration = .zero,
        _ columns: [MetricColumn]
    ) {
        self.name = name
        self.sql = sql
        self.database = database
        self.target = target
        self.every = every
        self.columns = columns
    }
}

/// A column of such an answer.
public struct MetricColumn: Sendable, Hashable {
    /// What the column is.
    public enum Usage: String, Sendable, Hashable, CaseIterable {
        /// Its text tells series of one metric apart.
        case label
        /// A number that goes up and down.
        case gauge
        /// A number that only goes up.
        case counter
        /// A number of either kind: for a name that people know and that breaks the rules for counters' names.
        case untyped
        /// It is ignored.
        case discard
    }
    /// The column's name in the answer, and the second part of the metric's name.
    public var name: String
    /// What it is.
    public var usage: Usage
    /// What the metric says, for `HELP`.
    public var help: String

    /// A column.
    public init(_ name: String, _ usage: Usage, _ help: String = "") {
        self.name = name
        self.usage = usage
        self.help = help
    }
}
