public import Model

/// A change that a running cluster cannot take.
public struct RefusedChange: Sendable, Hashable, CustomStringConvertible {
    /// The field.
    public var path: String
    /// What it was when the cluster was created.
    public var current: String
    /// What the manifest asks for now.
    public var wanted: String
    /// What to do instead.
    public var remedy: String

    /// The refusal as a sentence.
    public var description: String {
        "\(path): cannot change after creation (from \(current) to \(wanted)); \(remedy)"
    }
}

extension Manifest {
    /// What of an edited manifest cannot be applied to the cluster that runs by the last one; empty when all can.
    public static func changes(from current: Cluster, to wanted: Cluster) -> [RefusedChange] {
        let another = "create another cluster and move the data by dump and restore"
        let moving =
            "Write the old value back; to move, found another cluster on the backups (bootstrap.recovery) that has its "
            + "own repository elsewhere"
        let backToOld = "write the old value back; destroy and create the cluster to have another"
        let rules: [(path: String, read: @Sendable (Cluster) -> String, remedy: String)] = [
            ("metadata.name", { $0.name.text }, backToOld),
            ("spec.network.driver", { $0.network.driver }, backToOld),
            ("spec.etcd.namePrefix", { $0.etcd.namePrefix }, backToOld),
            ("spec.nodes.namePrefix", { $0.nodes.namePrefix }, backToOld),
            ("spec.postgres.version", { String($0.postgres.version) }, another),
            ("spec.postgres.locale", { $0.postgres.locale }, another),
            ("spec.postgres.checksums", { String($0.postgres.checksums) }, another),
            (
                "spec.database.name", { $0.accounts.database.text },
                "rename it by ALTER DATABASE in a cluster of its own"
            ),
            ("spec.database.admin.user", { $0.accounts.admin.role.text }, backToOld),
            ("spec.database.replication.user", { $0.accounts.replication.role.text }, backToOld),
            ("spec.database.rewind.user", { $0.accounts.rewind.role.text }, backToOld),
            ("spec.console.user", { $0.console.account.role.text }, backToOld),
            ("spec.backups.volume", { $0.backups.volume.text }, "the backups so far lie in the old volume"),
            ("spec.backups.s3", { place(of: $0.backups) }, "the backups so far lie in the old place. " + moving),
            (
                "spec.backups.encryption.cipher", { $0.backups.encryption.cipher.rawValue },
                "what is in the repository stays as it was written. " + moving
            ),
        ]
        return rules.compactMap { path, read, remedy in
            let (old, new) = (read(current), read(wanted))
            return old == new ? nil : RefusedChange(path: path, current: old, wanted: new, remedy: remedy)
        }
    }

    /// What of a repository's place is the place; how it is reached may change.
    private static func place(of backups: BackupSettings) -> String {
        backups.s3.map { "bucket \($0.bucket), folder \($0.folder)" } ?? "a volume"
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
            ("spec.console.bindAddress", cluster.console.bindAddress),
            ("spec.pooler.bindAddress", cluster.pooler.bindAddress),
        ] where !address.hasPrefix("127.") && address != "::1" {
            warnings.append("\(path): \(address) opens ports beyond this host")
        }
        if cluster.backups.encryption.cipher != .none, cluster.backups.encryption.passphraseFile == nil {
            warnings.append(
                "spec.backups.encryption: the passphrase is generated; keep what `controller password --repository` "
                    + "prints outside of this host, because without it the backups cannot be read")
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
