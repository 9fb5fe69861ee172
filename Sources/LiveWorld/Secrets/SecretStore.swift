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

    /// What is known of the cluster that the secrets are for.
    public enum Basis: Sendable {
        /// It does not exist yet: what is missing is made.
        case newCluster
        /// It exists: what is missing is what was found in its containers, and made only where it is new.
        case living(found: [(name: SecretName, value: String)], new: [SecretName])
    }

    /// Where the files are.
    nonisolated let directory: String
    private let manifestDirectory: String
    let isReadOnly: Bool
    private var values: [(name: SecretName, value: String)] = []
    /// The authorities and certificates that were loaded.
    public internal(set) var identity = IdentityView()
    /// The manifest's own certificate.
    var own: OwnCertificateView?
    /// The authorities by which clients know the manifest's own certificate, in PEM; empty where the manifest names none.
    public internal(set) var ownAuthorities = ""
    /// The texts that they were read from.
    var identityTexts: [String] = []
    /// What was made and not written, because nothing is.
    private var unwritten: [(name: SecretName, value: String)] = []
    /// Passwords that PostgreSQL alone knows.
    private var left: [SecretName] = []
    /// Whether the poolers' consoles have another password than their running processes know.
    private(set) var hasNewConsolePassword = false

    /// Secrets in a directory, made with mode 0700 when it does not exist; the manifest's own files start from its.
    /// - Parameter isReadOnly: nothing is written; what has to be made is known to this process alone.
    public init(directory: String, manifestDirectory: String = "", isReadOnly: Bool = false) {
        self.directory = directory
        self.manifestDirectory = manifestDirectory
        self.isReadOnly = isReadOnly
    }

    /// Every secret of the cluster: read, found, or made where the rule allows it.
    public func load(_ cluster: Cluster, basis: Basis = .newCluster) throws(Failure) {
        if !isReadOnly { _ = mkdir(directory, 0o700) }
        left = []
        var loaded: [(SecretName, String)] = []
        for (name, file) in SecretStore.wanted(cluster) {
            guard let value = try value(of: name, file: file, basis: basis, make: { SecretStore.generate() }) else {
                left.append(name)
                continue
            }
            loaded.append((name, value))
        }
        loaded += try console(basis: basis)
        loaded += try certificates(of: cluster, basis: basis)
        values = loaded
    }

    /// Writes again what was lost while this process knows it.
    public func restore(_ cluster: Cluster) throws(Failure) {
        guard !isReadOnly else { return }
        let named = SecretStore.wanted(cluster).filter { $0.1 != nil }.map(\.0)
        for (name, value) in values where name != .authorities && !named.contains(name) && lacks(name) {
            _ = mkdir(directory, 0o700)
            try write(value, to: "\(directory)/\(name)", name: name)
        }
    }

    /// The generated secrets of a cluster that have no file here.
    /// - Parameter known: also those that are known to be lost.
    public func missing(_ cluster: Cluster, known: Bool = true) -> [SecretName] {
        let names =
            SecretStore.wanted(cluster).filter { $0.1 == nil }.map(\.0) + ["pooler-verifier"]
            + missingCertificates(cluster)
        return names.filter { name in
            lacks(name) && !unwritten.contains { $0.name == name } && (known || !left.contains(name))
        }
    }

    /// Whether a secret is kept, or in use, and not only an example of what would be made.
    public func isKept(_ name: SecretName) -> Bool {
        values.contains { $0.name == name } && !unwritten.contains { $0.name == name }
    }

    /// The password that a role gets now. One that PostgreSQL does not have yet is made at this moment.
    func valueToSet(_ name: SecretName) throws(Failure) -> String {
        guard left.contains(name), !isReadOnly else { return try value(name) }
        try write(SecretStore.generate(), to: "\(directory)/\(name)", name: name)
        guard let made = try value(of: name, file: nil, basis: .newCluster, make: { "" }) else {
            return try value(name)
        }
        left.removeAll { $0 == name }
        values.append((name, made))
        return made
    }

    /// Makes a generated secret again; its users take it at their next look.
    public func rotate(_ name: SecretName) throws(Failure) {
        try replace(name, with: SecretStore.generate())
    }

    /// Gives a secret another value, at once.
    func replace(_ name: SecretName, with value: String) throws(Failure) {
        let path = "\(directory)/\(name)"
        let temporary = "\(path).\(UInt64.random(in: 0 ... .max))"
        _ = mkdir(directory, 0o700)
        try write(value, to: temporary, name: name)
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

    /// A text of several lines with every secret's value blotted out. Of a value of several lines (a key, a certificate) each line
    /// is, because a text may hold it in another form, or in part.
    public func withoutSecrets(_ text: String) -> String {
        // hundreds of lines are looked for in megabytes; C is quick at that, and ends a text at its first zero
        let bytes = text.utf8.map { $0 == 0 ? CChar(0x20) : CChar(bitPattern: $0) } + [0]
        func holds(_ piece: String) -> Bool { strstr(bytes, piece) != nil }
        return values.reduce(text) { text, secret in
            let lines = secret.value.split(whereSeparator: \.isNewline).map(String.init)
            let pieces = lines.count > 1 ? lines.filter { !$0.hasPrefix("-----") } : lines
            // JSON may escape a slash
            let escaped = pieces.filter { $0.contains("/") }.map { $0.replacing("/", with: "\\/") }
            return (pieces + escaped).filter(holds).reduce(text) { $0.replacing($1, with: "[\(secret.name)]") }
        }
    }

    /// Whether a secret has no file here.
    func lacks(_ name: SecretName) -> Bool { access("\(directory)/\(name)", F_OK) != 0 }

    /// The secrets a cluster needs, and the file for those that the manifest provides.
    static func wanted(_ cluster: Cluster) -> [(SecretName, String?)] {
        var wanted: [(SecretName, String?)] = [
            ("patroni-rest", nil),
            ("postgres-superuser", nil),
            ("postgres-replication", cluster.accounts.replication.passwordFile),
            ("postgres-rewind", cluster.accounts.rewind.passwordFile),
            ("postgres-admin", cluster.accounts.admin.passwordFile),
            ("postgres-console", cluster.console.account.passwordFile),
            ("pooler-password", nil),
        ]
        wanted += EtcdUsers.wanted(cluster).map { ($0.secret, nil) }
        wanted += repositories(cluster)
        if let file = cluster.monitoring.tokenFile { wanted.append((.monitoringToken, file)) }
        if cluster.monitoring.enabled, cluster.monitoring.page { wanted.append((.pageToken, nil)) }
        for receiver in cluster.notifications {
            if let file = receiver.urlFile { wanted.append((receiver.urlSecret, file)) }
            if let file = receiver.tokenFile { wanted.append((receiver.tokenSecret, file)) }
        }
        for role in cluster.roles {
            if let secret = role.secret { wanted.append((secret, role.passwordFile)) }
        }
        return wanted
    }

    /// What opens the cluster's repository, and the one that it is bootstrapped from.
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

    /// What belongs together: the password of the poolers' consoles and its stored form.
    private func console(basis: Basis) throws(Failure) -> [(SecretName, String)] {
        let password = try needed("pooler-password", basis: basis) { SecretStore.generate() }
        return [
            ("pooler-verifier", try needed("pooler-verifier", basis: basis) { ScramVerifier.make(for: password) })
        ]
    }

    private func needed(
        _ name: SecretName, basis: Basis, make: () throws -> String
    ) throws(Failure) -> String {
        guard let value = try value(of: name, file: nil, basis: basis, make: make) else {
            throw Failure(name: name, description: "it is missing")
        }
        return value
    }

    /// A secret's value; nil where it is left to PostgreSQL.
    func value(
        of name: SecretName, file: String?, basis: Basis, make: () throws -> String
    ) throws(Failure) -> String? {
        let path = file.map(path(of:)) ?? "\(directory)/\(name)"
        if let text = try read(path, for: name) {
            let value = SecretStore.trimmed(text)
            guard !value.isEmpty else {
                throw Failure(name: name, description: "\(path) is empty; write the secret into it")
            }
            return value
        }
        guard file == nil else {
            throw Failure(
                name: name, description: "\(path): cannot be read; make it, or take its name out of the manifest")
        }
        if let known = unwritten.first(where: { $0.name == name })?.value { return known }
        let new: String
        var isFound = false
        switch basis {
        case .living(let found, let others):
            if let known = found.first(where: { $0.name == name })?.value {
                (new, isFound) = (known, true)
                break
            }
            switch SecretRule(for: name, clusterLives: true, isProvenNew: others.contains(name)) {
            case .leave: return nil
            case .refuse:
                throw Failure(name: name, description: "\(path) is missing although the cluster exists; put it back")
            case .make: new = try made(name, make)
            }
            if name == "pooler-password" { try renewConsole() }
        case .newCluster: new = try made(name, make)
        }
        guard !isReadOnly else {
            // what was found is the cluster's own; what was made is an example
            if !isFound { unwritten.append((name, SecretStore.trimmed(new))) }
            return SecretStore.trimmed(new)
        }
        try write(new, to: path, name: name)
        // another process may have been first, and what it wrote is what everybody uses
        return try value(of: name, file: nil, basis: basis, make: make)
    }

    /// A text without the line end that editors add; Swift takes CR and LF together for one character.
    private static func trimmed(_ text: String) -> String {
        text.hasSuffix("\r\n") || text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private func made(_ name: SecretName, _ make: () throws -> String) throws(Failure) -> String {
        do { return try make() } catch { throw Failure(name: name, description: "it could not be made: \(error)") }
    }

    /// Only the controller has the password of the poolers' consoles: its stored form is made again with it.
    private func renewConsole() throws(Failure) {
        guard !isReadOnly else { return }
        unlink("\(directory)/pooler-verifier")
        hasNewConsolePassword = true
    }

    /// Where a file of the manifest lies.
    func path(of file: String) -> String {
        file.hasPrefix("/") || manifestDirectory.isEmpty ? file : "\(manifestDirectory)/\(file)"
    }

    /// A file's text; nil only when it does not exist. One call says so: between two, another process may make it.
    func read(_ path: String, for name: SecretName) throws(Failure) -> String? {
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
    func write(_ value: String, to path: String, name: SecretName) throws(Failure) {
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
