/// How psql is called for a session with one node.
struct PsqlCall {
    /// The role that logs in without a password, and only through the socket in its container.
    static let superuser = "postgres"
    private static let socket = "/var/run/postgresql"

    let node: ConnectTarget.Node
    let user: String
    let database: String
    let arguments: [String]
    let isTerminal: Bool

    private var host: String {
        let host = String(node.endpoint[..<(node.endpoint.lastIndex(of: ":") ?? node.endpoint.endIndex)])
        // a port that is open on all addresses of this machine is open on the first of them, which the certificate has
        return ["0.0.0.0": "127.0.0.1", "::": "::1"][host] ?? host
    }

    private var port: String { String(node.endpoint.split(separator: ":").last ?? "") }

    /// The psql of this machine, through the published port.
    var onHost: [String] { ["psql", "-h", host, "-p", port, "-U", user, "-d", database] + arguments }

    /// A line of a password file (libpq, "The Password File"); any address, because libpq may see it in another form.
    func passwordLine(_ password: String) -> String {
        func escaped(_ text: String) -> String {
            text.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
        }
        return "*:\(port):*:\(escaped(user)):\(escaped(password))\n"
    }

    /// The psql of the container, through its socket.
    var insideArguments: [String] {
        ["psql", "-h", PsqlCall.socket, "-U", PsqlCall.superuser, "-d", database] + arguments
    }

    /// The socket opens for the superuser alone; the role is set for another one.
    var insideEnvironment: [String] {
        if user == PsqlCall.superuser { return [] }
        // the server splits it at spaces
        let role = user.replacing("\\", with: "\\\\").replacing(" ", with: "\\ ")
        return ["PGOPTIONS=-c role=\(role)"]
    }

    /// The same by Docker's own program, which brings the terminal along.
    var inContainer: [String] {
        ["docker", "exec", "-i"] + (isTerminal ? ["-t"] : []) + insideEnvironment.flatMap { ["-e", $0] }
            + ["-u", PsqlCall.superuser, node.name] + insideArguments
    }

    /// Whether psql only runs what its arguments say.
    var needsNoInput: Bool {
        arguments.contains { argument in
            if argument.hasPrefix("--") { return argument.hasPrefix("--command") || argument == "--list" }
            // short options stand together: -Atc
            return argument.hasPrefix("-") && argument.contains { $0 == "c" || $0 == "l" }
        }
    }
}
