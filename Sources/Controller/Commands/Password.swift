import ArgumentParser
import LiveWorld
import Model

/// `controller password`: prints a role's password, for a person or a script that connects.
struct Password: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the password of a role of the cluster.",
        discussion: "It is printed to standard output and nowhere else: no log, no event, no label holds it.")

    @OptionGroup var options: ClusterOptions

    @Argument(help: "The role, for example pgadmin or console.")
    var role: String

    func run() async throws {
        if try await Delegation.tookOver(options) { return }
        let session = try await Session.open(options, actsAlone: false)
        let cluster = session.source.cluster
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
