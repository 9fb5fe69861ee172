import Model

/// How the cluster's own Prometheus is made.
enum PrometheusSpec {
    /// The uid of the user in our image.
    static let owner = 995
    static let port = 9090
    static let data = "/var/lib/prometheus"

    static func container(scraping supervisor: ContainerName, at scope: EngineScope) -> ContainerSpec {
        let prometheus = scope.cluster.monitoring.prometheus
        var settings = ContainerSettings()
        settings.memory = prometheus.memory.bytes
        settings.user = String(owner)
        settings.pidsLimit = 256
        settings.mounts = [
            VolumeMount(
                volume: scope.volumeName(of: prometheus.name.text), destination: data, isWritable: true)
        ]
        settings.ports = [
            PortBinding(containerPort: port, hostAddress: prometheus.bindAddress, hostPort: prometheus.port)
        ]
        // the supervisor's container is on this one, too
        var spec = ContainerSpec(
            name: prometheus.name, component: .prometheus, image: prometheus.image, settings: settings,
            networks: [scope.cluster.network.name])
        spec.labels = [LabelValue(Label.name, prometheus.name.text)]
        spec.command = ["--storage.tsdb.retention.time=\(prometheus.retention.components.seconds)s"]
        spec.files = files(scraping: supervisor, at: scope)
        return spec
    }

    private static func files(scraping supervisor: ContainerName, at scope: EngineScope) -> [FileSpec] {
        let monitoring = scope.cluster.monitoring
        let token = "\(FileSpec.directory)/token"
        let access = ScrapeConfiguration.Access(
            target: "\(supervisor):\(MonitoringSettings.containerPort)", tls: monitoring.tls,
            authorityFile: ClusterIdentity.authorities, tokenFile: monitoring.tokenFile == nil ? nil : token)
        let configuration = """
            # written by the controller; edits are undone
            global: {scrape_interval: 15s, evaluation_interval: 15s}
            rule_files: [\(FileSpec.directory)/alerts.yml]
            \(ScrapeConfiguration.text(scope.cluster, access))
            """
        func file(_ name: String, _ content: Template) -> FileSpec {
            FileSpec(path: "\(FileSpec.directory)/\(name)", content: content, owner: owner)
        }
        var files = [
            file("prometheus.yml", Template(segments: [.text(configuration)])),
            file("alerts.yml", Template(segments: [.text(MonitoringFiles.alerts)])),
        ]
        if monitoring.tls { files.append(file("cluster.crt", "\(secret: .authorities)")) }
        if monitoring.tokenFile != nil { files.append(file("token", "\(secret: .monitoringToken)")) }
        return files
    }
}
