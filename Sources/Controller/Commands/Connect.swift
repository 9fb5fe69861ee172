import ArgumentParser
import FoundationEssentials
import Glibc
import LiveWorld
import Model
import Supervisor

/// `controller connect`: a session of psql with a node.
struct Connect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open psql on the primary, on a replica or on one node.",
        discussion: """
            Without options: the primary, as the administrator of the cluster. The psql of this machine is used where there
            is one and the engine is local; it gets the password, and checks the server's certificate. Otherwise psql runs inside the node's
            container, through the local socket, as postgres with the role set. What follows `--` goes to psql.

            Examples:
              controller connect
              controller connect --replica -- -c 'SELECT pg_last_wal_replay_lsn()'
              controller connect --node pg-node-2 --user postgres
              controller connect --database shop < report.sql
            """)

    @OptionGroup var options: ClusterOptions

    @Flag(help: "A replica that streams, instead of the primary.")
    var replica = false

    @Option(help: "This node, whatever its role is.", completion: .node)
    var node: String?

    @Option(name: [.customShort("U"), .long], help: "The role, for example postgres; the administrator by default.")
    var user: String?

    @Option(name: [.short, .long], help: "The database; the application's by default.")
    var database: String?

    @Argument(parsing: .postTerminator, help: "Arguments of psql, after `--`.")
    var arguments: [String] = []

    func validate() throws {
        guard !replica || node == nil else { throw ValidationError("give --replica or --node, not both") }
    }

    func run() async throws {
        let answer = try await Delegation.answer(options, ["status", "-o", "json"])
        let session = answer == nil ? try await Session.open(options) : nil
        let target: ConnectTarget
        if let answer {
            target = try ConnectTarget(json: answer)
        } else if let status = await session?.status() {
            target = ConnectTarget(status)
        } else {
            return
        }
        let node = try target.node(named: node, isReplica: replica)
        let role = user ?? target.user
        let call = PsqlCall(
            node: node, user: role, database: database ?? target.database, arguments: arguments,
            isTerminal: isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1)
        if role != PsqlCall.superuser, Program.isLocalEngine, Program.isInstalled("psql") {
            let password = try await password(of: role, session)
            setenv("PGSSLMODE", "verify-full", 0)
            try Program.become(
                call.onHost,
                files: [
                    "PGPASSFILE": call.passwordLine(password), "PGSSLROOTCERT": try await authorities(session),
                ])
        }
        if role != PsqlCall.superuser {
            Terminal.complain("psql runs in the container of \(node.name), as postgres with the role \(role) set")
        }
        if Program.isInstalled("docker") { try Program.become(call.inContainer) }
        try await throughEngine(call)
    }

    /// The authorities by which the server's certificate is checked, as `controller certificates ca` prints them.
    private func authorities(_ session: Session?) async throws -> String {
        guard let session else { return try await Delegation.answer(options, ["certificates", "ca"]) ?? "" }
        let secrets = session.world.secrets
        return try await secrets.value(.authorities) + (await secrets.ownAuthorities)
    }

    /// As `controller password` prints it.
    private func password(of role: String, _ session: Session?) async throws -> String {
        if let session {
            guard let secret = session.source.cluster.logins.first(where: { $0.role.text == role })?.secret else {
                let known = session.source.cluster.logins.map(\.role.text).joined(separator: ", ")
                throw Failure(
                    .badInput, "no password of a role \(Terminal.plain(role)) is kept; there are \(known), postgres")
            }
            return try await session.world.secrets.value(secret)
        }
        let answer = try await Delegation.answer(options, ["password", "--", role]) ?? ""
        return answer.hasSuffix("\n") ? String(answer.dropLast()) : answer
    }

    /// The engine's interface has no terminal for it, so that only statements in the arguments can be run.
    private func throughEngine(_ call: PsqlCall) async throws {
        guard call.needsNoInput else {
            throw Failure(
                "this machine has neither psql nor docker, and a session needs one of them: install one, or give the "
                    + "statement: `controller connect -- -c STATEMENT`")
        }
        let world = try await LiveWorld.connect(
            Cluster(name: ""), secrets: SecretStore(directory: "/nonexistent"),
            docker: Defaults.environment("DOCKER_HOST"))
        let code = try await world.execute(
            call.insideArguments, in: ContainerID(call.node.name), environment: call.insideEnvironment,
            user: PsqlCall.superuser, output: { Terminal.write($0) }, error: { Terminal.write($0, toError: true) })
        Exit.raw(Int32(code))
    }
}
