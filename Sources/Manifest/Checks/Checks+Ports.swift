internal import Model

extension Manifest {
    /// Ports published on one host: each only once, and none past the last.
    static func checkPorts(_ cluster: Cluster, _ log: Diagnostics) {
        let ranges = published(by: cluster)
        for range in ranges {
            log.require(
                range.last <= 65535, at: range.path, with: [range.countPath],
                "the last of \(range.count) ports is past 65535",
                got: "\(range.first)…\(range.last)", expected: "at most \(65536 - range.count)")
        }
        for (index, later) in ranges.enumerated() {
            for earlier in ranges[..<index] where later.sharesAddress(with: earlier) {
                log.require(
                    later.last < earlier.first || earlier.last < later.first, at: later.path, with: [earlier.path],
                    "ports \(later.written) of \(later.what) meet ports \(earlier.written) of \(earlier.what)",
                    expected: "ports of their own")
            }
        }
    }

    private struct PortRange {
        var what: String
        var path: String
        var countPath: String
        var first: Int
        var count: Int
        var address: String

        var last: Int { first + count - 1 }
        var written: String { count == 1 ? "\(first)" : "\(first)…\(last)" }

        func sharesAddress(with other: PortRange) -> Bool {
            let wildcards = ["0.0.0.0", "::"]
            return address == other.address || wildcards.contains(address) || wildcards.contains(other.address)
        }
    }

    private static func published(by cluster: Cluster) -> [PortRange] {
        let nodes = cluster.nodes
        var ranges = [
            PortRange(
                what: "PostgreSQL", path: "spec.nodes.postgresPort", countPath: "spec.nodes.count",
                first: nodes.postgresPort, count: nodes.count, address: nodes.bindAddress),
            PortRange(
                what: "Patroni", path: "spec.nodes.patroniPort", countPath: "spec.nodes.count",
                first: nodes.patroniPort, count: nodes.count, address: nodes.patroniBindAddress),
        ]
        if cluster.etcd.publish {
            ranges.append(
                PortRange(
                    what: "etcd", path: "spec.etcd.clientPort", countPath: "spec.etcd.members",
                    first: cluster.etcd.clientPort, count: cluster.etcd.members, address: cluster.etcd.bindAddress))
        }
        if cluster.pooler.enabled {
            for (what, path, first) in [
                ("the poolers", "spec.pooler.port", cluster.pooler.port),
                ("the poolers' read-only addresses", "spec.pooler.readOnlyPort", cluster.pooler.readOnlyPort),
            ] {
                ranges.append(
                    PortRange(
                        what: what, path: path, countPath: "spec.pooler.count", first: first,
                        count: cluster.pooler.count, address: cluster.pooler.bindAddress))
            }
        }
        if cluster.monitoring.enabled {
            ranges.append(
                PortRange(
                    what: "monitoring", path: "spec.monitoring.port", countPath: "spec.monitoring.port",
                    first: cluster.monitoring.port, count: 1, address: cluster.monitoring.bindAddress))
        }
        let prometheus = cluster.monitoring.prometheus
        if prometheus.enabled {
            ranges.append(
                PortRange(
                    what: "Prometheus", path: "spec.monitoring.prometheus.port",
                    countPath: "spec.monitoring.prometheus.port", first: prometheus.port, count: 1,
                    address: prometheus.bindAddress))
        }
        if cluster.console.enabled {
            ranges.append(
                PortRange(
                    what: "the console", path: "spec.console.port", countPath: "spec.console.port",
                    first: cluster.console.port, count: 1, address: cluster.console.bindAddress))
        }
        return ranges
    }
}
