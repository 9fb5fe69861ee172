public import Model

/// What Prometheus needs to know to scrape a cluster: one target for the controller, and one for each of Patroni and etcd, whose
/// own metrics the controller passes on.
public enum ScrapeConfiguration {
    /// Where the controller is reached, and how.
    public struct Access: Sendable, Hashable {
        /// `host:port`.
        public var target: String
        /// Whether it speaks TLS.
        public var tls: Bool
        /// The file with the authority, as Prometheus finds it.
        public var authorityFile: String
        /// The file with the token, as Prometheus finds it; nil for none.
        public var tokenFile: String?

        /// An access.
        public init(target: String, tls: Bool, authorityFile: String, tokenFile: String?) {
            self.target = target
            self.tls = tls
            self.authorityFile = authorityFile
            self.tokenFile = tokenFile
        }
    }

    /// The jobs, as YAML below `scrape_configs`.
    public static func text(_ cluster: Cluster, _ access: Access) -> String {
        let parts = cluster.nodeNames.map { Part(job: "patroni", label: "node", name: $0.text) }
        let members = cluster.etcdNames.map { Part(job: "etcd", label: "member", name: $0.text) }
        return """
            scrape_configs:
              - job_name: controller
            \(common(access))
                static_configs:
                  - targets: ["\(access.target)"]
                    labels: {cluster: \(cluster.name)}
                metric_relabel_configs:
                  # a figure of one node or pooler is that part's, as if it had an exporter of its own
                  - source_labels: [node]
                    regex: (.+)
                    target_label: instance
                  - source_labels: [pooler]
                    regex: (.+)
                    target_label: instance
            \(job("patroni", parts, cluster, access))
            \(job("etcd", members, cluster, access))

            """
    }

    /// A part of the cluster whose own metrics are passed on.
    private struct Part {
        var job: String
        var label: String
        var name: String
    }

    private static func common(_ access: Access) -> String {
        var lines = ["    scheme: \(access.tls ? "https" : "http")"]
        if access.tls { lines += ["    tls_config: {ca_file: \(access.authorityFile), server_name: localhost}"] }
        if let file = access.tokenFile { lines += ["    authorization: {credentials_file: \(file)}"] }
        return lines.joined(separator: "\n")
    }

    private static func job(_ name: String, _ parts: [Part], _ cluster: Cluster, _ access: Access) -> String {
        let targets = parts.map { part in
            """
                  - targets: ["\(access.target)"]
                    labels: {cluster: \(cluster.name), \(part.label): \(part.name), instance: \(part.name),
                             __metrics_path__: /metrics/\(part.job)/\(part.name)}
            """
        }
        return """
              - job_name: \(name)
            \(common(access))
                static_configs:
            \(targets.joined(separator: "\n"))
            """
    }
}
