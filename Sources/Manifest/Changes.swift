public import Model

extension Manifest {
    /// What of an edited manifest cannot be applied to the cluster that runs by the last one; empty when all can.
    public static func changes(from current: Cluster, to wanted: Cluster) -> [RefusedChange] {
        ImmutableFields.changes(from: ImmutableFields.values(of: current), to: wanted)
    }

    /// What is allowed and yet worth a word: settings that make less safe than the reader may think.
    public static func warnings(for cluster: Cluster) -> [String] {
        var warnings: [String] = []
        if cluster.etcd.members == 1, cluster.nodes.count > 1 {
            warnings.append(
                "spec.etcd.members: one member tolerates no failure; the cluster has no leader while it is away")
        }
        let synchronous = cluster.postgres.synchronous
        if synchronous.mode == .strict, cluster.nodes.count < synchronous.number + 2 {
            warnings.append(
                "spec.postgres.synchronous.mode: strict with \(cluster.nodes.count) nodes stops writes when one is away"
            )
        }
        for (path, address) in [
            ("spec.nodes.bindAddress", cluster.nodes.bindAddress), ("spec.etcd.bindAddress", cluster.etcd.bindAddress),
            ("spec.nodes.patroniBindAddress", cluster.nodes.patroniBindAddress),
            ("spec.console.bindAddress", cluster.console.bindAddress),
            ("spec.pooler.bindAddress", cluster.pooler.bindAddress),
        ] where !BindAddress.isLoopback(address) {
            warnings.append("\(path): \(address) opens ports beyond this host")
        }
        if cluster.backups.encryption.cipher != .none, cluster.backups.encryption.passphraseFile == nil {
            warnings.append(
                "spec.backups.encryption: the passphrase is generated; keep what `controller password --repository` "
                    + "prints outside of this host, because without it the backups cannot be read")
        }
        let leaders = cluster.nodeNames.filter { !cluster.tags(of: $0).nofailover }
        if leaders.count == 1, cluster.nodes.count > 1 {
            warnings.append("spec.nodes.tags: only \(leaders[0]) may lead; no node takes over when it is away")
        }
        for database in cluster.databases where database.ensure == .absent {
            warnings.append("spec.databases: \(database.name) shall be absent: it is dropped with everything in it")
        }
        if !cluster.backups.enabled {
            warnings.append("spec.backups.enabled: there is no backup and no way back in time")
        }
        return warnings
    }
}
