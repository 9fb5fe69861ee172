internal import Model

extension Manifest {
    /// What changes the cluster, or shows data to everybody, is reached from other hosts only where the manifest says so twice.
    static func checkExposure(_ cluster: Cluster, _ log: Diagnostics) {
        let tls = cluster.tls
        log.require(
            (tls.certificateFile == nil) == (tls.keyFile == nil) && (tls.caFile == nil || tls.keyFile != nil),
            at: "spec.tls", "a certificate needs its key", expected: "certificateFile and keyFile, or none of the files"
        )
        log.require(
            tls.certificateFile == nil || cluster.pooler.enabled, at: "spec.tls.certificateFile",
            with: ["spec.pooler.enabled"], "the certificate is for the poolers, and there are none",
            expected: "spec.pooler.enabled: true, or no certificate")
        let addresses = [
            (
                "spec.nodes.patroniBindAddress", cluster.nodes.patroniBindAddress, cluster.nodes.patroniRemoteAccess,
                "spec.nodes.patroniRemoteAccess", "Patroni's REST API"
            ),
            (
                "spec.etcd.bindAddress", cluster.etcd.bindAddress, cluster.etcd.remoteAccess || !cluster.etcd.publish,
                "spec.etcd.remoteAccess", "etcd"
            ),
            (
                "spec.console.bindAddress", cluster.console.bindAddress,
                cluster.console.remoteAccess || !cluster.console.enabled, "spec.console.remoteAccess", "the console"
            ),
            (
                "spec.monitoring.bindAddress", cluster.monitoring.bindAddress,
                cluster.monitoring.remoteAccess || !cluster.monitoring.enabled, "spec.monitoring.remoteAccess",
                "the metrics"
            ),
            (
                "spec.monitoring.prometheus.bindAddress", cluster.monitoring.prometheus.bindAddress,
                cluster.monitoring.prometheus.remoteAccess || !cluster.monitoring.prometheus.enabled,
                "spec.monitoring.prometheus.remoteAccess", "Prometheus"
            ),
        ]
        for (path, address, isAllowed, consent, what) in addresses {
            log.require(
                isAllowed || BindAddress.isLoopback(address), at: path, with: [consent],
                "opens \(what) to other hosts", got: address, expected: "127.0.0.1, or \(consent): true")
        }
    }
}
