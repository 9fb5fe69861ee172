internal import Model

extension Shape<PoolerSettings> {
    /// `spec.pooler`.
    static let pooler = section(
        [
            Rule("enabled", \.enabled, .flag, "Whether there are any."),
            Rule("count", \.count, .whole(1...3), "How many, each with a read-write and a read-only address."),
            Rule(
                "namePrefix", \.namePrefix, .name(.prefix),
                "Containers are this and a number, and -ro behind it for reading."),
            Rule("image", \.image, .image, "The image."),
            Rule("port", \.port, .port, "Pooler n publishes its read-write address on this + n − 1."),
            Rule("readOnlyPort", \.readOnlyPort, .port, "Pooler n publishes its read-only address on this + n − 1."),
            Rule("bindAddress", \.bindAddress, .bindAddress, "The address that published ports bind to."),
            Rule(
                "mode", \.mode, .choice(),
                "When a client gives its server connection back: after the transaction, session or statement."),
            Rule("maxClients", \.maxClients, .whole(10...100_000), "Client connections that each accepts."),
            Rule("poolSize", \.poolSize, .whole(1...10_000), "Server connections for each database and role."),
            Rule(
                "minimumPoolSize", \.minimumPoolSize, .whole(0...10_000),
                "Server connections that are kept ready while clients are there."),
            Rule(
                "reservePoolSize", \.reservePoolSize, .whole(0...10_000),
                "Server connections more for clients that have waited for reserveTimeout."),
            Rule("reserveTimeout", \.reserveTimeout, .span(1...3600), "How long they wait for that."),
            Rule(
                "serverLifetime", \.serverLifetime, .span(1...604_800),
                "The age at which a server connection is replaced."),
            Rule(
                "serverIdleTimeout", \.serverIdleTimeout, .span(1...604_800),
                "How long an unused server connection is kept."),
            Rule(
                "serverConnectTimeout", \.serverConnectTimeout, .span(1...3600),
                "How long connecting to a node may take."),
            Rule(
                "queryWaitTimeout", \.queryWaitTimeout, .span(1...86_400),
                "How long a client waits for a server connection before it gets an error."),
            Rule(
                "clientIdleTimeout", \.clientIdleTimeout, .span(1...604_800), "How long a silent client is kept."),
            Rule("memory", \.memory, .bytes(.mebibytes(64) ... .gibibytes(64)), "Memory limit of each process."),
        ], defaults: PoolerSettings())
}
