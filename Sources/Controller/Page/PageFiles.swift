import HTTPServer

/// The files of the page, which are part of the program.
enum PageFiles {
    private static let files: [(path: String, type: String, bytes: [UInt8])] = [
        ("/", "text/html; charset=utf-8", PackageResources.index_html),
        ("/page.css", "text/css; charset=utf-8", PackageResources.page_css),
        ("/actions.js", "text/javascript; charset=utf-8", PackageResources.actions_js),
        ("/backups.js", "text/javascript; charset=utf-8", PackageResources.backups_js),
        ("/chart.js", "text/javascript; charset=utf-8", PackageResources.chart_js),
        ("/conditions.js", "text/javascript; charset=utf-8", PackageResources.conditions_js),
        ("/events.js", "text/javascript; charset=utf-8", PackageResources.events_js),
        ("/graphs.js", "text/javascript; charset=utf-8", PackageResources.graphs_js),
        ("/main.js", "text/javascript; charset=utf-8", PackageResources.main_js),
        ("/page.js", "text/javascript; charset=utf-8", PackageResources.page_js),
        ("/text.js", "text/javascript; charset=utf-8", PackageResources.text_js),
        ("/topology.js", "text/javascript; charset=utf-8", PackageResources.topology_js),
    ]

    /// One of them; nil for another path.
    static func file(at path: String) -> ServerResponse? {
        files.first { $0.path == path }.map { file in
            ServerResponse(200, headers: [("Content-Type", file.type)], body: .whole(file.bytes))
        }
    }
}
