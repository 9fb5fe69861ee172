/// Files that are part of the program. They have a target of their own because each of their bytes is a literal for the
/// compiler, which takes a minute: no change elsewhere has to pay for it again.
public enum EmbeddedFiles {
    /// The alert rules, as Prometheus reads them; the same for every cluster, because each figure has the label `cluster`.
    public static var alerts: [UInt8] { PackageResources.alerts_yml }
    /// The dashboard, as Grafana imports it; the same for every cluster, too.
    public static var dashboard: [UInt8] { PackageResources.dashboard_json }

    /// The files of the controller's page, by name.
    public static var page: [(name: String, bytes: [UInt8])] {
        [
            ("index.html", PackageResources.index_html), ("page.css", PackageResources.page_css),
            ("actions.js", PackageResources.actions_js), ("backups.js", PackageResources.backups_js),
            ("chart.js", PackageResources.chart_js), ("conditions.js", PackageResources.conditions_js),
            ("events.js", PackageResources.events_js), ("graphs.js", PackageResources.graphs_js),
            ("main.js", PackageResources.main_js), ("page.js", PackageResources.page_js),
            ("text.js", PackageResources.text_js), ("topology.js", PackageResources.topology_js),
        ]
    }
}
