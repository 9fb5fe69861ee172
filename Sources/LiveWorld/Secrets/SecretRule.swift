public import Model

/// What is done about a secret that the state directory does not hold. A secret that exists in a living cluster is never
/// made again: its other copies would be worth nothing, and their users would be locked out.
enum SecretRule: Equatable {
    /// It never existed, or only the controller itself uses it: it is made.
    case make
    /// PostgreSQL alone knows it, as a verifier: that one stays in force, and the controller does without.
    case leave
    /// Containers of the cluster hold it: the controller cannot go on without it.
    case refuse

    /// - Parameters:
    ///   - clusterLives: whether anything of the cluster exists.
    ///   - isProvenNew: whether the cluster was seen not to have this secret yet.
    init(for name: SecretName, clusterLives: Bool, isProvenNew: Bool = false) {
        if !clusterLives || isProvenNew {
            self = .make
        } else if SecretRule.isLogin(name) {
            self = .leave
        } else {
            // names that are not listed come with a newer controller: no cluster can have had them
            self = SecretRule.shared.contains(name) ? .refuse : .make
        }
    }

    /// Every cluster has these, or has them from the day on which it needs them, in files of its containers.
    private static let shared: [SecretName] = [
        "patroni-rest", "postgres-superuser", "postgres-replication", "postgres-rewind",
        RepositorySecrets.own.passphrase, .etcdRoot,
    ]

    /// Whether a secret is the password of a role and nothing else.
    static func isLogin(_ name: SecretName) -> Bool {
        ["postgres-admin", "postgres-console"].contains(name) || name.text.hasPrefix("role-")
    }
}

/// A living cluster's secrets are in none of the places where they should be.
public struct SecretsLost: Error, Sendable, CustomStringConvertible {
    /// Which.
    public let names: [SecretName]
    /// What happened, and what to do.
    public let description: String
}
