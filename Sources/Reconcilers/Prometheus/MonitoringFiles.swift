private import EmbeddedFiles

/// The rules and the dashboard, which are the same for every cluster: each figure has the label `cluster`.
public enum MonitoringFiles {
    /// The alert rules, as Prometheus reads them.
    public static var alerts: String { String(decoding: EmbeddedFiles.alerts, as: UTF8.self) }
    /// The dashboard, as Grafana imports it.
    public static var dashboard: String { String(decoding: EmbeddedFiles.dashboard, as: UTF8.self) }
}
