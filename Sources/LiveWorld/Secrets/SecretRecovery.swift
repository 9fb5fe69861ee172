import DockerAPI
public import Model

extension LiveWorld {
    /// Loads the secrets. Those that are missing are made only for a cluster of which nothing exists; of a living one they
    /// are read back from its containers, each on its own.
    /// - Throws: `SecretsLost` where that is not possible.
    public func loadSecrets(_ cluster: Cluster) async throws {
        try await loadSecrets(cluster, missing: await secrets.missing(cluster))
    }

    private func loadSecrets(_ cluster: Cluster, missing: [SecretName]) async throws {
        guard !missing.isEmpty, let evidence = try await evidence(of: cluster) else {
            return try await secrets.load(cluster)
        }
        var recovery = await SecretRecovery.read(missing, of: cluster, world: self)
        // the stored form is worth nothing without the password, of which there is no other copy: both are made again
        if missing.contains("pooler-password") { recovery.found.removeAll { $0.name == "pooler-verifier" } }
        let rest = missing.filter { name in !recovery.found.contains { $0.name == name } }
        // of a repository in an object store nothing is seen here: that a node goes without a passphrase has to do
        let isPassphraseNew = !evidence.hasRepository && (cluster.backups.s3 == nil || recovery.isUnencrypted)
        let new = (isPassphraseNew ? [RepositorySecrets.own.passphrase] : []) + (evidence.knowsUsers ? [] : [.etcdRoot])
        let lost = rest.filter {
            SecretRule(for: $0, clusterLives: true, isProvenNew: new.contains($0)) == .refuse
        }
        guard lost.isEmpty else {
            throw SecretsLost(names: lost, description: await words(for: lost, of: cluster, evidence.text))
        }
        try await secrets.load(cluster, basis: .living(found: recovery.found, new: new))
    }

    /// Reads the secrets again, as people change them while the cluster runs; what is wrong with them, if anything. Then
    /// the old ones stay in force.
    public func reloadSecrets(_ cluster: Cluster) async -> Condition? {
        do {
            try await secrets.restore(cluster)
            let missing = await secrets.missing(cluster, known: false)
            if missing.isEmpty {
                try await secrets.load(cluster, basis: .living(found: [], new: []))
            } else {
                try await loadSecrets(cluster, missing: missing)
            }
            return nil
        } catch let lost as SecretsLost {
            return Condition(
                .secretLost, .true, reason: "Missing",
                message: "the secrets before stay in force: \(lost)")
        } catch {
            return Condition(
                .manifestInvalid, .true, reason: "SecretUnreadable",
                message: "a secret is not used, and the ones before stay in force: \(error)")
        }
    }

    private func words(for lost: [SecretName], of cluster: Cluster, _ evidence: String) async -> String {
        let names = lost.map(\.text).joined(separator: ", ")
        var text =
            "cluster \(cluster.name) exists (\(evidence)), and \(secrets.directory) lacks secrets that it was made with: "
            + "\(names). No container of the cluster has them now. They are not made again, because that would lock out "
            + "everybody who has them. "
        let volumes = await stateVolumes(of: cluster.name).map(\.text)
        text +=
            volumes.isEmpty
            ? "Put the files back"
            : "A supervisor's state volume may hold them (\(volumes.joined(separator: ", "))): start the supervisor with "
                + "`make up`, or put the files back"
        return text + ". To give up the cluster and its data: `controller destroy --volumes`"
    }

    /// What shows that a cluster exists; nil where nothing of it does. A container or a volume that has the cluster's label
    /// and is no part of one, such as an application's own, shows nothing.
    /// - Returns: in words; whether it has a repository; whether its etcd may have users, which older builds' has not.
    func evidence(of cluster: Cluster) async throws -> (text: String, hasRepository: Bool, knowsUsers: Bool)? {
        let parts: [Component] = [.node, .etcd, .repository, .pooler, .console, .prometheus, .task]
        func isPart(_ component: String?) -> Bool { parts.contains { $0.rawValue == component } }
        let filter = DockerFilters(["label": ["\(Label.cluster)=\(cluster.name)"]])
        let volumes = try await docker.volumes(filter).filter { isPart($0.labels[Label.component]) }
        let hasRepository = volumes.contains { $0.labels[Label.component] == Component.repository.rawValue }
        let containers = try await containers(with: (Label.cluster, cluster.name.text))
        let knowsUsers = containers.contains { $0.labels[Label.etcdTLS] != nil }
        if let container = containers.first(where: { isPart($0.labels[Label.component]) }) {
            return ("container \(container.name)", hasRepository, knowsUsers)
        }
        return volumes.first.map { ("volume \($0.name)", hasRepository, knowsUsers) }
    }
}

/// Finds secrets in the files that the controller wrote into containers.
enum SecretRecovery {
    /// What was found, and whether a node was seen to know no passphrase.
    struct Result {
        var found: [(name: SecretName, value: String)] = []
        var isUnencrypted = false

        /// Takes what is missing. While a rotation goes on, containers trust different authorities: then all of them count.
        mutating func take(_ name: SecretName, _ value: String, missing: [SecretName]) {
            let place = found.firstIndex { $0.name == name }
            if name == .authorityPrevious, missing.contains(.authority) {
                found.append((name, (place.map { found.remove(at: $0).value + "\n" } ?? "") + value))
            } else if missing.contains(name), place == nil {
                found.append((name, value))
            }
        }
    }

