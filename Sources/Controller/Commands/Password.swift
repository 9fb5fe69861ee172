import ArgumentParser
import LiveWorld
import Model

/// `controller password`: prints a role's password, for a person or a script that connects.
struct Password: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the password of a role of the cluster, or the passphrase of its repository.",
        discussion: "It is printed to standard output and nowhere else: no log, no event, no label holds it.")

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The role, for example pgadmin or console.")
    var role: String?

    @Flag(
        help:
            "The passphrase that the backups are encrypted with. Keep it outside of this host: without it they are lost."
    )
    var repository = false

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options, actsAlone: false)
        let cluster = session.source.cluster
        guard repository == (role == nil) else { throw Failure(.badInput, "give a role, or --repository") }
        if repository {
            guard cluster.backups.encryption.cipher != .none else {
                throw Failure(.badInput, "the repository is not encrypted")
            }
            return Terminal.say(try await session.world.secrets.value(RepositorySecrets.own.passphrase))
        }
        let role = role ?? ""
        let known: [(RoleName, SecretName)] = [
            (cluster.accounts.admin.role, "postgres-admin"), (cluster.console.account.role, "postgres-console"),
            (cluster.accounts.replication.role, "postgres-replication"),
            (cluster.accounts.rewind.role, "postgres-rewind"),
            ("postgres", "postgres-superuser"),
        ]
        guard let secret = known.first(where: { $0.0.text == role })?.1 else {
            throw Failure(
                .badInput, "there is no role \(role); there are \(known.map(\.0.text).joined(separator: ", "))")
        }
        Terminal.say(try await session.world.secrets.value(secret))
    }
}
