import Model

/// How a container reaches a repository: what it mounts, and what pgBackRest's configuration says.
struct RepositoryAccess {
    private let volume: VolumeName?
    private let store: ObjectStore?
    private let cipher: RepositoryEncryption.Cipher
    private let secrets: RepositorySecrets

    private static let authority = "\(FileSpec.directory)/repository-ca.crt"
    private static let volumeFolder = NodeSpec.repositoryMount

    /// The cluster's own repository.
    init(_ backups: BackupSettings) {
        volume = backups.repositoryVolume
        store = backups.s3
        cipher = backups.encryption.cipher
        secrets = .own
    }

    /// The one that a cluster is bootstrapped from.
    init(_ source: RecoverySource) {
        volume = source.volume
        store = source.s3
        cipher = source.encryption.cipher
        secrets = .source
    }

    /// The volume, if it lies in one.
    func mounts(isWritable: Bool = true) -> [VolumeMount] {
        guard let volume else { return [] }
        return [VolumeMount(volume: volume, destination: NodeSpec.repositoryMount, isWritable: isWritable)]
    }

    /// The networks from which it is reached: none where it lies in a volume. A container with the object store is on the clients'
    /// network, like all that is not the cluster's own.
    func networks(_ cluster: Cluster) -> [NetworkName] { store == nil ? [] : [cluster.network.clientsName] }

    /// The lines of `pgbackrest.conf`. Keys and passphrase are allowed in files only, for good reason.
    var lines: Template {
        guard let store else { return "repo1-path=\(RepositoryAccess.volumeFolder)\(encryption)" }
        return """
            repo1-type=s3
            repo1-path=\(store.folder)
            repo1-s3-bucket=\(store.bucket)
            repo1-s3-endpoint=\(store.endpoint)
            repo1-s3-region=\(store.region)
            repo1-s3-uri-style=\(store.uriStyle.rawValue)
            repo1-s3-key=\(secret: secrets.key)
            repo1-s3-key-secret=\(secret: secrets.keySecret)
            repo1-storage-port=\(store.port)\(trust)\(encryption)
            """
    }

    private var trust: Template {
        store?.authority == nil ? "" : "\nrepo1-storage-ca-file=\(RepositoryAccess.authority)"
    }

    private var encryption: Template {
        switch cipher {
        case .none: ""
        case .aes: "\nrepo1-cipher-type=\(cipher.rawValue)\nrepo1-cipher-pass=\(secret: secrets.passphrase)"
        }
    }

    /// The files that the lines name.
    var files: [FileSpec] {
        guard let authority = store?.authority else { return [] }
        return [
            FileSpec(
                path: RepositoryAccess.authority, content: Template(segments: [.text(authority.pem)]),
                owner: NodeSpec.owner)
        ]
    }
}
