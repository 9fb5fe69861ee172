import FoundationEssentials
import Glibc
public import Model

/// The cluster's secrets, as files of mode 0600 in the state directory, or the files that the manifest names.
/// A generated one is written before it is used, so that a killed controller never forgets what it has set.
public actor SecretStore {
    /// Why a secret is not to be had.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// Which secret.
        public let name: SecretName
        /// What is wrong, and what to do.
        public let description: String
    }

    private let directory: String
    private let manifestDirectory: String
    private var values: [(name: SecretName, value: String)] = []

    /// Secrets in a directory, made with mode 0700 when it does not exist; the manifest's own files start from its.
    public init(directory: String, manifestDirectory: String = "") {
        self.directory = directory
        self.manifestDirectory = manifestDirectory
    }

    /// Every secret of the cluster, read or generated. With `mayGenerate` false a missing one is a failure.
    public func load(_ cluster: Cluster, mayGenerate: Bool = true) throws(Failure) {
        _ = mkdir(directory, 0o700)
        var loaded: [(SecretName, String)] = []
        for (name, file) in SecretStore.wanted(cluster) {
            loaded.append((name, try value(of: name, file: file, mayGenerate: mayGenerate) { SecretStore.generate() }))
        }
        loaded += try identity(of: cluster, mayGenerate: mayGenerate)
        values = loaded
    }

    /// Reads again what people change while the cluster runs: the files that the manifest names, and a generated one that
    /// was made anew. One that was lost meanwhile is written again as it was; where one cannot be read all stay.
    public func reload(_ cluster: Cluster) throws(Failure) {
        let named = SecretStore.wanted(cluster).filter { $0.1 != nil }.map(\.0)
        for (name, value) in values where !named.contains(name) && lacks(name) {
            _ = mkdir(directory, 0o700)
            try write(value, to: "\(directory)/\(name)", name: name)
        }
        try load(cluster)
    }

    /// Makes a generated secret anew; whoever holds it takes it at its next look.
    public func rotate(_ name: SecretName) throws(Failure) {
        let path = "\(directory)/\(name)"
        let temporary = "\(path).\(UInt64.random(in: 0 ... .max))"
        try write(SecretStore.generate(), to: temporary, name: name)
        guard rename(temporary, path) == 0 else {
            throw Failure(name: name, description: "\(path): \(String(cString: strerror(errno)))")
        }
    }

    /// Their names and versions.
    public var views: [SecretView] {
        values.map { SecretView(name: $0.name, version: Digest(of: "\($0.name)\u{0}\($0.value)").short) }
    }

    /// A secret's value.
    public func value(_ name: SecretName) throws(Failure) -> String {
        guard let found = values.first(where: { $0.name == name })?.value else {
            throw Failure(name: name, description: "secret \(name) has not been loaded")
        }
        return found
    }

    /// Text that comes from outside, with every secret's value blotted out, and without control characters.
    public func redact(_ lines: [String]) -> [String] {
        lines.map { line in
            let plain = String(
                String.UnicodeScalarView(line.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
            return values.reduce(plain) { $0.replacing($1.value, with: "[\($1.name)]") }
        }
    }

    /// Keeps a value that was found in the running cluster, unless there is one already.
    public func adopt(_ name: SecretName, _ value: String) throws(Failure) {
        let path = "\(directory)/\(name)"
        guard access(path, F_OK) != 0 else { return }
        _ = mkdir(directory, 0o700)
        try write(value, to: path, name: name)
    }

    /// Whether a secret has no file here.
    func lacks(_ name: SecretName) -> Bool { access("\(directory)/\(name)", F_OK) != 0 }

    /// Whether any secret of this cluster was ever written here.
    public var isEmpty: Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return true }
        return names.isEmpty
    }

    /// The secrets a cluster needs, and the file for those that the manifest provides.
    static func wanted(_ cluster: Cluster) -> [(SecretName, String?)] {
        [
            ("patroni-rest", nil),
            ("postgres-superuser", nil),
            ("postgres-replication", cluster.accounts.replication.passwordFile),
            ("postgres-rewind", cluster.accounts.rewind.passwordFile),
            ("postgres-admin", cluster.accounts.admin.passwordFile),
            ("postgres-console", cluster.console.account.passwordFile),
            ("pooler-password", nil),
        ] + repositories(cluster) + cluster.roles.compactMap { role in role.secret.map { ($0, role.passwordFile) } }
    }

    /// What opens the cluster's repository, and the one that it is founded on.
    private static func repositories(_ cluster: Cluster) -> [(SecretName, String?)] {
        let backups = cluster.backups
        let source = cluster.recovery?.source
        return (backups.enabled ? opening(.own, backups.s3, backups.encryption) : [])
            + (source.map { opening(.source, $0.s3, $0.encryption) } ?? [])
    }

    private static func opening(
        _ names: RepositorySecrets, _ store: ObjectStore?, _ encryption: RepositoryEncryption
    ) -> [(SecretName, String?)] {
        var wanted: [(SecretName, String?)] = []
        if let store { wanted += [(names.key, store.keyFile), (names.keySecret, store.keySecretFile)] }
        if encryption.cipher != .none { wanted.append((names.passphrase, encryption.passphraseFile)) }
        return wanted
    }

    /// What belongs together: the key and the certificate of the cluster's own authority; the password of the poolers'
    /// consoles and its stored form.
    private func identity(of cluster: Cluster, mayGenerate: Bool) throws(Failure) -> [(SecretName, String)] {
        // all the names that a node can ever have, so that a new one needs no new certificate
        let hosts = (1...9).map { "\(cluster.nodes.namePrefix)\($0)" }
        let key = try value(of: "cluster-key", file: nil, mayGenerate: mayGenerate) {
            ClusterCertificate.makeKey()
        }
        let certificate = try value(of: "cluster-certificate", file: nil, mayGenerate: mayGenerate) {
            try ClusterCertificate.make(name: cluster.name.text, hosts: hosts, key: key)
        }
        let password = try value(of: "pooler-password", file: nil, mayGenerate: mayGenerate) { SecretStore.generate() }
        let verifier = try value(of: "pooler-verifier", file: nil, mayGenerate: mayGenerate) {
            ScramVerifier.make(for: password)
        }
        return [("cluster-key", key), ("cluster-certificate", certificate), ("pooler-verifier", verifier)]
    }

    private func value(
        of name: SecretName, file: String?, mayGenerate: Bool, make: () throws -> String
    ) throws(Failure) -> String {
        let path = file.map(path(of:)) ?? "\(directory)/\(name)"
        if let text = try read(path, for: name) {
            let value =
                text.hasSuffix("\r\n") ? String(text.dropLast()) : text.hasSuffix("\n") ? String(text.dropLast()) : text
            guard !value.isEmpty else {
                throw Failure(name: name, description: "\(path) is empty; write the secret into it")
            }
            return value
        }
        guard file == nil else {
            throw Failure(
                name: name, description: "\(path): cannot be read; make it, or take its name out of the manifest")
        }
        guard mayGenerate else {
            throw Failure(name: name, description: "\(path) is missing although the cluster exists; put it back")
        }
        let made: String
        do { made = try make() } catch { throw Failure(name: name, description: "it could not be made: \(error)") }
        try write(made, to: path, name: name)
        // another process may have been first, and what it wrote is what everybody uses
        return try value(of: name, file: nil, mayGenerate: false, make: make)
    }

    /// Where a file of the manifest lies.
    private func path(of file: String) -> String {
        file.hasPrefix("/") || manifestDirectory.isEmpty ? file : "\(manifestDirectory)/\(file)"
    }

    /// A file's text; nil only when it does not exist. One call says so: between two, another process may make it.
    private func read(_ path: String, for name: SecretName) throws(Failure) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            let why = String(cString: strerror(errno))
            throw Failure(
                name: name, description: "\(path): cannot be read (\(why)); is it owned by the controller's user?")
        }
        close(descriptor)
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure(name: name, description: "\(path): cannot be read; it must be a text in UTF-8")
        }
        return text
    }

    /// Makes the file whole or not at all, and never over one that another process has just made.
    private func write(_ value: String, to path: String, name: SecretName) throws(Failure) {
        let temporary = "\(path).\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw Failure(name: name, description: "\(temporary): \(String(cString: strerror(errno)))")
        }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        let bytes = Array(value.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            link(temporary, path) == 0 || errno == EEXIST
        else { throw Failure(name: name, description: "\(path): \(String(cString: strerror(errno)))") }
    }

    /// 32 characters that need no quoting anywhere, from the system's generator: 190 bits.
    private static func generate() -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<32).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }
}
