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
        let prometheus = cluster.monitoring.prometheus.name.text
        log.require(
            !cluster.monitoring.prometheus.enabled || !(nodes + members + poolers + [console]).contains(prometheus),
            at: "spec.monitoring.prometheus.name", with: [nodePath, etcdPath, "spec.console.name"],
            "is the name of another container", got: prometheus, expected: "a name of its own")
        checkRepositories(cluster, log)
        let volumes = (nodes + members + [prometheus]).map { $0 + "-data" }
        let repository = cluster.backups.volume.text
        log.require(
            !volumes.contains(repository), at: "spec.backups.volume", with: [nodePath, etcdPath],
            "is the data volume of another container", got: repository, expected: "a volume of its own")
        checkNetworkNames(cluster, containers: nodes + members + poolers + [console, prometheus], log)
    }

    private static func checkNetworkNames(_ cluster: Cluster, containers: [String], _ log: Diagnostics) {
        let (own, clients) = (cluster.network.name.text, cluster.network.clientsName.text)
        let (path, clientPath) = ("spec.network.name", "spec.network.clients.name")
        for (name, place) in [(own, path), (clients, cluster.network.clients.name == nil ? path : clientPath)] {
            log.require(
                !containers.contains(name), at: place,
                with: ["spec.nodes.namePrefix", "spec.etcd.namePrefix", "spec.console.name"],
                "is the name of a container", got: name, expected: "a name of its own")
        }
        // Docker publishes the ports of a container through the first of its networks by name, and Patroni listens on one alone
        log.require(
            own < clients, at: clientPath, with: [path],
            "does not come behind the other network's name in the alphabet", got: clients,
            expected: "a name behind \(own), for example \(own)-clients")
    }

    /// One place for each repository, and no passphrase for one that is not encrypted.
    private static func checkRepositories(_ cluster: Cluster, _ log: Diagnostics) {
        let path = "spec.backups."
        log.require(
            cluster.backups.s3 == nil || !log.isGiven(path + "volume"), at: path + "s3", with: [path + "volume"],
            "a repository lies in s3 or in a volume, not in both", expected: "one of them")
        check(cluster.backups.encryption, at: path + "encryption", log)
        guard let source = cluster.recovery?.source else { return }
        let origin = "spec.bootstrap.recovery.from"
        log.require(
            (source.volume == nil) != (source.s3 == nil), at: origin,
            "it has to be said where the repository lies", got: source.volume == nil ? "neither" : "volume and s3",
            expected: "either volume or s3")
        check(source.encryption, at: origin + ".encryption", log)
    }

    private static func check(_ encryption: RepositoryEncryption, at path: String, _ log: Diagnostics) {
        log.require(
            encryption.passphraseFile == nil || encryption.cipher != .none, at: path + ".passphraseFile",
            with: [path + ".cipher"], "a passphrase without a cipher encrypts nothing", expected: "cipher: aes-256-cbc")
        let isSource = path.hasPrefix("spec.bootstrap")
        log.require(
            !isSource || encryption.cipher == .none || encryption.passphraseFile != nil, at: path + ".cipher",
            "the passphrase of another cluster's repository cannot be guessed", expected: "passphraseFile beside it")
    }
}
