import DockerAPI
import Model

extension LiveWorld {
    /// A passphrase that was lost alone: what is encrypted with it must not be given another.
    func recoverPassphrase(of cluster: Cluster) async throws {
        let name = RepositorySecrets.own.passphrase
        let encryption = cluster.backups.encryption
        guard encryption.cipher != .none, encryption.passphraseFile == nil, await secrets.lacks(name) else { return }
        for node in cluster.nodeNames {
            guard let container = try? await docker.container(node.text),
                container.configuration.labels[Label.cluster] == cluster.name.text,
                let bytes = try? await docker.ownFile("pgbackrest.conf", in: ContainerID(container.id)),
                let value = SecretRecovery.passphrase(in: String(decoding: bytes, as: UTF8.self))
            else { continue }
            return try await secrets.adopt(name, value)
        }
    }

    /// A state directory that was lost while the cluster lives on: what Patroni needs is in every node's container.
    func recoverSecrets(of cluster: Cluster) async throws {
        for node in cluster.nodeNames {
            guard let container = try? await docker.container(node.text),
                container.configuration.labels[Label.cluster] == cluster.name.text,
                let bytes = try? await docker.ownFile("patroni.yml", in: ContainerID(container.id))
            else { continue }
            let found = SecretRecovery.passwords(in: String(decoding: bytes, as: UTF8.self))
            for (name, value) in found { try await secrets.adopt(name, value) }
            if !found.isEmpty { return }
        }
    }
}

/// Finds the passwords in a `patroni.yml` that the controller wrote: each section's only `password:` line.
enum SecretRecovery {
    /// The passphrase in a `pgbackrest.conf`.
    static func passphrase(in text: String) -> String? {
        let key = "repo1-cipher-pass="
        let value = text.split(separator: "\n").first { $0.hasPrefix(key) }?.dropFirst(key.count)
        return value.flatMap { $0.isEmpty ? nil : String($0) }
    }

    static func passwords(in text: String) -> [(SecretName, String)] {
        let sections: [(String, SecretName)] = [
            ("authentication:", "patroni-rest"), ("superuser:", "postgres-superuser"),
            ("replication:", "postgres-replication"), ("rewind:", "postgres-rewind"),
        ]
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
