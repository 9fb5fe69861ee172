internal import Model

extension Shape<ConsoleSettings> {
    /// `spec.console`.
    static let console = section(
        [
            Rule("enabled", \.enabled, .flag, "Whether it runs."),
            Rule(
                "image", \.image, .image,
                "bytebase/dbhub with an exact tag, or the image that is built here from adminer."),
            Rule("name", \.name, .name(.label), "The container's name."),
            Rule("port", \.port, .port, "The published port."),
            Rule("bindAddress", \.bindAddress, .bindAddress, "The address that the port binds to."),
            Rule(
                "remoteAccess", \.remoteAccess, .flag,
                "Whether bindAddress may be one that other hosts reach. The console speaks no TLS."),
            Rule("user", \.account.role, .name(.role), "Its role: login and read, no superuser. Cannot change."),
            Rule(
                "passwordFile", \.account.passwordFile, Shape<String>.passwordFile.optional(""),
                "A file that holds the role's password; without it a password is generated."),
            Rule("memory", \.memory, .bytes(.mebibytes(32) ... .gibibytes(64)), "Memory limit."),
        ], defaults: ConsoleSettings())
}
