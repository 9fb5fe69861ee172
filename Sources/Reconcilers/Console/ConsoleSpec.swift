import Model

/// How the console's container is made: our own image reads `console.json` at each request, DBHub a TOML file at start.
enum ConsoleSpec {
    /// The uid of the user in our image.
    static let owner = 997
    static let port = 8080

    /// Whether the image is our own, which follows the primary without a restart.
    static func readsItsFileAnew(_ image: ImageReference) -> Bool { !image.text.contains("dbhub") }

    static func container(primary: NodeName, at scope: EngineScope) -> ContainerSpec {
        let console = scope.cluster.console
        var settings = ContainerSettings()
        settings.memory = console.memory.bytes
        // another image has users of its own
        if readsItsFileAnew(console.image) { settings.user = String(owner) }
        settings.pidsLimit = 256
        settings.stopTimeoutSeconds = 5
        settings.ports = [
            PortBinding(containerPort: port, hostAddress: console.bindAddress, hostPort: console.port)
        ]
        var spec = ContainerSpec(
            name: console.name, component: .console, image: console.image, settings: settings,
            networks: [scope.cluster.network.clientsName])
        spec.labels = [LabelValue(Label.name, console.name.text)]
        let database = scope.cluster.accounts.database
        let role = console.account.role
        if readsItsFileAnew(console.image) {
            let json = JSONValue.object([
                ("host", .string(primary.text)), ("port", .integer(5432)), ("database", .string(database.text)),
                ("user", .string(role.text)),
            ])
            spec.files = [
                FileSpec(
                    path: "\(FileSpec.directory)/console.json", content: Template(segments: [.text(json.text + "\n")]),
                    owner: owner)
            ]
        } else {
            spec.command = [
                "--transport", "http", "--port", String(port), "--config", "\(FileSpec.directory)/dbhub.toml",
            ]
            spec.files = [
                FileSpec(
                    path: "\(FileSpec.directory)/dbhub.toml",
                    content: """
                        # written by the controller; edits are undone
                        [[sources]]
                        id = "primary"
                        type = "postgres"
                        host = "\(primary)"
                        port = 5432
                        database = "\(database)"
                        user = "\(role)"
                        password = \(quotedSecret: .console)
                        \(scope.cluster.tls.required ? "sslmode = \"require\"" : "")
                        """, owner: 0, mode: 0o444)
            ]
        }
        return spec
    }
}
