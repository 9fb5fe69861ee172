import ArgumentParser
import Model
import Reconcilers

/// `controller monitoring`: what Prometheus and Grafana need to know of the cluster.
struct MonitoringCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitoring", abstract: "Print what Prometheus and Grafana need to watch the cluster.",
        discussion: """
            The controller serves metrics at spec.monitoring.port. What these commands print goes into files:
              controller monitoring scrape-config > /etc/prometheus/pg-controller.yml   (scrape_config_files)
              controller monitoring alerts        > /etc/prometheus/pg-controller.rules.yml   (rule_files)
            """,
        subcommands: [ScrapeConfig.self, Alerts.self, Dashboard.self])

    /// `controller monitoring scrape-config`.
    struct ScrapeConfig: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "scrape-config", abstract: "Print Prometheus' jobs for this cluster.")
        @OptionGroup var options: ClusterOptions

        @Option(help: "Where Prometheus reaches the controller, host:port.")
        var target: String?

        @Option(
            help: "The file with the cluster's authority (`controller certificates ca`), where Prometheus finds it.")
        var caFile = "/etc/prometheus/pg-controller-ca.pem"

        @Option(help: "The file with the token, where Prometheus finds it.")
        var tokenFile = "/etc/prometheus/pg-controller.token"

        func run() throws {
            let cluster = try ManifestSource(path: options.manifest, orLastGoodBelow: options.stateDir).cluster
            let monitoring = cluster.monitoring
            guard monitoring.enabled else { throw Failure(.badInput, "spec.monitoring.enabled is false") }
            let access = ScrapeConfiguration.Access(
                target: target ?? MonitoringService.address(monitoring), tls: monitoring.tls,
                authorityFile: caFile, tokenFile: monitoring.tokenFile == nil ? nil : tokenFile)
            Terminal.write(Array(ScrapeConfiguration.text(cluster, access).utf8))
        }
    }

    /// `controller monitoring alerts`.
    struct Alerts: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print Prometheus' alert rules.")

        func run() throws { Terminal.write(Array(MonitoringFiles.alerts.utf8)) }
    }

    /// `controller monitoring dashboard`.
    struct Dashboard: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print Grafana's dashboard.")

        func run() throws { Terminal.write(Array(MonitoringFiles.dashboard.utf8)) }
    }
}
