/// A folder in S3-compatible storage that holds a pgBackRest repository.
public struct ObjectStore: Sendable, Hashable {
    /// The bucket; it exists already.
    public var bucket: String
    /// The host, as TLS knows it; as a part of the bucket's name comes first where `uriStyle` says so.
    public var endpoint: String
    /// The region that requests are signed for.
    public var region: String = "us-east-1"
    /// The port.
    public var port = 443
    /// How the bucket is named in requests.
    public var uriStyle: URIStyle = .host
    /// The folder in the bucket.
    public var folder: String = "/pgbackrest"
    /// Who signed the endpoint's certificate; nil for the authorities that the image knows.
    public var authority: Authority?
    /// The file that holds the access key's ID.
    public var keyFile: String
    /// The file that holds its secret.
    public var keySecretFile: String

    /// Storage that is reached with the key in these files.
    public init(bucket: String, endpoint: String, keyFile: String, keySecretFile: String) {
        self.bucket = bucket
        self.endpoint = endpoint
        self.keyFile = keyFile
        self.keySecretFile = keySecretFile
    }

    /// `repo1-s3-uri-style`.
    public enum URIStyle: String, Sendable, Hashable, CaseIterable {
        /// `https://bucket.endpoint/…`.
        case host
        /// `https://endpoint/bucket/…`.
        case path
    }

    /// A certificate authority, which is no secret.
    public struct Authority: Sendable, Hashable {
        /// The file, as the manifest names it.
        public var path: String
        /// What is in it.
        public var pem: String
        /// A file and its text.
        public init(path: String, pem: String) {
            self.path = path
            self.pem = pem
        }
    }
}

/// How a repository is encrypted; what is there stays as it is, so this never changes.
public struct RepositoryEncryption: Sendable, Hashable {
    /// The cipher.
    public var cipher: Cipher = .none
    /// A file that holds the passphrase; nil for a generated one.
    public var passphraseFile: String?
    /// Nothing is encrypted.
    public init() {}

    /// `repo1-cipher-type`.
    public enum Cipher: String, Sendable, Hashable, CaseIterable {
        /// None.
        case none
        /// AES in CBC mode with a key of 256 bits.
        case aes = "aes-256-cbc"
    }
}

/// The secrets that open a repository.
public struct RepositorySecrets: Sendable, Hashable {
    /// The access key's ID, its secret, and the passphrase.
    public let key: SecretName, keySecret: SecretName, passphrase: SecretName

    private init(_ prefix: String) {
        key = SecretName("\(prefix)-key")
        keySecret = SecretName("\(prefix)-key-secret")
        passphrase = SecretName("\(prefix)-passphrase")
    }
    /// Of the cluster's own repository.
    public static let own = RepositorySecrets("repository")
    /// Of the one that a cluster is bootstrapped from.
    public static let source = RepositorySecrets("source")
}
