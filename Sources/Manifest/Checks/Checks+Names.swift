internal import Model

extension Manifest {
    /// Names of containers and volumes: each only once, also after the cluster grows to its largest.
    static func checkContainerNames(_ cluster: Cluster, _ log: Diagnostics) {
        let nodes = (1...9).map { "\(cluster.nodes.namePrefix)\($0)" }
        let members = (1...5).map { "\(cluster.etcd.namePrefix)\($0)" }
        let nodePath = "spec.nodes.namePrefix"
        let etcdPath = "spec.etcd.namePrefix"
        let common = members.first(where: nodes.contains)
        log.require(
            common == nil, at: etcdPath, with: [nodePath],
            "etcd members and nodes would share the name \(common ?? "")",
            got: cluster.etcd.namePrefix, expected: "a prefix of its own")
        let poolers = cluster.poolers(1...3).map(\.name.text)
        let taken = poolers.first { nodes.contains($0) || members.contains($0) }
        log.require(
            taken == nil, at: "spec.pooler.namePrefix", with: [nodePath, etcdPath],
            "poolers, nodes or etcd members would share the name \(taken ?? "")", got: cluster.pooler.namePrefix,
            expected: "a prefix of its own")
        let console = cluster.console.name.text
        log.require(
            !(nodes + members + poolers).contains(console), at: "spec.console.name",
            with: [nodePath, etcdPath],
            "is the name of another container", got: console, expected: "a name of its own")
        let volumes = (nodes + members).map { $0 + "-data" }
        let repository = cluster.backups.volume.text
        log.require(
            !volumes.contains(repository), at: "spec.backups.volume", with: [nodePath, etcdPath],
            "is the data volume of another container", got: repository, expected: "a volume of its own")
        let network = cluster.network.name.text
        log.require(
            !(nodes + members + poolers + [console]).contains(network), at: "spec.network.name",
            with: [nodePath, etcdPath, "spec.console.name"], "is the name of a container", got: network,
            expected: "a name of its own")
    }
}
