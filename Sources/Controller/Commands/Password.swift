import ArgumentParser
import LiveWorld
import Model

/// `controller password`: prints a role's password, for a person or a script that connects.
struct Password: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the password of a role of the cluster, or the passphrase of its repository.",
        discussion: """
            It is printed to standard output and nowhere else: no log, no event, no label holds it.

            Examples:
              controller password pgadmin
              controller password pgadmin --rotate
              controller password --repository
            """)

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The role, for example pgadmin or console.")
    var role: String?

    @Flag(
        help:
            "The passphrase that the backups are encrypted with. Keep it outside of this host: without it they are lost."
    )
    var repository = false

    @Flag(help: "Make a new password instead of printing it: sessions that are open go on, new ones need the new one.")
    var rotate = false

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options)
        let cluster = session.source.cluster
        func printed(_ secret: SecretName) async throws {
            guard await session.world.secrets.isKept(secret) else {
                throw Failure(
                    .secretsLost,
                    "\(session.state.secrets) has no \(secret): either cluster \(cluster.name) does not exist yet (`controller "
                        + "apply` makes it), or the file was lost; put it back, or make a new password with --rotate")
            }
            Terminal.say(try await session.world.secrets.value(secret))
        }
        guard repository == (role == nil), !(rotate && repository) else {
            throw Failure(.badInput, "give a role, or --repository")
        }
        if repository {
            guard cluster.backups.encryption.cipher != .none else {
                throw Failure(.badInput, "the repository is not encrypted")
            }
            return try await printed(RepositorySecrets.own.passphrase)
        }
        let role = role ?? ""
        let known: [(RoleName, SecretName)] =
            cluster.logins + [
                (cluster.accounts.replication.role, "postgres-replication"),
                (cluster.accounts.rewind.role, "postgres-rewind"), ("postgres", "postgres-superuser"),
            ]
        guard let secret = known.first(where: { $0.0.text == role })?.1 else {
            throw Failure(
                .badInput, "there is no role \(role); there are \(known.map(\.0.text).joined(separator: ", "))")
        }
        if rotate { return try await renew(secret, of: role, session) }
        try await printed(secret)
    }

    /// Makes a new password; the controller that runs sees the file change.
    private func renew(_ secret: SecretName, of role: String, _ session: Session) async throws {
        let cluster = session.source.cluster
        guard cluster.logins.contains(where: { $0.role.text == role }) else {
            throw Failure(.badInput, "the password of \(role) is the cluster's own, and is not rotated")
        }
        guard !cluster.hasPasswordFile(RoleName(role)) else {
            throw Failure(
                .badInput, "the password of \(role) is in a file that the manifest names: write a new one into it")
        }
        try await session.world.secrets.rotate(secret)
        Terminal.say("a new password for \(role) is made; the controller sets it, and `controller password` prints it")
    }
}

extension Cluster {
    /// Whether a login's password comes from a file of the manifest's.
    fileprivate func hasPasswordFile(_ role: RoleName) -> Bool {
        let files = [
            (accounts.admin.role, accounts.admin.passwordFile), (console.account.role, console.account.passwordFile),
        ]
        return (files + roles.map { ($0.name, $0.passwordFile) }).contains { $0.0 == role && $0.1 != nil }
    }
}