    /// The files that hold secrets, by the component whose containers have them.
    private static let files: [(component: Component, name: String)] = [
        (.node, "patroni.yml"), (.node, "pgbackrest.conf"), (.node, "cluster.key"), (.node, "cluster.crt"),
        (.node, "identity.pem"), (.node, "etcd.pem"), (.etcd, "identity.pem"), (.etcd, "cluster.crt"),
        (.etcd, "superuser.pem"), (.etcd, "root.password"), (.etcd, "controller.pem"),
        (.pooler, "cluster.key"), (.pooler, "cluster.crt"), (.pooler, "identity.pem"),
        (.pooler, "server.pem"), (.pooler, "userlist.txt"), (.console, "dbhub.toml"),
    ]

    /// Looks for each missing secret in every container that may have it; one that runs comes first.
    static func read(_ missing: [SecretName], of cluster: Cluster, world: LiveWorld) async -> Result {
        var result = Result()
        let list = (try? await world.containers(with: (Label.cluster, cluster.name.text))) ?? []
        let ordered = list.sorted {
            ($0.status == .running ? 0 : 1, $0.name) < ($1.status == .running ? 0 : 1, $1.name)
        }
        for container in ordered {
            let component = container.labels[Label.component]
            for file in files where file.component.rawValue == component {
                guard missing.contains(where: { name in !result.found.contains { $0.name == name } }) else {
                    return result
                }
                switch await world.secretFile(file.name, in: ContainerID(container.id)) {
                case .present(let text):
                    let name = NodeName(container.labels[Label.name] ?? container.name)
                    let owner = owner(of: file, name)
                    let seen = secrets(in: text, of: file.name, owner: owner)
                    if file.name == "pgbackrest.conf", seen.isEmpty { result.isUnencrypted = true }
                    for (name, value) in seen { result.take(name, value, missing: missing) }
                case .absent: if file.name == "pgbackrest.conf" { result.isUnencrypted = true }
                case .unknown: break
                }
            }
        }
        return result
    }

    /// The party whose key lies in a file.
    private static func owner(of file: (component: Component, name: String), _ name: NodeName) -> Principal {
        switch file.component {
        case .node: file.name == "etcd.pem" ? .etcdClient(name) : .node(name)
        case .etcd:
            switch file.name {
            case "superuser.pem": .etcdSuperuser
            case "controller.pem": .etcdController
            default: .etcdMember(ContainerName(name.text))
            }
        case .pooler: file.name == "server.pem" ? .poolerServer : .pooler
        case .console, .network, .repository, .supervisor, .prometheus, .task, .reader: .pooler
        }
    }

    /// The secrets in a file of ours.
    static func secrets(in text: String, of file: String, owner: Principal) -> [(SecretName, String)] {
        switch file {
        case "patroni.yml": passwords(in: text, of: owner)
        case "pgbackrest.conf": passphrase(in: text).map { [(RepositorySecrets.own.passphrase, $0)] } ?? []
        case "cluster.key": text.contains("PRIVATE KEY") ? [(.sharedKey, text)] : []
        // of an older build the certificate of its key, else those of all authorities
        case "cluster.crt":
            text.contains("CERTIFICATE") ? [(.sharedCertificate, text), (.authorityPrevious, text)] : []
        case "root.password": text.isEmpty ? [] : [(.etcdRoot, text)]
        case "identity.pem", "etcd.pem", "superuser.pem", "controller.pem", "server.pem":
            text.contains("PRIVATE KEY") ? [(owner.secret, text)] : []
        case "userlist.txt": verifier(in: text).map { [(SecretName("pooler-verifier"), $0)] } ?? []
        case "dbhub.toml": password(inTOML: text).map { [(SecretName("postgres-console"), $0)] } ?? []
        default: []
        }
    }

    /// The passphrase in a `pgbackrest.conf`.
    static func passphrase(in text: String) -> String? {
        let key = "repo1-cipher-pass="
        let value = text.split(separator: "\n").first { $0.hasPrefix(key) }?.dropFirst(key.count)
        return value.flatMap { $0.isEmpty ? nil : String($0) }
    }

    /// The stored form in a `userlist.txt`: the second of its quoted words.
    private static func verifier(in text: String) -> String? {
        let words = text.split(separator: "\"")
        guard words.count >= 3, words[2].hasPrefix("SCRAM-SHA-256$") else { return nil }
        return String(words[2])
    }

    private static func password(inTOML text: String) -> String? {
        let key = "password = "
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line.flatMap { JSONValue.parse(String($0.dropFirst(key.count)))?.string }
    }

    /// The passwords in a `patroni.yml`: each section's only `password:` line.
    static func passwords(in text: String, of owner: Principal) -> [(SecretName, String)] {
        var sections: [(String, SecretName)] = [
            ("authentication:", "patroni-rest"), ("superuser:", "postgres-superuser"),
            ("replication:", "postgres-replication"), ("rewind:", "postgres-rewind"),
        ]
        if case .node(let node) = owner { sections.append(("etcd3:", .etcdUser(of: node))) }
        var current: SecretName?
        var found: [(SecretName, String)] = []
        for line in text.split(separator: "\n") {
            let word = line.drop { $0 == " " }
            if let section = sections.first(where: { word == $0.0 }) { current = section.1 }
            guard word.hasPrefix("password: "), let name = current,
                let value = JSONValue.parse(String(word.dropFirst("password: ".count)))?.string
            else { continue }
            found.append((name, value))
            current = nil
        }
        return found
    }
}

extension LiveWorld {
    /// One of our files in a container: the only place through which secrets are read back.
    fileprivate func secretFile(_ name: String, in id: ContainerID) async -> Sighting<String> {
        do {
            guard let bytes = try await docker.ownFile(name, in: id) else { return .absent }
            return .present(String(decoding: bytes, as: UTF8.self))
        } catch {
            return .unknown(error.unknownReason)
        }
    }
}
